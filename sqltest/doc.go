// Package sqltest runs scripts of SQL and expected rows: the tests of a user's
// pipelines (weir test; docs/testing.md describes the files) and the corpus of
// weir itself, so that both trust one runner.
//
// A script runs in worlds: stream, batch, rows one at a time, four subtasks, no
// optimiser, shuffled arrival. A streaming result is folded into the table that
// its changes amount to, so all worlds have one expected output. In worlds that
// are stepped (Steps) jobs run in the runner's goroutine on a clock that stands
// still, and a script says what comes between two rows.
//
// A script is blocks with blank lines between them:
//
//	# a comment
//	skip shuffle: ties resolve in arrival order
//	skip stream rows1: before an empty line a skip is for the file, else for the block below
//
//	rows orders
//	1 | apple | 2020-01-01 00:00:01
//	-D | 1 | apple | 2020-01-01 00:00:01
//
//	statement ok
//	CREATE TABLE orders (id INT, item STRING, ts TIMESTAMP(3)) WITH ('connector' = 'values', 'data-id' = 'orders')
//
//	statement error no column
//	SELECT idd FROM orders
//
//	query
//	SELECT COUNT(*) FROM orders
//	----
//	0
//
// Blocks are:
//
//	rows <data-id>          rows for tables of the connector `values`; the kind may be left out for +I
//	statement ok            one or more statements that must work
//	statement error <text>  a script that must fail with the text in its message
//	query [ordered]         the folded result, sorted as text, or with ordered as it comes
//	changelog               the multiset of kinds and rows; only where rows are emitted one by one
//	table <name>            what a table written by INSERT holds, folded by its primary key
//	tablelog <name>         the multiset of kinds and rows that were written to it since the last, as changelog
//
// and those of live.go, for tables whose rows come bit by bit.
//
// A value is written as CAST(x AS STRING) gives it, bytes as x'0a', null as
// NULL, and text that is empty or has blanks around it in quotes.
package sqltest
