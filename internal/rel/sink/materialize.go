package sink

import (
	"time"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// materializer keeps all rows of each primary key in order of arrival, so that
// the table shows the last one, and when it is deleted the one before it
// (Flink's SinkUpsertMaterializer, ON CONFLICT DO DEDUPLICATE).
type materializer struct {
	node *Node
	ttl  time.Duration
	ctx  *op.Context
	keys state.Keys
	list *state.List

	keyCodec, rowCodec *vec.Codec
	rows               vec.Rows
	out                *vec.Batch
	cursor             state.Probe
	probe              [64]int32
	chunk              [64]state.Entry
	found              []bool
	entries            []state.Entry
}

var _ op.Operator = (*materializer)(nil)

func newMaterializer(n *Node, ttl time.Duration) *materializer {
	return &materializer{node: n, ttl: ttl}
}

func (m *materializer) Open(c *op.Context) error {
	m.ctx = c
	ts := c.Inputs[0]
	kts := make([]types.Type, len(m.node.Key))
	for i, k := range m.node.Key {
		kts[i] = ts[k]
	}
	m.keyCodec, m.rowCodec = vec.NewCodec(kts), vec.NewCodec(ts)
	m.list = c.State.List(state.ListSpec{Name: "rows", Key: kts, Row: ts, TTL: m.ttl, Route: c.Route(0, m.node.Key, 0), From: state.Origin{Input: 1, Key: m.node.Key}})
	m.out = vec.NewBatch(ts)
	return nil
}

// Push goes row by row: what a row does depends on the rows before it under the
// same key.
func (m *materializer) Push(_ int, b *vec.Batch) (op.Status, error) {
	m.out.Reset()
	one := *b
	for i := range b.Len() {
		r := b.Row(i)
		one.Sel = []int32{int32(r)}
		m.keys.Encode(m.keyCodec, &one, m.node.Key)
		m.rowCodec.Encode(&m.rows, &one, nil)
		var err error
		if b.Kind(r).Adds() {
			err = m.add()
		} else {
			err = m.remove()
		}
		if err != nil {
			return op.Done, err
		}
	}
	if m.out.N == 0 {
		return op.Done, nil
	}
	if err := m.ctx.Out.Emit(m.out); err != nil {
		return op.Done, err
	}
	return m.Resume()
}

// entriesOf lists the rows of the current key in order of arrival.
func (m *materializer) entriesOf() []state.Entry {
	m.entries = m.entries[:0]
	m.list.Probe(&m.cursor, &m.keys)
	for {
		n := m.cursor.Next(m.probe[:], m.chunk[:])
		if n == 0 {
			return m.entries
		}
		m.entries = append(m.entries, m.chunk[:n]...)
	}
}

func (m *materializer) add() error {
	old := m.entriesOf()
	if len(old) == 0 {
		m.emit(vec.Insert, m.rows.Row(0))
	} else {
		m.emit(vec.UpdateBefore, m.list.Row(old[len(old)-1]))
		m.emit(vec.UpdateAfter, m.rows.Row(0))
	}
	m.list.Append(&m.keys, &m.rows, nil)
	return nil
}

func (m *materializer) remove() error {
	old := m.entriesOf()
	if len(old) == 0 {
		return nil
	}
	before := append([]byte(nil), m.list.Row(old[len(old)-1])...)
	m.found = append(m.found[:0], false)
	m.list.Remove(&m.keys, &m.rows, m.found)
	if !m.found[0] {
		return nil
	}
	left := m.entriesOf()
	if len(left) == 0 {
		m.emit(vec.Delete, before)
		return nil
	}
	after := m.list.Row(left[len(left)-1])
	if string(before) != string(after) {
		m.emit(vec.UpdateBefore, before)
		m.emit(vec.UpdateAfter, after)
	}
	return nil
}

func (m *materializer) emit(k vec.Kind, row []byte) {
	m.out.AppendKind(k)
	m.rowCodec.Decode([][]byte{row}, m.out.Cols)
	m.out.N++
}

// Resume waits for the receiver, which reads the batch.
func (m *materializer) Resume() (op.Status, error) {
	if m.ctx.Out.Full() {
		return op.More, nil
	}
	return op.Done, nil
}

func (m *materializer) Close() error { return nil }
