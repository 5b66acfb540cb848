package spool

import (
	"encoding/binary"

	"github.com/weir-stream/weir/internal/spill"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Item is a batch that waits. The zero Item is none.
type Item struct {
	b    *vec.Batch
	held int64 // bytes reserved for b
	at   spill.Extent
}

// Packer puts batches of one row type away and brings them back. Whoever does
// one of the two has a Packer of their own.
type Packer struct {
	budget *spill.Budget
	types  []types.Type
	codec  *vec.Codec
	rows   vec.Rows
	buf    []byte
	raw    [][]byte
}

// NewPacker gives a Packer for rows of the given types.
func NewPacker(b *spill.Budget, ts []types.Type) *Packer {
	return &Packer{budget: b, types: ts, codec: vec.NewCodec(ts)}
}

// Keep puts a batch away, which is the Item's from now on.
func (p *Packer) Keep(b *vec.Batch) (Item, error) {
	if n := int64(b.Bytes()); p.budget.Fits(n) && p.budget.Reserve(n) == nil {
		return Item{b: b, held: n}, nil
	}
	return p.write(b)
}

// copied is Keep for a batch that stays its owner's.
func (p *Packer) copied(b *vec.Batch) (Item, error) {
	if p.budget.Fits(int64(b.Bytes())) {
		return p.Keep(b.Clone())
	}
	return p.write(b)
}

func (p *Packer) write(b *vec.Batch) (Item, error) {
	at, err := p.budget.Write(p.pack(b))
	return Item{at: at}, err
}

// Peek gives the batch of an item, which may be asked for again. What is read
// from a file goes to into, or to a batch of its own if that is nil.
func (p *Packer) Peek(it Item, into *vec.Batch) (*vec.Batch, error) {
	if it.b != nil {
		return it.b, nil
	}
	var err error
	if p.buf, err = p.budget.Read(it.at, p.buf); err != nil {
		return nil, err
	}
	if into == nil {
		into = vec.NewBatch(p.types)
	}
	into.Reset()
	p.unpack(p.buf, into)
	return into, nil
}

// Free gives back what an item takes. A batch in memory stays with whoever has
// it.
func (p *Packer) Free(it Item) {
	if it.b != nil {
		_ = p.budget.Reserve(-it.held) // giving back is never denied
		return
	}
	p.budget.Free(it.at)
}

// Pack encodes the counting rows of a batch. The bytes are valid until the next call.
func (p *Packer) Pack(b *vec.Batch) []byte { return p.pack(b) }

// Unpack adds the rows that Pack encoded to an empty batch.
func (p *Packer) Unpack(src []byte, b *vec.Batch) { p.unpack(src, b) }

// pack encodes the counting rows: their number, whether there are kinds, those,
// the lengths of the rows, and the rows.
func (p *Packer) pack(b *vec.Batch) []byte {
	p.codec.Encode(&p.rows, b, nil)
	n := p.rows.Len()
	buf := binary.LittleEndian.AppendUint32(p.buf[:0], uint32(n))
	if b.Kinds == nil {
		buf = append(buf, 0)
	} else {
		buf = append(buf, 1)
		for i := range n {
			buf = append(buf, byte(b.Kind(b.Row(i))))
		}
	}
	for i := range n {
		buf = binary.LittleEndian.AppendUint32(buf, uint32(len(p.rows.Row(i))))
	}
	p.buf = append(buf, p.rows.Data...)
	return p.buf
}

func (p *Packer) unpack(src []byte, b *vec.Batch) {
	n := int(binary.LittleEndian.Uint32(src))
	kinds := src[4] == 1
	src = src[5:]
	k := src
	if kinds {
		src = src[n:]
	}
	p.raw = p.raw[:0]
	data := src[4*n:]
	for i := range n {
		l := binary.LittleEndian.Uint32(src[4*i:])
		p.raw = append(p.raw, data[:l])
		data = data[l:]
	}
	p.codec.Decode(p.raw, b.Cols)
	b.N = n
	if kinds {
		for _, x := range k[:n] {
			b.Kinds = append(b.Kinds, vec.Kind(x))
		}
	}
}
