package snapshot

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/weir-stream/weir/internal/sqlerr"
)

// FallBackOption is the setting by which a user agrees to go back to an earlier
// epoch than the last durable one; Config.FallBack is its value.
const FallBackOption = "weir.state.fall-back"

// ErrFenced is the cause of the error of an Append whose directory belongs to a
// newer generation.
var ErrFenced = errors.New("the state directory belongs to a newer run")

// ErrGone is the cause of the error of an Append whose file is not in its directory any
// more: another run would find nothing.
var ErrGone = errors.New("the state directory is gone")

// Superseded reports errors after which the job must not start again by itself: what it
// would find is another's, or nothing.
func Superseded(err error) bool { return errors.Is(err, ErrFenced) || errors.Is(err, ErrGone) }

// ErrClosed is the cause of the error of calls after Close.
var ErrClosed = errors.New("the state log is closed")

// Damage says what cannot be read: a file that was durable and is not whole.
type Damage struct {
	File   string // path
	Offset int64
	Reason string
}

func (d *Damage) Error() string {
	return fmt.Sprintf("%s is damaged at byte %d: %s", d.File, d.Offset, d.Reason)
}

// user makes the damage the error that is shown. epoch is what can be gone back
// to; 0 and below the committed one means that nothing can.
func (d *Damage) user(hint string) error {
	return &sqlerr.Error{Code: sqlerr.Data, Msg: "the state cannot be recovered", Err: d, Hint: hint}
}

const (
	hintRestore  = "restore the file from a copy, or start from a savepoint"
	hintFallBack = hintRestore + ", or set " + FallBackOption + " to go back to epoch %d, after which sinks may have rows twice"
)

func newerVersion(file string, version uint32) error {
	return sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "%s has format version %d and this program reads up to %d", file, version, Version).
		WithHint("run the version of weir that wrote it, or a later one")
}

func otherDomain(file, theirs, ours string) error {
	return sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "%s holds the state of job %q, not of %q", file, theirs, ours).
		WithHint("give each job a state directory of its own")
}

// failing wraps what the store answered.
func failing(doing, path string, err error) error {
	if p, ok := err.(*fs.PathError); ok && p.Path == path { // of this call: the path is not said twice
		err = p.Err
	}
	e := &sqlerr.Error{Code: sqlerr.Runtime, Msg: fmt.Sprintf("%s %s failed", doing, path), Err: err}
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		e.Hint = "make room on that disk and run the script again: it goes on from its last checkpoint"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		e.Hint = "it must be a place that this user may write to"
	}
	return e
}
