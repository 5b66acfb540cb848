package join

import (
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/spool"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// When the build side of a hash join does not fit into memory, both inputs are
// spread by the hash of their keys over parts that wait on disk, and one part is
// joined after the other as if there were nothing else. A part that is too large
// by itself is spread again by other bits. (This is the hybrid of a hash join in
// memory and GRACE: nothing is written before memory is short.)

// partBits is the bits of the hash that one level goes by, partLevels how often a
// part may be spread: what is too large then has too many rows of one key, and is
// joined in blocks (see block.go).
const (
	partBits   = 5
	partLevels = 3
	partShift  = 12 // the least bit that counts; a table's directory goes by the top ones
)

// part is rows of both inputs whose hashes agree.
type part struct {
	build, probe *spool.Batches
	level        int // how often it has been spread
}

// parts is what a hash join has on disk.
type parts struct {
	todo []part // level 1 while inputs are read: one for each value of the bits
	cur  part   // being joined
	read *spool.Cursor
	run  bool // both inputs have ended
	block

	want []int        // columns of the build side that are kept
	kept []types.Type // a row on disk: those columns, the keys, whether a key is null
	cols vec.Batch    // scratch
	view vec.Batch
	phys []int32
	hash []uint64
	sels [1 << partBits][]int32
}

// memoryFor reserves what the table has come to. small tables may always grow.
func (j *hashJoin) memoryFor(least bool) bool {
	n := j.table.bytes() + 16*int64(j.table.n) // grouping takes that
	m := j.ctx.State.Memory()
	if delta := n - j.held; !least && n > m.Limit()/32 && !m.Fits(delta) || j.ctx.State.Reserve(delta) != nil {
		return false
	}
	j.held = n
	return true
}

// spread begins with parts: the rows in the table go to them.
func (j *hashJoin) spread() error {
	in := &j.spec.in[j.spec.build]
	p := &parts{}
	for i, c := range j.table.cols {
		if c != nil {
			p.want, p.kept = append(p.want, i), append(p.kept, c.t)
		}
	}
	p.kept = append(append(p.kept, pick(in.types, in.keys)...), types.Of(types.Boolean))
	j.parts = p
	if j.table.cross {
		p.todo = j.split(1, partLevels)
	} else {
		p.todo = j.split(1<<partBits, 1)
	}
	return j.unload(p.todo)
}

// split makes n empty parts.
func (j *hashJoin) split(n, level int) []part {
	m := j.ctx.State.Memory()
	build, probe := spool.NewPacker(m, j.parts.kept), spool.NewPacker(m, j.spec.in[1-j.spec.build].types)
	out := make([]part, n)
	for i := range out {
		out[i] = part{build.Batches(), probe.Batches(), level}
	}
	return out
}

// unload moves the rows of the table, which has no index yet, to parts.
func (j *hashJoin) unload(to []part) error {
	p := j.parts
	b := vec.NewBatch(p.kept)
	var at []int32
	for from := 0; from < j.table.n; from += op.BatchRows {
		b.Reset()
		at = at[:0]
		for r := from; r < min(from+op.BatchRows, j.table.n); r++ {
			at = append(at, int32(r))
		}
		for k, i := range p.want {
			j.table.cols[i].gather(b.Cols[k], at, false, &j.zero)
		}
		keys := b.Cols[len(p.want) : len(b.Cols)-1]
		if j.table.key != nil {
			j.table.key.decode(keys, at)
		}
		none := b.Cols[len(b.Cols)-1]
		for _, r := range at {
			none.AppendValue(!j.table.present(int(r)))
		}
		b.N = len(at)
		if err := p.route(j.table.key, b, keys, to, true); err != nil {
			return err
		}
	}
	j.table.release()
	return j.reserve(0)
}

// of gives the rows of one input.
func (x part) of(build bool) *spool.Batches {
	if build {
		return x.build
	}
	return x.probe
}

// route adds the counting rows of b to parts by their keys.
func (p *parts) route(keys tableKeys, b *vec.Batch, vs []*vec.Vector, to []part, build bool) error {
	if keys == nil {
		return to[0].of(build).Add(b)
	}
	p.phys = p.phys[:0]
	for i := range b.Len() {
		p.phys = append(p.phys, int32(b.Row(i)))
	}
	p.hash = keys.probe(p.hash, vs, p.phys)
	for i := range p.sels {
		p.sels[i] = p.sels[i][:0]
	}
	shift := partShift + partBits*(to[0].level-1)
	for i, h := range p.hash {
		k := h >> shift & (1<<partBits - 1)
		p.sels[k] = append(p.sels[k], p.phys[i])
	}
	for k, sel := range p.sels {
		if len(sel) == 0 {
			continue
		}
		p.view = vec.Batch{Cols: b.Cols, Sel: sel, N: b.N}
		if err := to[k].of(build).Add(&p.view); err != nil {
			return err
		}
	}
	return nil
}

// partBuild takes rows of the build side that is being read.
func (j *hashJoin) partBuild(b *vec.Batch, keys []*vec.Vector, sel []int32, none []bool) error {
	p := j.parts
	flags := vec.New(types.Of(types.Boolean), b.N)
	for i, x := range none {
		flags.B[sel[i]] = x
	}
	p.cols.Cols = p.cols.Cols[:0]
	for _, i := range p.want {
		p.cols.Cols = append(p.cols.Cols, b.Cols[i])
	}
	p.cols.Cols = append(append(p.cols.Cols, keys...), flags)
	p.cols.Sel, p.cols.N = sel, b.N
	return p.route(j.table.key, &p.cols, keys, p.todo, true)
}

// partProbe takes rows of the probe side.
func (j *hashJoin) partProbe(b *vec.Batch) error {
	probe := 1 - j.spec.build
	if in := &j.spec.in[probe]; j.spec.build == 0 {
		j.rightAny = true
		if in.mayBeNull(b) {
			j.noteNulls(b, in)
		}
	}
	return j.parts.route(j.table.key, b, j.keysOf(probe, b), j.parts.todo, false)
}

// nextPart turns to the next part, or block of a part; false if there is none.
func (j *hashJoin) nextPart() (bool, error) {
	p := j.parts
	build := p.rest
	if p.rest = nil; build == nil && !p.turn() {
		return false, nil
	}
	if build == nil {
		build = p.cur.build.Read()
	}
	j.clear()
	last := p.cur.level == partLevels
	for {
		b, err := build.Next()
		if err != nil {
			return false, err
		}
		if b == nil {
			break
		}
		j.load(b)
		if j.memoryFor(!last) {
			continue
		}
		if !last {
			return true, j.respread(build)
		}
		if build.More() {
			p.rest = build
			break
		}
	}
	j.ready()
	p.read = p.cur.probe.Read()
	j.beginBlock()
	return true, nil
}

// turn makes the next part that has rows the one at hand; false if there is none.
func (p *parts) turn() bool {
	p.end()
	p.free(p.cur)
	p.cur = part{}
	for p.cur.build == nil || p.cur.build.Len()+p.cur.probe.Len() == 0 {
		if len(p.todo) == 0 {
			return false
		}
		p.cur = p.todo[len(p.todo)-1]
		p.todo = p.todo[:len(p.todo)-1]
	}
	return true
}

// load adds rows of a part to the table.
func (j *hashJoin) load(b *vec.Batch) {
	p := j.parts
	cols := make([]*vec.Vector, len(j.table.cols))
	for k, i := range p.want {
		cols[i] = b.Cols[k]
	}
	none := b.Cols[len(b.Cols)-1].B[:b.N]
	j.table.add(&vec.Batch{Cols: cols, N: b.N}, b.Cols[len(p.want):len(b.Cols)-1], b.Sel, none)
}

// respread parts the part at hand again: what the table has of it, what build has
// left, and the other side.
func (j *hashJoin) respread(build *spool.Cursor) error {
	p := j.parts
	to := j.split(1<<partBits, p.cur.level+1)
	p.todo = append(p.todo, to...)
	if err := j.unload(to); err != nil {
		return err
	}
	for {
		b, err := build.Next()
		if err != nil {
			return err
		}
		if b == nil {
			break
		}
		if err := p.route(j.table.key, b, b.Cols[len(p.want):len(b.Cols)-1], to, true); err != nil {
			return err
		}
	}
	for probe := p.cur.probe.Read(); ; {
		b, err := probe.Next()
		if b == nil || err != nil {
			return err
		}
		if err := p.route(j.table.key, b, j.keysOf(1-j.spec.build, b), to, false); err != nil {
			return err
		}
	}
}

// probePart takes the next batch of the part at hand.
func (j *hashJoin) probePart() error {
	b, err := j.parts.read.Next()
	if err != nil {
		return err
	}
	if b == nil {
		j.parts.read, j.drain = nil, 0
		return nil
	}
	return j.begin(b)
}

func (p *parts) free(x part) {
	if x.build != nil {
		x.build.Clear()
		x.probe.Clear()
	}
}

func (p *parts) close() {
	p.end()
	p.free(p.cur)
	for _, x := range p.todo {
		p.free(x)
	}
	p.todo, p.cur = nil, part{}
}

// release empties the table and gives its memory to the collector.
func (t *buildTable) release() {
	t.reset()
	for _, c := range t.cols {
		if c != nil {
			c.v = vec.New(c.v.Type, 0)
		}
	}
	if t.key != nil {
		t.key.release()
	}
	t.dir, t.next, t.hashes = nil, nil, nil
}

func (k *intKeys) release() { k.keys = nil }

// decode appends the stored keys at to out.
func (k *intKeys) decode(out []*vec.Vector, at []int32) {
	for _, r := range at {
		x := k.keys[r]
		switch v := out[0]; v.Type.Phys() {
		case types.PI64:
			v.I64 = append(v.I64, x)
		case types.PI32:
			v.I32 = append(v.I32, int32(x))
		case types.PI16:
			v.I16 = append(v.I16, int16(x))
		default:
			v.I8 = append(v.I8, int8(x))
		}
		out[0].Extend(1)
	}
}

func (k *byteKeys) release() { k.fixed, k.refs, k.text = nil, nil, arena{} }

func (k *byteKeys) decode(out []*vec.Vector, at []int32) {
	raw := make([][]byte, len(at))
	for i, r := range at {
		raw[i] = []byte(k.key(uint32(r)))
	}
	k.codec.Decode(raw, out)
}
