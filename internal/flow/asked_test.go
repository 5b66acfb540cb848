package flow

import (
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/clock"
)

// TestCheckpointNowIsCutAfterItWasAsked: an epoch that was cut before does not hold
// what came before somebody asked.
func TestCheckpointNowIsCutAfterItWasAsked(t *testing.T) {
	clk := clock.NewFake(time.UnixMilli(0))
	j := &Job{cfg: Config{Clock: clk, Durable: func(*Epoch) error { return nil }}.withDefaults(), tasks: []*task{{signal: make(chan struct{}, 1), done: make(chan struct{})}}}
	j.ctx = t.Context()
	c := newCoordinator(j)
	j.coord = c
	clk.Advance(time.Hour)
	c.cutDue()
	done := make(chan result, 1)
	c.ask(done)
	c.ack(1, []*Part{{}})
	c.save()
	select {
	case r := <-done:
		t.Fatalf("epoch %d was cut before", r.epoch)
	default:
	}
	c.cutDue()
	c.ack(2, []*Part{{}})
	c.save()
	select {
	case r := <-done:
		if r.epoch != 2 {
			t.Fatalf("epoch %d was given, not 2", r.epoch)
		}
	default:
		t.Fatal("nothing was given")
	}
}
