//go:build unix

package bench

import (
	"os"
	"runtime"
	"syscall"
	"time"
)

// usage is the CPU time and the peak memory of the process so far.
func usage() (cpu time.Duration, rss int64) {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0, 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano()), peak(&r)
}

// PeakOf is the peak memory of a process that has ended, 0 if it is not known.
func PeakOf(p *os.ProcessState) int64 {
	if r, ok := p.SysUsage().(*syscall.Rusage); ok {
		return peak(r)
	}
	return 0
}

func peak(r *syscall.Rusage) int64 {
	if runtime.GOOS == "darwin" { // which counts bytes
		return int64(r.Maxrss)
	}
	return int64(r.Maxrss) * 1024
}
