// Package spill keeps a job within its memory while disk is left.
//
// A Budget hands out slabs: memory outside the Go heap while there is room for
// them, and memory mapped from a spill file after that. A slab looks the same
// either way and never moves: one that is in memory can be written to the file
// and mapped over its own address (Move), so whoever holds pointers into it
// notices nothing. What of the mapped files stays resident is a window that Tend
// keeps within the budget by unmapping pages. Dropped pages are not lost: they
// are in the page cache or on disk, and touching them maps them again. So it is
// pages that spill, not tables: the hot pages of a large table stay in memory.
//
// Two caches would be one too many: which pages stay in the page cache is the
// kernel's choice, which knows what all processes need. The window is only what
// this job holds on to.
//
// Disk space is reserved when a slab is made, so a full disk is an error then
// and never a fault later. Spill files have no name: a crash leaves nothing
// behind.
package spill
