// Package spool keeps batches of rows that wait for their reader: in memory while
// the budget has room for them, in its spill files after that.
package spool
