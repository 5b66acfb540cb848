package main

import (
	"errors"
	"io"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/term"
)

// newApp gives the process's own ends. A closed pipe becomes an error of the
// write instead of a signal.
func newApp() *app {
	signal.Ignore(syscall.SIGPIPE)
	return &app{in: os.Stdin, out: &stdout{w: os.Stdout}, err: os.Stderr,
		outTerm: term.IsTerminal(int(os.Stdout.Fd())), errTerm: term.IsTerminal(int(os.Stderr.Fd()))}
}

// stdout is where rows go. It may be written from several goroutines, and knows
// when nobody reads any more.
type stdout struct {
	mu     sync.Mutex
	w      io.Writer
	closed atomic.Bool
	gone   func() // called once when the reader has closed its end; may be nil
	before func() // called before each write; may be nil
}

// MayBlock reports whether it is a pipe, a socket or a terminal, and not a file.
func (s *stdout) MayBlock() bool {
	f, ok := s.w.(*os.File)
	if !ok {
		return false
	}
	st, err := f.Stat()
	return err == nil && st.Mode()&(os.ModeNamedPipe|os.ModeSocket|os.ModeCharDevice) != 0
}

// setBefore sets what is done before each write.
func (s *stdout) setBefore(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = f
}

func (s *stdout) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.before != nil {
		s.before()
	}
	n, err := s.w.Write(p)
	if errors.Is(err, syscall.EPIPE) {
		s.hangUp()
	}
	return n, err
}

// hangUp notes that the reader is gone.
func (s *stdout) hangUp() {
	if s.closed.CompareAndSwap(false, true) && s.gone != nil {
		s.gone()
	}
}

// width is the number of columns of the terminal that rows go to, 0 if they
// go elsewhere.
func (a *app) width() int {
	if !a.outTerm {
		return 0
	}
	w, _ := a.screen()
	return w
}

// screen is the size of the terminal that the output or else the errors go to.
func (a *app) screen() (width, height int) {
	for _, f := range []*os.File{os.Stdout, os.Stderr} {
		if w, h, err := term.GetSize(int(f.Fd())); err == nil && w > 0 && h > 0 {
			return w, h
		}
	}
	return 80, 24
}
