package join

import (
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/vec"
)

// search walks the chains of a probe batch, one link of every row at a time, so
// that the cache misses of different rows overlap. row is a group of the table.
type search struct {
	phys   []int32 // physical row of each probe
	hashes []uint64
	at     []int32 // probes that are still under way
	row    []uint32
	cmp    comparison
	hit    int    // the next pair of cmp that is equal
	within uint32 // how many rows of its group are out
	// found pairs: physical row of the batch and build row.
	probe []int32
	build []int32
	round int  // cross joins: the next build row
	over  bool // all pairs have been found
	// started: this batch has been looked up already.
	started bool
}

// begin looks b's keys up.
func (j *hashJoin) begin(b *vec.Batch) error {
	s := &j.search
	in := &j.spec.in[1-j.spec.build]
	j.b = b
	s.over, s.started, s.round = false, false, 0
	s.cmp.reset()
	s.hit, s.within = 0, 0
	s.phys = s.phys[:0]
	strict := in.mayBeNull(b)
	if strict && j.spec.build == 0 {
		j.noteNulls(b, in)
	}
	for i := range b.Len() {
		if r := b.Row(i); !strict || !in.nullKey(b, r) {
			s.phys = append(s.phys, int32(r))
		}
	}
	if j.spec.build == 0 {
		j.rightAny = true
	}
	if j.tracking() {
		j.matched = sized(j.matched, b.N)
		clear(j.matched)
		if j.parts != nil {
			j.parts.recall(b, j.matched)
		}
	}
	if j.table.cross || len(s.phys) == 0 || j.table.n == 0 {
		s.over = j.table.n == 0 || len(s.phys) == 0
		return nil
	}
	s.hashes = j.table.key.probe(s.hashes, j.keysOf(1-j.spec.build, b), s.phys)
	s.at, s.row = j.table.heads(s.hashes, s.at, s.row)
	return nil
}

// noteNulls remembers that a key of the right side was null.
func (j *hashJoin) noteNulls(b *vec.Batch, in *input) {
	for i := 0; i < b.Len() && !j.rightNull; i++ {
		j.rightNull = in.nullKey(b, b.Row(i))
	}
}

// tracking reports whether it matters which rows of a probe batch matched.
func (j *hashJoin) tracking() bool { return j.probeRole.tracks() }

// lookup finds further pairs, about a batch of them.
func (j *hashJoin) lookup() {
	s, t := &j.search, j.table
	s.probe, s.build = s.probe[:0], s.build[:0]
	if t.cross {
		j.lookupCross()
		return
	}
	for len(s.probe) < op.BatchRows {
		if s.hit < len(s.cmp.hitAt) {
			j.expand()
			continue
		}
		if len(s.at) == 0 {
			break
		}
		s.cmp.reset()
		s.hit = 0
		t.key.compare(s.at, s.row, &s.cmp)
		s.at, s.row = t.advance(s.cmp.missAt, s.cmp.missRow, s.at[:0], s.row[:0])
	}
	s.over = len(s.at) == 0 && s.hit == len(s.cmp.hitAt)
}

// expand turns groups that were hit into pairs with their rows, up to a batch.
func (j *hashJoin) expand() {
	s, t := &j.search, j.table
	one := t.unique || j.firstSuffices()
	for ; s.hit < len(s.cmp.hitAt) && len(s.probe) < op.BatchRows; s.hit++ {
		r := s.phys[s.cmp.hitAt[s.hit]]
		from, to := t.span(s.cmp.hitRow[s.hit])
		if one {
			s.probe, s.build = append(s.probe, r), append(s.build, int32(from))
			continue
		}
		if s.within > 0 && (j.probeRole.semi || j.probeRole.anti) && j.matched[r] {
			s.within = 0
			continue
		}
		from += s.within
		n := min(to-from, uint32(op.BatchRows-len(s.probe)))
		for x := from; x < from+n; x++ {
			s.probe, s.build = append(s.probe, r), append(s.build, int32(x))
		}
		if s.within += n; from+n < to {
			return
		}
		s.within = 0
	}
}

// drop ends the search of the rows that have their match.
func (s *search) drop(matched []bool) {
	k := 0
	for i, a := range s.at {
		if !matched[s.phys[a]] {
			s.at[k], s.row[k] = a, s.row[i]
			k++
		}
	}
	s.at, s.row = s.at[:k], s.row[:k]
}

// firstSuffices reports that a row's further matches change nothing.
func (j *hashJoin) firstSuffices() bool {
	r := j.probeRole
	return (r.semi || r.anti) && j.cond.filter == nil
}

// lookupCross pairs all probes with one build row after another.
func (j *hashJoin) lookupCross() {
	s := &j.search
	for s.round < j.table.n && len(s.probe) < op.BatchRows {
		for _, r := range s.phys {
			s.probe, s.build = append(s.probe, r), append(s.build, int32(s.round))
		}
		s.round++
	}
	s.over = s.round == j.table.n
}

// probe takes the batch a step on: it emits at most one batch.
func (j *hashJoin) probe() error {
	s := &j.search
	if s.over {
		return j.finishProbe()
	}
	first := !s.started
	s.started = true
	j.lookup()
	if err := j.restrict(); err != nil {
		return err
	}
	j.note()
	if j.probeRole.semi || j.probeRole.anti {
		s.drop(j.matched)
	}
	if !j.probeRole.pairs || len(s.probe) == 0 && !j.probeRole.pad {
		return nil
	}
	if first && s.over && j.table.unique && !j.table.cross && !j.inBlocks() && j.out.canEmitBeside(len(s.probe), j.b, j.probeRole.pad) {
		b := j.b
		j.b = nil
		return j.out.emitBeside(j.ctx.Out, b, s.probe, s.build, j.probeRole.pad)
	}
	j.out.pairs(j.b, s.probe, s.build)
	return j.out.emitFull(j.ctx.Out)
}

// note remembers which rows of both sides have found a match.
func (j *hashJoin) note() {
	s := &j.search
	if j.tracking() {
		for _, r := range s.probe {
			j.matched[r] = true
		}
	}
	if j.marking {
		for _, r := range s.build {
			j.marks[r] = true
		}
	}
}

// restrict drops the pairs that fail the rest of the condition.
func (j *hashJoin) restrict() error {
	s, c := &j.search, j.cond
	if c.filter == nil || len(s.probe) == 0 {
		return nil
	}
	p := 1 - j.spec.build
	for _, i := range c.use[p] {
		j.b.Cols[i].Gather(c.col(p, i), s.probe)
	}
	for _, i := range c.use[1-p] {
		j.table.cols[i].gather(c.col(1-p, i), s.build, false, &j.zero)
	}
	c.cand.N = len(s.probe)
	pass, err := c.filter.Select(j.ctx.Fn, &c.cand, c.pass)
	if err != nil {
		return err
	}
	c.pass = pass
	for k, i := range pass {
		s.probe[k], s.build[k] = s.probe[i], s.build[i]
	}
	s.probe, s.build = s.probe[:len(pass)], s.build[:len(pass)]
	return nil
}

// finishProbe emits what the batch's rows give beyond their matches.
func (j *hashJoin) finishProbe() error {
	b, r := j.b, j.probeRole
	j.b = nil
	if !r.tracks() {
		return nil
	}
	if j.later() {
		j.parts.note(b, j.matched)
		return nil
	}
	if r.anti && j.spec.nullAware && j.rightNull {
		return nil // every comparison may be with a null
	}
	in := &j.spec.in[1-j.spec.build]
	dropNulls := r.anti && j.spec.nullAware && j.rightAny
	j.sel = j.sel[:0]
	for i := range b.Len() {
		x := b.Row(i)
		if j.matched[x] == r.semi && !(dropNulls && in.nullKey(b, x)) {
			j.sel = append(j.sel, int32(x))
		}
	}
	if len(j.sel) == 0 {
		return nil
	}
	if r.pad {
		j.out.pairs(b, j.sel, nil)
		return j.out.emitFull(j.ctx.Out)
	}
	j.batch = vec.Batch{Cols: b.Cols, Sel: j.sel, N: b.N}
	if len(j.sel) == b.N {
		j.batch.Sel = nil
	}
	return j.ctx.Out.Emit(&j.batch)
}

// drainSome emits build rows that are due when the probe side has ended: those
// without a match, with nulls beside them; for semi and anti joins those with
// or without.
func (j *hashJoin) drainSome() error {
	r := j.probeRole
	matched := r.flips && !r.flipAnti
	dropAll := j.spec.nullAware && j.rightNull
	dropNulls := j.spec.nullAware && j.rightAny
	j.sel = j.sel[:0]
	for ; j.drain < j.table.n && len(j.sel) < op.BatchRows; j.drain++ {
		if j.marks[j.drain] == matched && !dropAll && (!dropNulls || j.table.hasKey(j.drain)) {
			j.sel = append(j.sel, int32(j.drain))
		}
	}
	if len(j.sel) == 0 {
		return nil
	}
	j.out.pairs(nil, nil, j.sel)
	return j.out.emitFull(j.ctx.Out)
}
