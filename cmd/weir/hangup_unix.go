//go:build unix

package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// watchReader calls gone when stdout is a pipe whose reader closes it, so that
// a query over a quiet stream does not wait for its next row to learn of it.
func watchReader(gone func()) {
	st, err := os.Stdout.Stat()
	if err != nil || st.Mode()&os.ModeNamedPipe == 0 {
		return
	}
	go func() {
		fds := []unix.PollFd{{Fd: int32(os.Stdout.Fd())}}
		for {
			_, err := unix.Poll(fds, -1)
			if err == unix.EINTR {
				continue
			}
			if err == nil && fds[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0 {
				gone()
			}
			return
		}
	}()
}
