package state

import (
	"math/bits"
	"sync"
)

// Pieces are the buffers that the tables of a job write deltas into, used again
// once what they held is durable: to grow one anew costs more than to fill it. A
// long delta is a row of pieces, so that nothing is copied while it grows. A nil
// Pieces gives new ones each time.
type Pieces struct {
	mu   sync.Mutex
	free [pieceClasses][][]byte
}

const (
	pieceShift   = 20
	pieceBytes   = 1 << pieceShift // the longest that is used again
	pieceLeast   = 1 << 9
	pieceClasses = 12 // doubling from pieceLeast to pieceBytes

	// keptPieces bounds how many of a size wait to be used again.
	keptPieces = 256
)

// pieceClass is the least class whose pieces hold n bytes.
func pieceClass(n int) int { return bits.Len(uint(max(n, pieceLeast)-1)) - bits.Len(pieceLeast-1) }

// get gives an empty buffer with room for n bytes.
func (p *Pieces) get(n int) []byte {
	c := pieceClass(n)
	if c >= pieceClasses {
		return make([]byte, 0, n)
	}
	if p != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		if f := p.free[c]; len(f) > 0 {
			p.free[c] = f[:len(f)-1]
			return f[len(f)-1]
		}
	}
	return make([]byte, 0, pieceLeast<<c)
}

func (p *Pieces) put(b []byte) {
	c := pieceClass(cap(b))
	if p == nil || c >= pieceClasses || cap(b) != pieceLeast<<c {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.free[c]) < keptPieces {
		p.free[c] = append(p.free[c], b[:0])
	}
}

// Delta is what TakeDelta gives: no Data if nothing has changed.
type Delta struct {
	Data []byte
	More [][]byte // what follows Data, in pieces that hold whole changes

	first []byte // the piece that Data lies in
}

// Len is the bytes of all of it.
func (d *Delta) Len() int64 {
	n := int64(len(d.Data))
	for _, b := range d.More {
		n += int64(len(b))
	}
	return n
}

// Release gives the pieces of a delta back.
func (p *Pieces) Release(d *Delta) {
	p.put(d.first)
	for _, b := range d.More {
		p.put(b)
	}
	*d = Delta{}
}
