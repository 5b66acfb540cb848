package job

import (
	"errors"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/snapshot"
	"github.com/weir-stream/weir/internal/sqlerr"
)

func TestWhichFaultsPass(t *testing.T) {
	start := time.UnixMilli(0)
	half := func() float64 { return 0.5 }
	passing := errors.New("connection lost")
	fenced := fmt.Errorf("sink: %w", &sqlerr.Error{Code: sqlerr.Runtime, Msg: "replaced", Err: snapshot.ErrFenced})
	for _, c := range []struct {
		name       string
		strategy   Strategy
		err        error
		progressed bool
		starts     int // in a row, 10 being enough
	}{
		{"passing", DefaultStrategy(), passing, true, 10},
		{"the same without progress", DefaultStrategy(), passing, false, sameFaults - 1},
		{"of the data", DefaultStrategy(), sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "no number"), true, 0},
		{"taken over by another run", DefaultStrategy(), fenced, true, 0},
		{"never", Strategy{Kind: Never}, passing, true, 0},
		{"fixed", Strategy{Kind: Fixed, Attempts: 3}, passing, true, 3},
		{"rate", Strategy{Kind: Rate, Failures: 2, Interval: time.Minute}, passing, true, 2},
	} {
		h := history{strategy: c.strategy, random: half}
		n := 0
		for n < 10 {
			if _, ok := h.next(start, c.err, c.progressed); !ok {
				break
			}
			n++
		}
		if n != c.starts {
			t.Errorf("%s: starts %d times, want %d", c.name, n, c.starts)
		}
	}
}

func TestWaitsGrow(t *testing.T) {
	h := history{strategy: DefaultStrategy(), random: func() float64 { return 0.5 }}
	now, last := time.UnixMilli(0), time.Duration(0)
	for i := range 20 {
		wait, ok := h.next(now, errors.New("x"), true)
		if !ok || wait < last || wait > time.Minute {
			t.Fatalf("wait %d: %v after %v, %v", i, wait, last, ok)
		}
		last, now = wait, now.Add(wait)
	}
	if last != time.Minute {
		t.Errorf("waits end at %v", last)
	}
	full := history{strategy: DefaultStrategy(), random: h.random}
	for run, again := 1, true; again; run++ {
		if _, again = full.next(now, fmt.Errorf("writing log %d: %w", run, syscall.ENOSPC), false); !again && run != sameFaults {
			t.Errorf("a full disk ends a job after %d runs", run)
		}
	}
	if wait, _ := h.next(now.Add(2*time.Hour), errors.New("x"), true); wait != time.Second {
		t.Errorf("after a quiet time: %v", wait)
	}
}
