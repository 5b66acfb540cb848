package nexmark

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sync"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// source is a table of events.
type source struct {
	t     *connector.Table
	c     config
	kind  int       // which table; -1 = all events
	plans []planned // by table column
	make  sync.Once // the pools are made when the first reader opens
	gen   *generator
}

// planned is how a declared column is filled.
type planned struct {
	kind   int      // of a ROW column; -1 otherwise
	fields []column // those of the ROW, or the one of a plain column; none: event_type
}

func newSource(t *connector.Table) (connector.Source, error) {
	c, err := configOf(t)
	if err != nil {
		return nil, err
	}
	s := &source{t: t, c: c, kind: -1}
	for i, k := range kinds {
		if k.name == t.Options.String("table") {
			s.kind = i
		}
	}
	for _, col := range t.Columns {
		p, err := s.plan(col)
		if err != nil {
			return nil, err
		}
		s.plans = append(s.plans, p)
	}
	return s, nil
}

// plan matches a declared column with the fields there are, by name.
func (s *source) plan(col format.Column) (planned, error) {
	if s.kind >= 0 {
		c, err := pick(col.Name, col.Type, kinds[s.kind].columns)
		return planned{kind: -1, fields: []column{c}}, err
	}
	if col.Name == "event_type" {
		if col.Type.Kind != types.Int {
			return planned{}, wrongType(col.Name, col.Type, types.Of(types.Int))
		}
		return planned{kind: -1}, nil
	}
	for i, k := range kinds {
		if k.name != col.Name {
			continue
		}
		p := planned{kind: i}
		if col.Type.Kind != types.Row {
			return p, wrongType(col.Name, col.Type, columnsOf("events")[1+i].Type)
		}
		for _, f := range col.Type.Fields {
			c, err := pick(f.Name, f.Type, k.columns)
			if err != nil {
				return p, err
			}
			p.fields = append(p.fields, c)
		}
		return p, nil
	}
	return planned{}, noColumn(col.Name, []string{"event_type", "person", "auction", "bid"})
}

func pick(name string, t types.Type, from []column) (column, error) {
	var names []string
	for _, c := range from {
		if c.name != name {
			names = append(names, c.name)
			continue
		}
		same := t.Kind == c.typ.Kind || t.IsString() && c.typ.IsString() || t.IsTimestamp() && c.typ.IsTimestamp()
		if !same || t.IsTimestamp() && t.Prec > 3 {
			return c, wrongType(name, t, c.typ)
		}
		return c, nil
	}
	return column{}, noColumn(name, names)
}

func noColumn(name string, names []string) error {
	e := sqlerr.New(sqlerr.Name, sqlerr.Pos{}, "the nexmark events have no column '%s'", name)
	if n, ok := sqlerr.Nearest(name, names); ok {
		return e.WithHint("did you mean '%s'?", n)
	}
	return e.WithHint("columns are %v", names)
}

func wrongType(name string, have, want types.Type) error {
	return sqlerr.New(sqlerr.Type, sqlerr.Pos{}, "the nexmark column '%s' is %s, not %s", name, want, have.AsNullable())
}

func (s *source) Bounded() bool {
	return s.c.events < math.MaxInt64 && !s.t.Options.Bool("keep-alive")
}
func (s *source) Changes() connector.Changes { return connector.InsertOnly }
func (s *source) DiscoverEveryMs() int64     { return 0 }

// Rows is exact.
func (s *source) Rows() int64 {
	if !s.Bounded() {
		return -1
	}
	if s.kind < 0 {
		return s.c.events
	}
	from, n := s.c.span(s.kind)
	return s.c.events/s.c.all*n + min(max(s.c.events%s.c.all-from, 0), n)
}

// span is where in each run of events those of a kind lie.
func (c *config) span(kind int) (from, n int64) {
	switch kind {
	case 0:
		return 0, c.person
	case 1:
		return c.person, c.auction
	}
	return c.person + c.auction, c.bid
}

// share is the Data of a split: every of-th block, from block first on.
type share struct{ first, of int64 }

// Splits deals the events out in turn, so that all splits are at the same event
// time.
func (s *source) Splits(_ context.Context, sc connector.Scan) ([]connector.Split, error) {
	n := s.t.Options.Int("generator-parallelism")
	if n <= 0 {
		n = int64(max(sc.Parallelism, 1))
	}
	var out []connector.Split
	for i := range n {
		rows := s.Rows()
		if rows > 0 {
			rows /= n
		}
		out = append(out, connector.Split{ID: fmt.Sprintf("%d/%d", i, n), Rows: rows, Data: share{i, n}})
	}
	return out, nil
}

func (s *source) Open(_ context.Context, sc connector.Scan, sp connector.Split, pos []byte) (connector.Reader, error) {
	s.make.Do(func() { s.gen = newGenerator(s.c) })
	r := &reader{source: s, share: sp.Data.(share)}
	r.next = r.share.first * r.block()
	if pos != nil {
		n, k := binary.Varint(pos)
		if k <= 0 {
			return nil, errors.New("a stored position of the nexmark connector is damaged")
		}
		r.next = n
	}
	for _, w := range sc.Want {
		r.plans = append(r.plans, s.plans[w])
	}
	if limited(s.t.Options) {
		r.waker = connector.NewWaker(s.t.Env.Clock)
	} else if s.t.Options.Bool("keep-alive") {
		r.idle = make(chan struct{})
	}
	return r, nil
}
