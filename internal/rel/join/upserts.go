package join

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/vec"
)

// upserts reports whether a table's changes are told by key: without the old rows of
// updates, or with no more than the key of deleted ones.
func upserts(t *plan.Traits) bool {
	return t.Changes.Has(connector.KeyDeletes) || t.Changes.Has(connector.UpdatesAfter) && !t.Changes.Has(connector.UpdatesBefore)
}

// ofKey reports whether a side that is told by keys can be joined as it comes: then
// what a row replaces is what the join keeps under its key.
func (n *Node) ofKey(c *plan.Context, t *plan.Traits, keys []int) bool {
	if n.Strategy != Regular || c.Batch || n.NullAware || len(keys) == 0 {
		return false
	}
	return slices.ContainsFunc(t.Upsert, func(k []int) bool {
		return len(k) == len(keys) && !slices.ContainsFunc(k, func(c int) bool { return !slices.Contains(keys, c) })
	})
}

// completer makes the changes of a side whole before they are joined: it puts before
// each row the one that it replaces, which the side keeps under the same key, and
// leaves out what changes nothing. With it no ChangelogNormalize need keep the rows a
// second time.
type completer struct {
	side *side
	// every: each change is told. Else only the last of a key in a batch is.
	every bool

	b    *vec.Batch
	at   int // the first counting row that was not taken
	keys state.Keys
	ord  []int32 // counting rows by key, then place
	near []int32 // of each: the row of the same key that comes next (or, with every, that came before), -1 if none
	sel  []int32
	part vec.Batch
	own  state.Keys
	rows vec.Rows

	cursor  state.Probe
	probe   [256]int32
	entries [256]state.Entry
	old     []state.Entry
	data    [][]byte
	kinds   []vec.Kind
	out     *vec.Batch
}

func newCompleter(s *side, every bool) *completer {
	return &completer{side: s, every: every, sel: []int32{}, out: vec.NewBatch(s.types)}
}

// begin takes a batch, which next gives in pieces.
func (c *completer) begin(b *vec.Batch) {
	c.b, c.at = b, 0
	c.side.encode(&c.keys, c.side.list.KeyCodec(), b)
	n := c.keys.Len()
	c.ord, c.near = sized(c.ord, n), sized(c.near, n)
	for i := range c.ord {
		c.ord[i], c.near[i] = int32(i), -1
	}
	slices.SortFunc(c.ord, func(x, y int32) int {
		if r := cmp.Compare(c.keys.Hash(int(x)), c.keys.Hash(int(y))); r != 0 {
			return r
		}
		if r := bytes.Compare(c.keys.Bytes(int(x)), c.keys.Bytes(int(y))); r != 0 {
			return r
		}
		return cmp.Compare(x, y)
	})
	for i := 1; i < n; i++ {
		x, y := c.ord[i-1], c.ord[i]
		switch {
		case c.keys.Hash(int(x)) != c.keys.Hash(int(y)) || !bytes.Equal(c.keys.Bytes(int(x)), c.keys.Bytes(int(y))):
		case c.every:
			c.near[y] = x
		default:
			c.near[x] = y
		}
	}
}

// done reports that all of the batch was given.
func (c *completer) done() bool { return c.b == nil || c.at == c.keys.Len() }

// next gives the changes of the next rows, no two of which have one key.
func (c *completer) next() *vec.Batch {
	c.sel = c.sel[:0]
	start := c.at
	for ; c.at < c.keys.Len(); c.at++ {
		near := c.near[c.at]
		if c.every && int(near) >= start && near >= 0 {
			break
		}
		if c.every || near < 0 {
			c.sel = append(c.sel, int32(c.b.Row(c.at)))
		}
	}
	c.part = vec.Batch{Cols: c.b.Cols, N: c.b.N, Kinds: c.b.Kinds, Sel: c.sel}
	c.find()
	if c.side.keyOnly {
		return c.counted()
	}
	return c.whole()
}

// find looks up what is kept under the keys of part.
func (c *completer) find() {
	c.side.encode(&c.own, c.side.list.KeyCodec(), &c.part)
	c.old = sized(c.old, len(c.sel))
	clear(c.old)
	c.side.list.Probe(&c.cursor, &c.own)
	for {
		n := c.cursor.Next(c.probe[:], c.entries[:])
		if n == 0 {
			return
		}
		for i, at := range c.probe[:n] {
			c.old[at] = c.entries[i]
		}
	}
}

// whole gives the rows of part behind those that they replace.
func (c *completer) whole() *vec.Batch {
	c.side.list.RowCodec().Encode(&c.rows, &c.part, nil)
	c.data, c.kinds = c.data[:0], c.kinds[:0]
	for i, e := range c.old {
		adds := c.part.Kind(int(c.sel[i])).Adds()
		switch {
		case e == 0 && adds:
			c.put(vec.Insert, c.rows.Row(i))
		case e == 0:
		case !adds:
			c.put(vec.Delete, c.side.list.Row(e))
		case c.side.ttlMs > 0 || !bytes.Equal(c.side.list.Row(e), c.rows.Row(i)):
			c.put(vec.UpdateBefore, c.side.list.Row(e))
			c.put(vec.UpdateAfter, c.rows.Row(i))
		}
	}
	c.out.Reset()
	c.side.list.RowCodec().Decode(c.data, c.out.Cols)
	c.out.N, c.out.Kinds = len(c.data), c.kinds
	return c.out
}

func (c *completer) put(k vec.Kind, row []byte) {
	c.data, c.kinds = append(c.data, row), append(c.kinds, k)
}

// counted gives the rows of part whose key comes or goes.
func (c *completer) counted() *vec.Batch {
	kept := c.sel[:0]
	c.kinds = sized(c.kinds, c.b.N)
	for i, r := range c.sel {
		adds := c.part.Kind(int(r)).Adds()
		if adds == (c.old[i] != 0) {
			continue
		}
		if c.kinds[r] = vec.Delete; adds {
			c.kinds[r] = vec.Insert
		}
		kept = append(kept, r)
	}
	c.sel = kept
	c.part.Sel, c.part.Kinds = kept, c.kinds
	return &c.part
}

// Push joins a batch, piece by piece where its side is told by keys.
func (j *regular) Push(in int, b *vec.Batch) (op.Status, error) {
	j.in = in
	if w := j.whole[in]; w != nil {
		w.begin(b)
	} else {
		j.join(b)
	}
	return j.Resume()
}

// Resume goes on joining.
func (j *regular) Resume() (op.Status, error) {
	if j.recalls != nil {
		return j.recall()
	}
	for {
		if j.b != nil {
			done, err := j.walk.step(j.ctx.Fn, j.ctx.Out)
			if err != nil || !done {
				return op.More, err
			}
			j.keep()
			j.b = nil
		}
		if j.ctx.Out.Full() {
			return op.More, nil
		}
		w := j.whole[j.in]
		if w == nil || w.done() {
			return op.Done, nil
		}
		j.join(w.next())
	}
}
