package sink

import (
	"bytes"
	"unsafe"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Correctable says why rows that an INSERT wrote could not be taken back from its
// table after an edit, "" if they could.
func (n *Node) Correctable(in *plan.Traits) string {
	accepts := n.Sink.Accepts()
	switch {
	case !accepts.Has(connector.Deletes):
		return "it takes inserts only"
	case len(n.Key) == 0 && !accepts.Has(connector.UpdatesBefore):
		return "it has no primary key"
	case n.Conflict != NoConflict || n.reconciles(in):
		return "several rows of the query may have one primary key"
	case n.DropNulls:
		return "rows with nulls are dropped"
	case n.Change != NoChange || n.Result:
		return "it is not written by an INSERT"
	}
	return ""
}

// CorrectKey is what tells the rows of the table apart: its primary key, else all
// columns.
func (n *Node) CorrectKey() []int {
	if len(n.Key) > 0 {
		return n.Key
	}
	all := make([]int, len(n.Fields()))
	for i := range all {
		all[i] = i
	}
	return all
}

// corrected adds the vertex that takes back what is left of the old rows.
func (n *Node) corrected(b *dag.Builder, p, old dag.Port) dag.Port {
	key, out := n.CorrectKey(), plan.Types(n.Fields())
	in := []dag.Input{b.HashBy(p, key, true)}
	if n.Old != nil {
		in = append(in, b.HashBy(old, key, true))
	}
	c := correction{key: key, out: out, before: n.Sink.Accepts().Has(connector.UpdatesBefore), multi: len(n.Key) == 0}
	v := b.Op(&correcting{Node: n}, "SinkCorrection", n.Table.Name, out, func() op.Operator { o := c; return &o }, in...)
	v.WantCaughtUp = true
	// New rows wait until the old ones are here, which must not keep an operator that
	// gives both from going on.
	v.Inputs[0].Blocking = v.SharesAncestor()
	return dag.Port{V: v, Dist: plan.Dist{Kind: plan.Hashed, Keys: key}}
}

// correcting is the node of that vertex. Whoever writes to the table next goes on
// with what it holds, so it is named by the table alone.
type correcting struct{ *Node }

// Of gives the sink of whose vertices n is the node.
func Of(n plan.Node) plan.Node {
	if c, ok := n.(*correcting); ok {
		return c.Node
	}
	return n
}

// Inputs are none of its own.
func (c *correcting) Inputs() []plan.Node { return nil }

// LastingInputs are none.
func (c *correcting) LastingInputs() []plan.Node { return nil }

// GraphPart is none.
func (c *correcting) GraphPart() int { return 0 }

// AddressText names the table and the rows that are held.
func (c *correcting) AddressText() string {
	text := c.Table.Name
	for _, f := range c.Fields() {
		text += "," + f.Type.AsNullable().String()
	}
	return text
}

// correction holds the rows that the table has from before an edit until the new
// query gives them, or others of their key, and takes back what is left when that has
// caught up. The old rows (input 1) are read first.
type correction struct {
	key    []int
	out    []types.Type
	before bool // -U rows are wanted
	multi  bool // there is no key: rows are told apart by all they are, and counted

	c       *op.Context
	table   *state.Table
	codec   *vec.Codec
	loading bool
	keys    state.Keys
	refs    []state.Ref
	rows    vec.Rows
	emit    [][]byte
	kinds   []vec.Kind
	batch   *vec.Batch
	rest    *state.Cursor // of what is left, once it goes
}

// oldRow is what is held of a key: the row, and how many of it.
type oldRow struct {
	row   uint64
	count int64
}

var (
	_ op.Operator      = (*correction)(nil)
	_ op.Catcher       = (*correction)(nil)
	_ op.InputPriority = (*correction)(nil)
)

func (o *correction) Open(c *op.Context) error {
	o.c, o.loading = c, len(c.Inputs) > 1
	o.codec, o.batch = vec.NewCodec(o.out), vec.NewBatch(o.out)
	key := make([]types.Type, len(o.key))
	for i, k := range o.key {
		key[i] = o.out[k]
	}
	row := state.Field{Name: "row", Kind: state.FieldRow, Size: 8, Row: state.Columns(o.out), From: state.Origin{Input: 1}}
	o.table = c.State.Table(state.TableSpec{Name: "old rows", Key: key, Fixed: int(unsafe.Sizeof(oldRow{})), HeapRefs: []int{0}, Route: c.Route(0, o.key, 0),
		From: state.Origin{Input: 1, Key: o.key}, Fields: []state.Field{row, {Name: "count", Kind: state.FieldWord, At: 8, Size: 8}}})
	return nil
}

// WantInput is that of the old rows until all are here.
func (o *correction) WantInput() int {
	if o.loading {
		return 1
	}
	return -1
}

func (o *correction) Push(in int, b *vec.Batch) (op.Status, error) {
	switch {
	case in == 1:
		o.load(b)
		return op.Done, nil
	case o.table.Len() == 0:
		if err := o.c.Out.Emit(b); err != nil {
			return op.Done, err
		}
	default:
		if err := o.compare(b); err != nil {
			return op.Done, err
		}
	}
	return o.Resume()
}

// load keeps old rows. Where they are computed again they come as changes, whose parts
// may be out of order.
func (o *correction) load(b *vec.Batch) {
	o.find(b)
	o.table.Upsert(&o.keys, o.refs, nil)
	h := o.table.Heap()
	for i, r := range o.refs {
		e, row := (*oldRow)(o.table.Ptr(r)), o.rows.Row(i)
		switch adds := b.Kind(b.Row(i)).Adds(); {
		case o.multi:
			e.row = h.Put(e.row, row)
			e.count += int64(b.Kind(b.Row(i)).Sign())
		case adds:
			e.row, e.count = h.Put(e.row, row), 1
		case e.row != 0 && bytes.Equal(h.Get(e.row), row):
			e.count = 0
		}
	}
	o.table.Mark(o.refs)
}

// find encodes rows and their keys.
func (o *correction) find(b *vec.Batch) {
	o.keys.Encode(o.table.Codec(), b, o.key)
	o.codec.Encode(&o.rows, b, nil)
	if n := b.Len(); cap(o.refs) < n {
		o.refs = make([]state.Ref, n)
	} else {
		o.refs = o.refs[:n]
	}
}

// compare lets rows pass that the table has not: a row that it has need not be
// written, and one of the same key takes the old one's place.
func (o *correction) compare(b *vec.Batch) error {
	o.find(b)
	o.table.Find(&o.keys, o.refs)
	o.emit, o.kinds = o.emit[:0], o.kinds[:0]
	h := o.table.Heap()
	for i, r := range o.refs {
		k, row := b.Kind(b.Row(i)), o.rows.Row(i)
		e := (*oldRow)(o.table.Ptr(r))
		if e == nil || e.count <= 0 || !k.Adds() {
			o.put(k, row)
			continue
		}
		old := h.Get(e.row)
		switch {
		case bytes.Equal(old, row):
		case o.before:
			o.put(vec.UpdateBefore, old)
			o.put(vec.UpdateAfter, row)
		default:
			o.put(vec.UpdateAfter, row)
		}
		e.count--
	}
	err := o.send()
	o.table.Mark(found(o.refs))
	for _, r := range o.refs {
		if e := (*oldRow)(o.table.Ptr(r)); e != nil && e.count == 0 {
			o.table.Delete(r)
		}
	}
	return err
}

// found gives the references that are to something, in place.
func found(refs []state.Ref) []state.Ref {
	out := make([]state.Ref, 0, len(refs))
	for _, r := range refs {
		if r != state.NoRef {
			out = append(out, r)
		}
	}
	return out
}

func (o *correction) put(k vec.Kind, row []byte) {
	o.emit, o.kinds = append(o.emit, row), append(o.kinds, k)
}

func (o *correction) send() error {
	if len(o.emit) == 0 {
		return nil
	}
	o.batch.Reset()
	o.codec.Decode(o.emit, o.batch.Cols)
	o.batch.N, o.batch.Kinds = len(o.emit), o.kinds
	err := o.c.Out.Emit(o.batch)
	o.batch.Kinds = nil
	return err
}

// CaughtUp: the old rows are here, or all that the new query has so far is written.
func (o *correction) CaughtUp(in int) (op.Status, error) {
	if in == 1 {
		o.loading = false
		return op.Done, nil
	}
	o.rest = &state.Cursor{}
	return o.Resume()
}

// Resume takes back what is left, if it is time, and waits for the receiver.
func (o *correction) Resume() (op.Status, error) {
	for o.rest != nil {
		if o.c.Out.Full() {
			return op.More, nil
		}
		o.refs = o.table.Scan(o.rest, op.BatchRows, o.refs)
		o.emit, o.kinds = o.emit[:0], o.kinds[:0]
		for _, r := range o.refs {
			e := (*oldRow)(o.table.Ptr(r))
			for range max(e.count, 0) {
				o.put(vec.Delete, o.table.Heap().Get(e.row))
			}
		}
		if err := o.send(); err != nil {
			return op.Done, err
		}
		for _, r := range o.refs {
			o.table.Delete(r)
		}
		if o.rest.Done() {
			o.rest = nil
		}
	}
	if o.c.Out.Full() {
		return op.More, nil
	}
	return op.Done, nil
}

func (o *correction) Close() error { return nil }
