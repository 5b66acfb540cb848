package engine_test

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/engine"
)

// TestFullDisk ends the disk that a job spills to: the job stops with an error, and
// goes on from its last checkpoint when there is room again.
func TestFullDisk(t *testing.T) {
	e := newEdits(t)
	script := e.script("k INT", intoB, intoC)
	if said, err := e.run(script, nil, nil); err != nil {
		t.Fatal(said, err)
	}
	const rows = 40_000
	e.rows("1.csv", 40, rows)
	small := map[string]string{"taskmanager.memory.process.size": "64 kb", "io.tmp.dirs": filepath.Join(e.dir, "none"), "restart-strategy.type": "none"}
	if err := e.fails(script, small); err == nil || !strings.Contains(err.Error(), "cannot spill more") {
		t.Fatalf("without room: %v", err)
	}
	if got := e.written("c"); len(got) != 10 {
		t.Errorf("%d rows were committed, want those of the first run", len(got))
	}
	small["io.tmp.dirs"] = t.TempDir()
	if said, err := e.run(script, small, nil); err != nil {
		t.Fatal(said, err)
	}
	if !slices.Equal(e.written("c"), numbers(0, rows/4, strconv.Itoa)) || !slices.Equal(e.written("b"), numbers(0, rows/2, strconv.Itoa)) {
		t.Errorf("%d and %d rows were written, want %d and %d, each once", len(e.written("c")), len(e.written("b")), rows/4, rows/2)
	}
}

// fails runs a script until it rests and gives the failure of its job.
func (e *edits) fails(script string, options map[string]string) error {
	o := map[string]string{"execution.checkpointing.dir": filepath.Join(e.dir, "state"), "pipeline.name": "job", "parallelism.default": "2"}
	maps.Copy(o, options)
	c := clock.NewFake(e.at)
	s := engine.New(engine.Config{Stepped: c, Options: o}).NewSession()
	defer s.Close()
	p, err := s.Prepare(script)
	if err != nil {
		return err
	}
	err = s.Run(e.t.Context(), p, &told{})
	if err == nil {
		err = s.Advance(5 * time.Second)
	}
	s.Stop()
	e.at = c.Now().Add(time.Minute)
	return errors.Join(err, s.Settle())
}
