package snapshot

import (
	"fmt"
	"os"
	"strings"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vfs"
)

// Config says where a log lies and how it is kept.
type Config struct {
	FS     vfs.FS
	Dir    string
	Clock  clock.Clock // of the times in manifests; nil is the system's
	Domain string      // the job: the state of another is refused

	// Compression of blocks and images: "" or "none", "s2", "zstd".
	Compression string
	// RollBytes is the size above which a log file is followed by another, 128 MB
	// if 0: whole files go once a base has passed them.
	RollBytes int64
	// ImageBytes is the size above which a file of images is followed by another,
	// 256 MB if 0.
	ImageBytes int64

	// From is a savepoint that an empty directory begins with; a directory that
	// began with it goes on where it was.
	From  string
	Claim Claim

	// FallBack is the user's agreement to go back to an earlier epoch where the
	// last durable one cannot be read. Sinks may then have rows twice.
	FallBack bool
	// TakeOver opens a directory that another process has locked and fences that.
	TakeOver bool
	// Owner is told to whoever finds the directory locked; "" is this process.
	Owner string
	// Background runs work that nothing waits for; nil starts a goroutine.
	Background func(work func())
}

// Claim is what becomes of a savepoint that a job was started from.
type Claim string

// The claim modes, as Flink names them.
const (
	NoClaim    Claim = "NO_CLAIM" // it stays the user's and is never touched; the default
	ClaimOwned Claim = "CLAIM"    // it is the job's, and goes once a base has replaced it
)

// ParseClaim takes the value of execution.state-recovery.claim-mode.
func ParseClaim(s string) (Claim, error) {
	switch c := Claim(strings.ToUpper(s)); c {
	case "":
		return NoClaim, nil
	case NoClaim, ClaimOwned:
		return c, nil
	case "LEGACY":
		return "", sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "claim mode LEGACY is not supported").
			WithHint("NO_CLAIM leaves the savepoint to you, CLAIM hands it to the job")
	}
	return "", sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "there is no claim mode %q", s).WithHint("NO_CLAIM or CLAIM")
}

func (c Config) filled() Config {
	if c.Clock == nil {
		c.Clock = clock.System{}
	}
	if c.RollBytes <= 0 {
		c.RollBytes = 128 << 20
	}
	if c.ImageBytes <= 0 {
		c.ImageBytes = 256 << 20
	}
	if c.Claim == "" {
		c.Claim = NoClaim
	}
	if c.Owner == "" {
		host, _ := os.Hostname()
		c.Owner = fmt.Sprintf("process %d on %s", os.Getpid(), host)
	}
	if c.Background == nil {
		c.Background = func(work func()) { go work() }
	}
	return c
}
