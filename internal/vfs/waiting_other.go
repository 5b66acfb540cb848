//go:build !linux || !(amd64 || arm64)

package vfs

import "os"

func writeWaiting(f *os.File, b []byte, off int64) (int, error) { return f.WriteAt(b, off) }

// waitingMost is how many pieces are written in one go.
const waitingMost = 1

func writeWaitingAll(*os.File, []Placed) int { return 0 }

func syncWaiting(f *os.File) error { return f.Sync() }
