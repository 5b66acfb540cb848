package sqltest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/engine"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// live runs a block that has to do with jobs that go on from block to block.
func (r *Runner) live(b *Block) error {
	if b.Verb == "worlds" {
		return nil
	}
	if r.clock == nil {
		return fmt.Errorf("%s needs a world whose jobs are stepped", b.Verb)
	}
	name, rest, _ := strings.Cut(b.Arg, " ")
	rest = strings.TrimSpace(rest)
	switch b.Verb {
	case "pipeline":
		if r.lives != nil && r.lives.killed > 0 {
			return r.alive("pipeline")
		}
		return r.pipeline(b.Arg)
	case "source":
		return r.under.source(b.Arg, r.path)
	case "keep":
		r.under.keep = append(r.under.keep, b.Arg)
		return nil
	case "changes":
		return r.under.setChanges(name, rest)
	case "clock":
		return r.setClock(b.Arg)
	case "feed":
		return r.feed(b.Arg, parseRows(b.Body))
	case "watermark":
		return r.watermark(name, rest)
	case "advance":
		return r.advance(b.Arg)
	case "end":
		return r.end(b.Arg)
	case "error":
		err := r.lost
		r.lost = nil
		return failed(err, b.Arg)
	default: // kill, restore, checkpoint, rescale
		return r.life(b)
	}
}

// path gives a path of the script as seen from here.
func (r *Runner) path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(r.Dir, p)
}

// pipeline runs the script under test; its tables are fed and read by the test.
func (r *Runner) pipeline(path string) error {
	path = r.path(path)
	src, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	r.under.on = true
	defer func() { r.under.on = false }()
	err = r.exec(string(src), &Output{})
	var user *sqlerr.Error
	var list sqlerr.List
	if errors.As(err, &list) || errors.As(err, &user) {
		return &located{err, path, string(src)}
	}
	return err
}

// located is an error in a file.
type located struct {
	error
	path, src string
}

func (l *located) Error() string {
	return strings.TrimRight(sqlerr.Render(l.path, l.src, l.error), "\n")
}
func (l *located) Unwrap() error { return l.error }

// exec runs statements whose jobs go on; the rows of a SELECT are kept as those
// of a table result, result2 and so on.
func (r *Runner) exec(src string, out *Output) error {
	p, err := r.session.Prepare(src)
	if err != nil {
		return err
	}
	out.detached = func(q *engine.Query) {
		name := "result"
		if n := len(r.results); n > 0 {
			name = fmt.Sprintf("result%d", n+1)
		}
		r.results[name] = &Output{Types: out.Types, Order: q}
	}
	if err := r.session.Run(r.context(), p, out); err != nil {
		return err
	}
	return r.settle()
}

// settle lets all jobs run until they rest and takes the rows of queries.
func (r *Runner) settle() error {
	if err := r.disturb(); err != nil {
		return r.after(err)
	}
	return r.after(r.settled())
}

func (r *Runner) after(err error) error {
	for _, out := range r.results {
		for b := out.Order.TryNext(); b != nil; b = out.Order.TryNext() {
			out.Batches = append(out.Batches, b)
		}
	}
	r.forget()
	if err != nil && r.lost == nil {
		r.lost = err
		return &jobError{err}
	}
	return nil
}

// forget drops the jobs that have ended: they have said what was wrong.
func (r *Runner) forget() {
	for _, j := range r.session.Jobs() {
		select {
		case <-j.Done():
			r.session.Forget(j)
		default:
		}
	}
}

// jobError is the failure of a running job, which a block error may expect.
type jobError struct{ error }

func (j *jobError) Error() string { return "a job has failed: " + j.error.Error() }
func (j *jobError) Unwrap() error { return j.error }

// feed adds rows to a table and lets the jobs work through them.
func (r *Runner) feed(table string, rows []Row) error {
	if err := r.known(table); err != nil {
		return err
	}
	if err := r.Store.Feed(table, rows...); err != nil {
		return err
	}
	return r.settle()
}

// known checks that there is a table of a name, or a data set.
func (r *Runner) known(table string) error {
	if _, ok := r.tableOf(table); ok || r.Store.has(table) {
		return nil
	}
	c, d := r.session.Current()
	return r.session.Engine().Catalog().Missing(catalog.Path{Catalog: c, Database: d, Name: table}, "table")
}

func (r *Runner) tableOf(name string) (*catalog.Table, bool) {
	c, d := r.session.Current()
	o, ok := r.session.Engine().Catalog().Lookup(catalog.Path{Catalog: c, Database: d, Name: name})
	t, isTable := o.(*catalog.Table)
	return t, ok && isTable
}

// end ends a table, or all: first those that the test feeds, then those between
// two jobs.
func (r *Runner) end(table string) error {
	r.Store.End(table)
	if err := r.settle(); err != nil || table != "" || !r.Store.endPiped() {
		return err
	}
	return r.settle()
}

// watermark tells event time beside the rows of a table.
func (r *Runner) watermark(table, text string) error {
	t, ok := r.tableOf(table)
	if !ok {
		return r.known(table)
	}
	if t.Watermark == nil {
		return fmt.Errorf("the table %s has no WATERMARK", table)
	}
	typ := types.Type{Kind: types.Timestamp, Prec: 3}
	zone := types.UTC
	if i := t.Column(t.Watermark.Column); i >= 0 && t.Columns[i].Type.Kind == types.TimestampLTZ {
		typ.Kind, zone = types.TimestampLTZ, r.zone()
	}
	v := vec.New(typ.AsNullable(), 0)
	if err := Append(v, text, zone); err != nil {
		return err
	}
	if v.IsNull(0) || v.I64[0] == op.MaxWatermark {
		return fmt.Errorf("%q is no time", text)
	}
	if err := r.Store.Mark(table, v.I64[0]); err != nil {
		return err
	}
	return r.settle()
}

// advance moves the clock.
func (r *Runner) advance(text string) error {
	ms, err := connector.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("%q is no duration: %w", text, err)
	}
	if r.lives != nil && r.lives.draw != nil { // what is given again comes at its own time
		if err := r.committed(); err != nil {
			return err
		}
	}
	return r.after(r.session.Advance(time.Duration(ms) * time.Millisecond))
}

// setClock sets the time at the start of a test.
func (r *Runner) setClock(text string) error {
	at, err := time.ParseInLocation("2006-01-02 15:04:05.999", text, time.UTC)
	if err != nil {
		return fmt.Errorf("%q is no time, as in 2026-01-31 23:59:00", text)
	}
	if at.Before(r.clock.Now()) && len(r.session.Jobs()) > 0 {
		return errors.New("the clock cannot go back while jobs run")
	}
	r.clock.Advance(at.Sub(r.clock.Now()))
	return nil
}

// answers reports whether what tables hold is to be compared now: in batch mode
// there is one answer, at the end.
func (r *Runner) answers() bool {
	return r.session.Option("execution.runtime-mode") != "batch" || r.Store.ended()
}

// failed checks that err is there, has a code if want begins with one in
// parentheses, and has the rest of want in its message.
func failed(err error, want string) error {
	code := ""
	want = strings.TrimSpace(want)
	if rest, ok := strings.CutPrefix(want, "("); ok {
		code, want, _ = strings.Cut(rest, ")")
		want = strings.TrimSpace(want)
	}
	if err == nil {
		return fmt.Errorf("it worked, but should fail with %q", want)
	}
	if !strings.Contains(err.Error(), want) {
		return fmt.Errorf("it failed with %q, which does not have %q", err, want)
	}
	if code == "" {
		return nil
	}
	codes := Codes(err)
	for _, c := range codes {
		if string(c) == code {
			return nil
		}
	}
	return fmt.Errorf("it failed with the code %v, not %s: %v", codes, code, err)
}

// Codes gives the codes of all user errors in err.
func Codes(err error) []sqlerr.Code {
	var list sqlerr.List
	var one *sqlerr.Error
	if !errors.As(err, &list) && errors.As(err, &one) {
		list = sqlerr.List{one}
	}
	var out []sqlerr.Code
	for _, e := range list {
		out = append(out, e.Code)
	}
	return out
}
