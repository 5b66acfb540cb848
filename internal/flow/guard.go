package flow

import (
	"fmt"
	"runtime/debug"

	"github.com/weir-stream/weir/internal/state"
)

// Panic is a bug in an operator, caught at the task's edge, or memory that lies in a spill
// file whose disk has failed.
type Panic struct {
	Task  string
	Value any
	Stack []byte
}

// Error names the task; the stack is for the log.
func (p *Panic) Error() string {
	if _, ok := p.Value.(interface{ Addr() uintptr }); ok {
		return fmt.Sprintf("internal error in %s: %v (or the disk of a spill file has failed)", p.Task, p.Value)
	}
	return fmt.Sprintf("internal error in %s: %v", p.Task, p.Value)
}

// faultsPanic has memory that cannot be read be a panic of this goroutine, not the end of
// the process: a page of a mapped file comes from a disk.
func faultsPanic() (before bool) { return debug.SetPanicOnFault(true) }

// panicked makes an error of what a task panicked with: saved state that cannot be read
// says so itself, all else is a bug.
func panicked(task string, v any) error {
	if u, ok := v.(*state.Unreadable); ok {
		return u.Err
	}
	return &Panic{Task: task, Value: v, Stack: debug.Stack()}
}

// guarded does something with the state of a task, outside its steps.
func guarded(task string, do func() error) (err error) {
	defer debug.SetPanicOnFault(faultsPanic())
	defer func() {
		if v := recover(); v != nil {
			err = panicked(task, v)
		}
	}()
	return do()
}
