//go:build !unix

package bench

import (
	"os"
	"time"
)

// usage is not measured here.
func usage() (cpu time.Duration, rss int64) { return 0, 0 }

// PeakOf is not known here.
func PeakOf(*os.ProcessState) int64 { return 0 }
