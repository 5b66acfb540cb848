// Package state holds the keyed state of one task: typed tables with one owner
// and no locks, that operators declare by name and never see being saved.
//
//	Store.Table   key → fixed bytes (accumulators), variable parts in its Heap
//	Store.List    key → entries in insertion order (join sides, buffers)
//	Store.Sorted  key → entries in order of a sort key (Top-N, OVER, interval join)
//	Store.Timers  (time, key) in order of time
//	Store.Single  one value or list without a key (source splits, broadcast)
//
// Lookups take a whole batch (Keys) and go in phases, so that cache misses
// overlap. Memory holds no pointers, and large blocks lie outside the Go heap:
// gigabytes of state cost the collector nothing. Every kind keeps track of what
// has changed (TakeDirty, Apply), addressed by key.
//
// Nothing here returns an error from a hot call: when memory is denied the
// store goes on and Store.Err tells, which the runtime asks after each event.
package state
