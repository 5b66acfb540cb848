package join

import (
	"github.com/weir-stream/weir/internal/spill"
	"github.com/weir-stream/weir/internal/spool"
	"github.com/weir-stream/weir/internal/vec"
)

// block is the state of a part that is joined in blocks: its rows have one key, or
// the join has none, so that no hash tells them apart. As many rows of the build
// side as fit into memory are a block, and all of the probe side goes past each (a
// block nested loop join). What a probe row gives beside its matches is known when
// the last block has passed.
type block struct {
	rest *spool.Cursor // build rows of later blocks; nil if this is the last one
	// seen is a bit for each probe row that has found a match in an earlier block;
	// nil if there is one block, or nobody asks. Slabs spill.
	seen   *spill.Slab
	budget *spill.Budget
	from   int // probe rows before those of the batch at hand
	next   int // ... and of the next one
}

// beginBlock makes ready for another pass over the probe side.
func (j *hashJoin) beginBlock() {
	p := j.parts
	p.from, p.next = 0, 0
	if p.rest != nil && p.seen == nil && j.tracking() {
		p.budget = j.ctx.State.Memory()
		p.seen = p.budget.Map((p.cur.probe.Rows() + 7) / 8)
	}
}

// later reports whether what b's rows give beside matches must wait for blocks to
// come.
func (j *hashJoin) later() bool { return j.parts != nil && j.parts.rest != nil }

// inBlocks reports whether what the rows of the probe side give beside matches goes
// by more than one block.
func (j *hashJoin) inBlocks() bool { return j.parts != nil && j.parts.seen != nil }

// recall takes up what earlier blocks have found for the rows of b, in matched.
func (x *block) recall(b *vec.Batch, matched []bool) {
	x.from, x.next = x.next, x.next+b.Len()
	if x.seen == nil {
		return
	}
	for i := range b.Len() {
		at := x.from + i
		matched[b.Row(i)] = x.seen.Mem[at>>3]>>(at&7)&1 != 0
	}
}

// note keeps for later blocks what has been found for the rows of b.
func (x *block) note(b *vec.Batch, matched []bool) {
	for i := range b.Len() {
		if at := x.from + i; matched[b.Row(i)] {
			x.seen.Mem[at>>3] |= 1 << (at & 7)
		}
	}
}

// end forgets the part.
func (x *block) end() {
	if x.seen != nil {
		x.budget.Unmap(x.seen)
	}
	x.rest, x.seen = nil, nil
}
