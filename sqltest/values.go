package sqltest

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vec"
)

// Spec is the connector `values` over the store: tables that read a named data
// set in its order and tables that keep what is written to them. The options are
// those of the connector of that name in Flink's own tests, as far as they say
// something about rows; what is about Flink's planner or runtime is taken and
// has no effect.
func (s *Store) Spec() *connector.Spec {
	return &connector.Spec{
		Name: "values",
		Doc:  "Rows kept in memory, for tests.",
		Options: []format.Option{
			{Key: "data-id", Doc: "The data set to read; the default is the table's name."},
			{Key: "bounded", Kind: format.BoolOption, Default: "true", Doc: "Whether the input ends."},
			{Key: "changelog-mode", Default: "I", Doc: "The kinds of rows: I, UA, UB, D."},
			{Key: "sink-insert-only", Kind: format.BoolOption, Default: "false", Doc: "Whether only new rows may be written."},
			{Key: "sink-changelog-mode-enforced", Doc: "The kinds of rows that may be written."},
			{Key: "readable-metadata", Doc: "Metadata columns."},
			{Key: "writable-metadata", Doc: "Metadata columns that may be written."},
		},
		Prefixes: []string{"source.", "sink.", "async", "disable-lookup", "enable-", "filterable-fields", "partition-list", "lookup.",
			"runtime-source", "runtime-sink", "nested-projection-supported", "terminating", "failing-source", "table-source-class",
			"lookup-function-class", "async-lookup-function-class", "dynamic-filtering-fields", "bucket-count", "partition-push-down"},
		Metadata: s.Metadata,
		Source:   s.source,
		Sink:     s.sink,
		RowLevel: s.rowLevel, Overwrites: true,
	}
}

// changes reads "I,UA,UB,D".
func changes(mode string) (connector.Changes, error) {
	var c connector.Changes
	for _, k := range strings.Split(mode, ",") {
		switch strings.TrimSpace(k) {
		case "I":
			c |= connector.Inserts
		case "UB":
			c |= connector.UpdatesBefore
		case "UA":
			c |= connector.UpdatesAfter
		case "D":
			c |= connector.Deletes
		default:
			return 0, sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "'%s' is not a set of row kinds", mode).WithHint("for example 'I,UA,UB,D'")
		}
	}
	return c, nil
}

type source struct {
	store   *Store
	table   *connector.Table
	id      string
	changes connector.Changes
}

func (s *Store) source(t *connector.Table) (connector.Source, error) {
	id := t.Options.String("data-id")
	if id == "" {
		id = lastPart(t.Name)
	}
	c, err := changes(t.Options.String("changelog-mode"))
	if t.Options.Prefix("source.")["produces-delete-by-key"] == "true" && c.Has(connector.Deletes) {
		c |= connector.KeyDeletes
	}
	src := &source{store: s, table: t, id: id, changes: c}
	if t.Options.Prefix("disable-lookup")[""] == "true" {
		return src, err
	}
	return &lookupSource{src}, err
}

func lastPart(name string) string {
	name, _, _ = strings.Cut(name, " /*+") // with OPTIONS hints
	name = name[strings.LastIndexByte(name, '.')+1:]
	return strings.Trim(name, "`")
}

// Bounded: a query over what there is now ends.
func (s *source) Bounded() bool              { return s.table.Options.Bool("bounded") || s.store.snapshots() }
func (s *source) Changes() connector.Changes { return s.changes }
func (s *source) DiscoverEveryMs() int64     { return 0 }

func (s *source) Rows() int64 { return s.store.count(s.id) }

func (s *source) Splits(context.Context, connector.Scan) ([]connector.Split, error) {
	return []connector.Split{{ID: s.id, Rows: s.Rows()}}, nil
}

func (s *source) Open(_ context.Context, sc connector.Scan, _ connector.Split, pos []byte) (connector.Reader, error) {
	rows, all, ok := s.store.take(s.id)
	if !ok {
		return nil, sqlerr.New(sqlerr.Runtime, sqlerr.Pos{}, "there is no data set '%s'", s.id)
	}
	r := &reader{source: s, scan: sc, rows: rows, live: !all, ends: !all || s.Bounded(), conv: &converter{zone: s.table.Env.Zone}, more: make(chan struct{})}
	if n, k := binary.Uvarint(pos); k > 0 {
		r.at = int(n)
	}
	return r, nil
}

// reader appends rows in order. The first column of metadata comes after the
// last physical one.
type reader struct {
	*source
	scan connector.Scan
	rows []Row
	live bool // there may be more rows later
	ends bool
	wm   int64
	at   int
	conv *converter
	more chan struct{}
}

var _ connector.Marker = (*reader)(nil)

func (r *reader) Read(b *vec.Batch, most int) error {
	if r.live {
		var ended bool
		var later []Row
		later, ended, r.wm = r.store.from(r.id, len(r.rows))
		r.rows, r.live = append(r.rows, later...), !ended
	}
	if r.at == len(r.rows) {
		if r.ends && !r.live {
			return io.EOF
		}
		return nil
	}
	for n := 0; n < most && r.at < len(r.rows); n++ {
		row := r.rows[r.at]
		b.AppendKind(row.Kind)
		for i, v := range b.Cols {
			x := r.value(row, i)
			switch {
			case x == nil:
				v.AppendNulls(1)
			case row.read:
				v.AppendValue(x)
			default:
				if err := r.conv.append(v, x); err != nil {
					return err
				}
			}
		}
		b.N++
		r.at++
	}
	return nil
}

// Watermark gives what was told beside the rows, once they have been read.
func (r *reader) Watermark() (int64, bool) { return r.wm, r.live && r.at == len(r.rows) }

// value is the value of a row for the i-th column that is read.
func (r *reader) value(row Row, i int) any {
	at := 0
	if i < len(r.scan.Want) {
		at = r.scan.Want[i]
	} else {
		at = len(r.table.Columns) + r.scan.Metadata[i-len(r.scan.Want)]
	}
	if at >= len(row.Values) {
		return nil
	}
	return row.Values[at]
}

// Ready is nil for a data set that has ended. What else comes, comes between two
// runs of a stepped job, which looks by itself.
func (r *reader) Ready() <-chan struct{} {
	if r.ends && !r.live {
		return nil
	}
	return r.more
}

func (r *reader) Position() []byte { return binary.AppendUvarint(nil, uint64(r.at)) }
func (r *reader) Close() error     { return nil }

type sink struct {
	store   *Store
	id      string
	to      *Written
	accepts connector.Changes
	order   []int // of the columns that are given
	// overwrite: what was written before goes.
	overwrite bool
}

func (s *Store) sink(t *connector.Table) (connector.Sink, error) {
	if t.Rewrite != nil {
		return &replacement{store: s, id: t.Rewrite.Parts[0]}, nil
	}
	k := &sink{store: s, id: lastPart(t.Name), to: s.written(t), accepts: connector.AllChanges, overwrite: t.Overwrite}
	for i := range t.Columns {
		k.order = append(k.order, i)
	}
	// Metadata are written in the order in which the connector lists them.
	for _, m := range s.Metadata {
		for i, u := range t.Metadata {
			if u.Key == m.Key {
				k.order = append(k.order, len(t.Columns)+i)
			}
		}
	}
	switch mode := t.Options.String("sink-changelog-mode-enforced"); {
	case mode != "":
		c, err := changes(mode)
		if err != nil {
			return nil, err
		}
		if k.accepts = connector.InsertOnly; c.Has(connector.UpdatesAfter) {
			k.accepts = connector.AllChanges
			if !c.Has(connector.UpdatesBefore) {
				k.accepts = connector.Upserts
			}
		}
	case t.Options.Bool("sink-insert-only"):
		k.accepts = connector.InsertOnly
	case len(t.PrimaryKey) > 0:
		k.accepts = connector.Upserts
	}
	if k.accepts == connector.Upserts && t.Options.Prefix("sink.")["supports-delete-by-key"] == "true" {
		k.accepts |= connector.KeyDeletes
	}
	return k, nil
}

func (s *sink) Accepts() connector.Changes { return s.accepts }

func (s *sink) Parallelism() int {
	if s.overwrite {
		return 1
	}
	return 0
}

func (s *sink) Open(context.Context, int, int) (connector.Writer, error) {
	if s.overwrite {
		s.to.clear()
	}
	return &writer{sink: s, id: s.store.nextWriter()}, nil
}

type writer struct {
	*sink
	id   int
	rows []*vec.Batch // since the last Prepare, where the store holds them
}

func (w *writer) Write(_ context.Context, b *vec.Batch) error {
	flat := *b
	flat.Cols = make([]*vec.Vector, len(w.order))
	for i, c := range w.order {
		flat.Cols[i] = b.Cols[c].Flat()
	}
	rows := flat.Clone()
	if !w.store.Exact {
		w.show(rows)
		return nil
	}
	w.rows = append(w.rows, rows)
	if w.store.Peek {
		w.to.show(rows)
	}
	return nil
}

// show makes rows visible.
func (w *writer) show(b *vec.Batch) {
	w.to.add(b)
	w.store.pipe(w.sink.id, b)
}

func (w *writer) Flush(context.Context) error { return nil }
func (w *writer) Watermark(int64)             {}

// Prepare keeps the epoch's rows where the store holds them.
func (w *writer) Prepare(_ context.Context, epoch uint64) ([]byte, error) {
	if len(w.rows) == 0 {
		return nil, nil
	}
	handle := fmt.Sprintf("%d/%d", w.id, epoch)
	w.to.hold(handle, w.rows)
	w.rows = nil
	return []byte(handle), nil
}

// Commit shows the rows of a handle, once.
func (w *writer) Commit(_ context.Context, handle []byte) error {
	for _, b := range w.to.release(string(handle)) {
		w.show(b)
	}
	return nil
}

func (w *writer) Finish(context.Context) error { return nil }
func (w *writer) Close() error                 { return nil }
