//go:build !linux || !(amd64 || arm64)

package vfs

import "os"

func writeWaiting(f *os.File, b []byte, off int64) (int, error) { return f.WriteAt(b, off) }

func syncWaiting(f *os.File) error { return f.Sync() }
