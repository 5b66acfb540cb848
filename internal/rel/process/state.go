package process

import (
	"fmt"

	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/udf"
	"github.com/weir-stream/weir/internal/vec"
)

// store is one declared state: per partition, entries in order of arrival, or of
// a map's keys. A value is a list of at most one entry.
type store struct {
	State
	t     *state.Sorted
	codec *vec.Codec
	rows  vec.Rows
	in    *vec.Batch // an entry being written
	out   *vec.Batch // an entry being read
	refs  [1]state.Ref
	sort  []byte
	zone  *types.Zone
}

func newStore(name string, s State, key []types.Type, route []int, st *state.Store, zone *types.Zone) *store {
	ts := s.Row
	if s.Kind == udf.MapState {
		ts = append([]types.Type{s.Key}, s.Row...)
	}
	o := &store{State: s, codec: vec.NewCodec(ts), in: vec.NewBatch(ts), out: vec.NewBatch(ts), zone: zone}
	o.t = st.Sorted(state.SortedSpec{Name: name, Key: key, Row: ts, TTL: s.TTL, Route: route})
	return o
}

// encode reads Go values into an encoded entry.
func (s *store) encode(values ...any) error {
	if len(values) != len(s.in.Cols) {
		return fmt.Errorf("the state %s takes %d values, not %d", s.Name, len(s.in.Cols), len(values))
	}
	s.in.Reset()
	for i, x := range values {
		if err := udf.Append(s.in.Cols[i], x); err != nil {
			return fmt.Errorf("state %s: %w", s.Name, err)
		}
	}
	s.in.N = 1
	s.codec.Encode(&s.rows, s.in, nil)
	return nil
}

func (s *store) decode(row []byte) []any {
	s.out.Reset()
	s.codec.Decode([][]byte{row}, s.out.Cols)
	vals := make([]any, len(s.out.Cols))
	for i, c := range s.out.Cols {
		vals[i] = udf.Value(c, 0, s.zone)
	}
	return vals
}

// find gives the entries of a partition.
func (s *store) find(k *state.Keys) (state.Ref, bool) {
	s.t.Find(k, s.refs[:])
	return s.refs[0], s.refs[0] != state.NoRef
}

func (s *store) open(k *state.Keys) state.Ref {
	s.t.Upsert(k, s.refs[:], nil)
	return s.refs[0]
}

func (s *store) clear(k *state.Keys) {
	if g, ok := s.find(k); ok {
		s.t.DeleteKey(g)
	}
}

// each walks the entries of a partition until f gives false.
func (s *store) each(k *state.Keys, f func(vals []any) bool) {
	g, ok := s.find(k)
	if !ok {
		return
	}
	var all [][]any
	var it state.Iter
	for s.t.Iter(&it, g, 0); it.Valid(); it.Next() {
		all = append(all, s.decode(it.Row()))
	}
	for _, vals := range all { // f may change the state
		if !f(vals) {
			return
		}
	}
}

func (s *store) set(k *state.Keys, values []any) error {
	if len(values) == 0 {
		s.clear(k)
		return nil
	}
	if err := s.encode(values...); err != nil {
		return err
	}
	g := s.open(k)
	if s.t.Count(g) > 0 {
		s.t.DeleteAt(g, 0)
	}
	s.t.Insert(g, nil, s.rows.Row(0))
	return nil
}

func (s *store) add(k *state.Keys, values []any) error {
	if err := s.encode(values...); err != nil {
		return err
	}
	s.t.Insert(s.open(k), nil, s.rows.Row(0))
	return nil
}

// at finds the entry of a map's key: its place, and its row if there is one.
func (s *store) at(k *state.Keys, key any) (g state.Ref, pos int, row []byte, err error) {
	s.in.Reset()
	if err := udf.Append(s.in.Cols[0], key); err != nil {
		return 0, 0, nil, fmt.Errorf("a key of state %s: %w", s.Name, err)
	}
	s.sort = state.AppendSortKey(s.sort[:0], s.in.Cols[0], 0, false, true)
	g, ok := s.find(k)
	if !ok {
		return g, 0, nil, nil
	}
	var it state.Iter
	if s.t.Seek(&it, g, s.sort); it.Valid() && string(it.SortKey()) == string(s.sort) {
		return g, it.Pos(), it.Row(), nil
	}
	return g, 0, nil, nil
}

func (s *store) put(k *state.Keys, key any, values []any) error {
	if err := s.remove(k, key); err != nil {
		return err
	}
	if err := s.encode(append([]any{key}, values...)...); err != nil {
		return err
	}
	s.t.Insert(s.open(k), s.sort, s.rows.Row(0))
	return nil
}

func (s *store) remove(k *state.Keys, key any) error {
	g, pos, row, err := s.at(k, key)
	if err == nil && row != nil {
		s.t.DeleteAt(g, pos)
	}
	return err
}
