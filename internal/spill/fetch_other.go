//go:build !linux

package spill

import "unsafe"

// Fetch is a list of pages that are going to be used. Here they come when they are
// touched.
type Fetch struct{}

// Add does nothing here.
func (f *Fetch) Add(p unsafe.Pointer, n uintptr) {}

// Len is 0 here.
func (f *Fetch) Len() int { return 0 }

// Do does nothing here.
func (f *Fetch) Do(write bool) {}
