package topn

import (
	"bytes"
	"encoding/binary"

	"github.com/weir-stream/weir/internal/spill"
	"github.com/weir-stream/weir/internal/vec"
)

// A run is rows in order in blocks on disk. An entry is the lengths of the sort
// key, of the part of it by which rows belong together, and of the row, 4 bytes
// each, then key and row.
type run struct {
	blocks []spill.Extent
	level  int
}

// runBlock is the size of a block, which the last entry may exceed.
const runBlock = 64 << 10

func (r *run) free(b *spill.Budget) {
	for _, e := range r.blocks {
		b.Free(e)
	}
	r.blocks = nil
}

// runWriter writes one run after the other.
type runWriter struct {
	budget *spill.Budget
	codec  *vec.Codec
	whole  int // keys by which rows belong together
	block  []byte
	cur    run
	rows   vec.Rows
	key    []byte
}

// write makes a run of rows order of b.
func (w *runWriter) write(b *vec.Batch, order []int32, ord *Order) (*run, error) {
	const step = 4096
	for from := 0; from < len(order); from += step {
		sel := order[from:min(from+step, len(order))]
		w.codec.EncodeVectors(&w.rows, b.Cols, sel, len(sel))
		for i, r := range sel {
			first, rest := Order{Keys: ord.Keys[:w.whole]}, Order{Keys: ord.Keys[w.whole:]}
			w.key = first.AppendKey(w.key[:0], b, int(r))
			whole := len(w.key)
			w.key = rest.AppendKey(w.key, b, int(r))
			if err := w.add(entry{w.key, w.rows.Row(i), whole}); err != nil {
				return nil, err
			}
		}
	}
	return w.end()
}

func (w *runWriter) add(e entry) error {
	w.block = binary.LittleEndian.AppendUint32(w.block, uint32(len(e.key)))
	w.block = binary.LittleEndian.AppendUint32(w.block, uint32(e.whole))
	w.block = binary.LittleEndian.AppendUint32(w.block, uint32(len(e.row)))
	w.block = append(append(w.block, e.key...), e.row...)
	if len(w.block) < runBlock {
		return nil
	}
	return w.flush()
}

func (w *runWriter) flush() error {
	if len(w.block) == 0 {
		return nil
	}
	x, err := w.budget.Write(w.block)
	w.cur.blocks, w.block = append(w.cur.blocks, x), w.block[:0]
	return err
}

func (w *runWriter) end() (*run, error) {
	err := w.flush()
	r := w.cur
	w.cur = run{}
	return &r, err
}

// entry is a row with its sort key.
type entry struct {
	key, row []byte
	whole    int // bytes of the key by which rows belong together
}

// runReader reads a run.
type runReader struct {
	run  *run
	next int // block
	buf  []byte
	rest []byte
	cur  entry
	seq  int // earlier runs have earlier rows
}

// advance turns to the next entry; false at the end.
func (r *runReader) advance(b *spill.Budget) (bool, error) {
	if len(r.rest) == 0 {
		if r.next == len(r.run.blocks) {
			return false, nil
		}
		var err error
		if r.buf, err = b.Read(r.run.blocks[r.next], r.buf); err != nil {
			return false, err
		}
		r.rest = r.buf
		r.next++
	}
	k, whole, n := binary.LittleEndian.Uint32(r.rest), binary.LittleEndian.Uint32(r.rest[4:]), binary.LittleEndian.Uint32(r.rest[8:])
	r.rest = r.rest[12:]
	r.cur = entry{r.rest[:k], r.rest[k : k+n], int(whole)}
	r.rest = r.rest[k+n:]
	return true, nil
}

// merge is a heap of runs by their next entries.
type merge struct {
	budget *spill.Budget
	heap   []*runReader
}

func newMerge(b *spill.Budget, runs []*run) (*merge, error) {
	m := &merge{budget: b}
	for i, r := range runs {
		x := &runReader{run: r, seq: i}
		ok, err := x.advance(b)
		if err != nil {
			return nil, err
		}
		if ok {
			m.heap = append(m.heap, x)
		}
	}
	for i := len(m.heap)/2 - 1; i >= 0; i-- {
		m.down(i)
	}
	return m, nil
}

// top gives the least entry, which is valid until pop.
func (m *merge) top() (entry, bool) {
	if len(m.heap) == 0 {
		return entry{}, false
	}
	return m.heap[0].cur, true
}

// pop turns to the next entry.
func (m *merge) pop() error {
	ok, err := m.heap[0].advance(m.budget)
	if !ok {
		n := len(m.heap) - 1
		m.heap[0] = m.heap[n]
		m.heap = m.heap[:n]
	}
	m.down(0)
	return err
}

func (m *merge) less(i, j int) bool {
	x, y := m.heap[i], m.heap[j]
	if c := bytes.Compare(x.cur.key, y.cur.key); c != 0 {
		return c < 0
	}
	return x.seq < y.seq
}

func (m *merge) down(i int) {
	for {
		c := 2*i + 1
		if c >= len(m.heap) {
			return
		}
		if c+1 < len(m.heap) && m.less(c+1, c) {
			c++
		}
		if !m.less(c, i) {
			return
		}
		m.heap[i], m.heap[c] = m.heap[c], m.heap[i]
		i = c
	}
}
