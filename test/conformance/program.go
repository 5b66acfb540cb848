package main

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/vec"
	"github.com/weir-stream/weir/sqltest"
)

// program is a line of programs.jsonl.
type program struct {
	ID, Group string
	Config    map[string]any
	Sources   []table
	Sinks     []table
	Setup     []any
	Models    []model
	Run       []string
}

// world is how the cases run: one subtask, and a clock that stands still but
// where a program has a pause.
func world(mode string) *sqltest.World {
	return &sqltest.World{Name: mode, Stepped: true, Settings: [][2]string{
		{"execution.runtime-mode", mode}, {"parallelism.default", "1"},
		// Flink's defaults, said explicitly: changes leave row by row.
		{"table.exec.mini-batch.enabled", "false"}, {"pipeline.auto-watermark-interval", "0"},
		// Flink ran these from plans compiled before ON CONFLICT was required.
		{"table.exec.sink.require-on-conflict", "false"}}}
}

// pause is how far the clock moves between the two halves of a program, where
// Flink's tests stop and start the job.
const pause = 30 * time.Second

// plain feeds all rows of a program, ends the input and compares what the sinks
// have.
func (p *program) plain() error {
	r, err := p.start(world("streaming"))
	if err != nil {
		return err
	}
	defer r.Close()
	if err := p.feed(r, func() error { return r.Advance(pause) }); err != nil {
		return err
	}
	return p.compare(r, table.compare)
}

// halves reports whether a program says what comes after a restore.
func (p *program) halves() bool {
	for _, s := range p.Sources {
		if len(s.After) > 0 {
			return true
		}
	}
	for _, s := range p.Sinks {
		if len(s.WantAfter) > 0 {
			return true
		}
	}
	return false
}

// restored stops the jobs with a checkpoint between the two halves of the rows,
// compares what the sinks have then, and lets new jobs go on from it.
func (p *program) restored() error {
	w := world("streaming")
	w.Keep = true
	r, err := p.start(w)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := p.feed(r, func() error {
		if err := r.Advance(pause); err != nil {
			return err
		}
		if err := r.Suspend(); err != nil {
			return err
		}
		if err := p.compare(r, table.compareBefore); err != nil {
			return fmt.Errorf("before the restore: %w", err)
		}
		for _, s := range p.Sources {
			if s.lookedUp() && len(s.After) > 0 {
				r.Store.Drop(s.Name) // the second job finds the second half there
			}
		}
		return r.Restore(0)
	}); err != nil {
		return err
	}
	return p.compare(r, table.compare)
}

// start makes the tables of a program and runs its statements.
func (p *program) start(w *sqltest.World) (*sqltest.Runner, error) {
	var metadata []connector.MetadataColumn
	for _, s := range p.tables() {
		metadata = append(metadata, s.metadata()...)
	}
	r, err := sqltest.NewRunner(w, metadata...)
	if err != nil {
		return nil, err
	}
	err = p.prepare(r)
	for _, src := range p.Run {
		if err == nil {
			_, err = r.Exec(src)
		}
	}
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// compare compares what all sinks have.
func (p *program) compare(r *sqltest.Runner, how func(table, *sqltest.Runner) error) error {
	for _, s := range p.Sinks {
		// With mini-batches what is emitted on the way depends on the clock.
		if fmt.Sprint(p.Config["table.exec.mini-batch.enabled"]) == "true" {
			s.Compare = "table"
		}
		if err := how(s, r); err != nil {
			return err
		}
	}
	return nil
}

func (p *program) tables() []table { return append(append([]table(nil), p.Sources...), p.Sinks...) }

// prepare makes the settings and the tables, and runs the set-up.
func (p *program) prepare(r *sqltest.Runner) error {
	for k, v := range p.Config {
		text, ok := v.(string)
		if !ok {
			text = strings.ToLower(fmt.Sprint(v))
		}
		if err := r.Set(k, text); err != nil {
			return err
		}
	}
	for _, s := range p.Sources {
		before, err := s.rows(s.Before)
		if err != nil {
			return err
		}
		after, err := s.rows(s.After)
		if err != nil {
			return err
		}
		if err := r.Store.Feed(s.Name); err != nil {
			return err
		}
		s.Options = withKinds(s.Options, append(before, after...))
		if _, err := r.Exec(s.create()); err != nil {
			return fmt.Errorf("source: %w", err)
		}
	}
	for _, s := range p.Sinks {
		if _, err := r.Exec(s.create()); err != nil {
			return fmt.Errorf("sink: %w", err)
		}
	}
	for _, s := range p.Setup {
		text, ok := s.(string)
		if !ok {
			return errors.New("the set-up is not SQL")
		}
		if _, err := r.Exec(text); err != nil {
			return err
		}
	}
	for _, m := range p.Models {
		if err := m.create(r); err != nil {
			return err
		}
	}
	return nil
}

// feed sends the two halves of the rows, with a pause between them, and ends the
// input.
func (p *program) feed(r *sqltest.Runner, pause func() error) error {
	if err := p.half(r, func(s table) []any { return s.Before }); err != nil {
		return err
	}
	if err := pause(); err != nil {
		return err
	}
	if err := p.half(r, func(s table) []any { return s.After }); err != nil {
		return err
	}
	r.Store.End("")
	return r.Settle()
}

// half sends one row of each source in turn, as sources that run side by side
// do; tables that are looked up in come first, since their rows are there when a
// lookup asks.
func (p *program) half(r *sqltest.Runner, of func(table) []any) error {
	var queues [][]sqltest.Row
	var names []string
	for _, s := range p.Sources {
		rows, err := s.rows(of(s))
		if err != nil {
			return err
		}
		if s.lookedUp() {
			if err := r.Store.Feed(s.Name, rows...); err != nil {
				return err
			}
			continue
		}
		queues, names = append(queues, rows), append(names, s.Name)
	}
	for at, more := 0, true; more; at++ {
		more = false
		for i, q := range queues {
			if at >= len(q) {
				continue
			}
			more = true
			if err := r.Store.Feed(names[i], q[at]); err != nil {
				return err
			}
			if err := r.Settle(); err != nil {
				return err
			}
		}
	}
	return r.Settle()
}

// withKinds declares the kinds of rows of a source that has others than +I and
// does not say so.
func withKinds(opts map[string]string, rows []sqltest.Row) map[string]string {
	for _, r := range rows {
		if r.Kind != vec.Insert && opts["changelog-mode"] == "" {
			out := maps.Clone(opts)
			if out == nil {
				out = map[string]string{}
			}
			out["changelog-mode"] = "I,UA,UB,D"
			return out
		}
	}
	return opts
}
