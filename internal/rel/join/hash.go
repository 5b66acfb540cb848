package join

import (
	"fmt"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// hashSpec is what the batch hash join is made of.
type hashSpec struct {
	typ   Type
	build int // the input that is read first and held
	in    [2]input
	rest  expr.Expr
	// nullAware: the anti join of NOT IN over one key.
	nullAware bool
	zone      *types.Zone
}

// hashJoin reads one input into a table and streams the other past it. Probe
// batches that find at most one match a row go on as they are with the build
// columns beside them; others are gathered into full batches.
type hashJoin struct {
	spec  hashSpec
	ctx   *op.Context
	table *buildTable
	out   *joined
	cond  *condition
	built bool
	held  int64  // bytes reserved
	parts *parts // on disk; nil while all is in memory

	probeRole role
	marking   bool   // which build rows found a match matters
	marks     []bool // of each build row
	rightNull bool   // null-aware, build left: a null among the right keys
	rightAny  bool   // ... and any row at all

	b       *vec.Batch // the probe batch being joined; nil when there is none
	search  search
	matched []bool // of each physical row of b
	drain   int    // next build row to emit at the end; -1 = not there yet
	flushed bool

	keyVecs []*vec.Vector
	sel     []int32
	noKey   []bool
	zero    []int32
	batch   vec.Batch
}

func newHashJoin(s hashSpec) *hashJoin { return &hashJoin{spec: s, drain: -1, sel: []int32{}} }

func (j *hashJoin) Open(c *op.Context) error {
	j.ctx = c
	s := &j.spec
	cond, err := newCondition(s.rest, s.in[0].types, s.in[1].types, s.zone)
	if err != nil {
		return err
	}
	j.cond = cond
	j.probeRole = roleOf(s.typ, 1-s.build)
	j.marking = j.probeRole.counts()
	build := &s.in[s.build]
	want := make([]bool, len(build.types))
	for i := range want {
		want[i] = j.probeRole.pairs || j.probeRole.flips
	}
	for _, i := range cond.use[s.build] {
		want[i] = true
	}
	j.table = newBuildTable(build.types, want, pick(build.types, build.keys), len(build.strict) < len(build.keys))
	l, r := outTypes(s.typ, s.in)
	j.out = newJoined(l, r, s.build, j.table)
	return nil
}

// WantInput asks for the build side first.
func (j *hashJoin) WantInput() int {
	if !j.built {
		return j.spec.build
	}
	return 1 - j.spec.build
}

func (j *hashJoin) Push(in int, b *vec.Batch) (op.Status, error) {
	if in == j.spec.build {
		return op.Done, j.addBuild(b)
	}
	if b.Len() == 0 {
		return op.Done, nil
	}
	if err := j.takeProbe(b); err != nil {
		return op.Done, err
	}
	return j.Resume()
}

// takeProbe begins with rows of the probe side, or keeps them for their parts.
func (j *hashJoin) takeProbe(b *vec.Batch) error {
	if j.parts != nil {
		return j.partProbe(b)
	}
	return j.begin(b)
}

// keysOf gives the key columns of b, which came from input in.
func (j *hashJoin) keysOf(in int, b *vec.Batch) []*vec.Vector {
	j.keyVecs = j.keyVecs[:0]
	for _, c := range j.spec.in[in].keys {
		j.keyVecs = append(j.keyVecs, b.Cols[c])
	}
	return j.keyVecs
}

func (j *hashJoin) addBuild(b *vec.Batch) error {
	in := &j.spec.in[j.spec.build]
	sel, none := b.Sel, []bool(nil)
	if j.spec.build == 1 {
		j.rightAny = j.rightAny || b.Len() > 0
	}
	if in.mayBeNull(b) {
		if j.spec.build == 1 {
			j.noteNulls(b, in)
		}
		sel, none = j.splitNulls(b, in)
	}
	if sel != nil && len(sel) == 0 {
		return nil
	}
	keys := j.keysOf(j.spec.build, b)
	if j.parts != nil {
		return j.partBuild(b, keys, sel, none)
	}
	j.table.add(b, keys, sel, none)
	if j.memoryFor(false) {
		return nil
	}
	return j.spread()
}

// splitNulls leaves rows out whose key holds a null, unless they are needed at
// the end: then they are told in none.
func (j *hashJoin) splitNulls(b *vec.Batch, in *input) (sel []int32, none []bool) {
	j.sel, j.noKey = j.sel[:0], j.noKey[:0]
	keep := j.marking
	for i := range b.Len() {
		r := b.Row(i)
		null := in.nullKey(b, r)
		if !null || keep {
			j.sel, j.noKey = append(j.sel, int32(r)), append(j.noKey, null)
		}
	}
	return j.sel, j.noKey
}

// reserve accounts for the bytes that the build side holds.
func (j *hashJoin) reserve(n int64) error {
	delta := n - j.held
	if delta == 0 {
		return nil
	}
	if err := j.ctx.State.Reserve(delta); err != nil {
		return fmt.Errorf("the side of a hash join that is held in memory has come to %d MB in one subtask: %w", n>>20, err)
	}
	j.held = n
	return nil
}

// EndInput makes the index when the build side has ended, and emits what the
// build side still owes when both have.
func (j *hashJoin) EndInput(in int) (op.Status, error) {
	if in == j.spec.build {
		j.endBuild()
		return op.Done, nil
	}
	j.endProbe()
	return j.Resume()
}

// endBuild ends the build side.
func (j *hashJoin) endBuild() {
	if j.built = true; j.parts == nil {
		j.ready()
	}
}

// endProbe ends the probe side: what remains is to be emitted.
func (j *hashJoin) endProbe() {
	if j.parts != nil {
		j.parts.run = true
	} else {
		j.drain = 0
	}
}

// ready makes the index.
func (j *hashJoin) ready() {
	j.table.finish()
	j.built = true
	if j.marking {
		j.marks = sized(j.marks, j.table.n)
		clear(j.marks)
	}
}

func (j *hashJoin) Resume() (op.Status, error) {
	for {
		if j.ctx.Out.Full() {
			return op.More, nil
		}
		done, err := j.advance()
		if err != nil {
			return op.Done, err
		}
		if done {
			break
		}
	}
	if j.ctx.Out.Full() {
		return op.More, nil
	}
	return op.Done, nil
}

// advance does a piece of work that emits at most one batch.
func (j *hashJoin) advance() (done bool, err error) {
	switch {
	case j.b != nil:
		return false, j.probe()
	case j.parts != nil && j.parts.read != nil:
		return false, j.probePart()
	case j.drain >= 0 && j.drain < j.table.n && j.marking:
		return false, j.drainSome()
	case j.drain >= 0 && !j.flushed:
		j.flushed = true
		return false, j.out.flush(j.ctx.Out)
	case j.parts != nil && j.parts.run:
		more, err := j.nextPart()
		return !more, err
	}
	return true, nil
}

// restart empties the join, which keeps its buffers for other rows.
func (j *hashJoin) restart() {
	j.clear()
	if j.parts != nil {
		j.parts.close()
		j.parts = nil
	}
	j.rightNull, j.rightAny = false, false
}

// clear empties the table.
func (j *hashJoin) clear() {
	j.table.reset()
	j.built, j.b, j.drain, j.flushed = false, nil, -1, false
}

// Close gives the memory back.
func (j *hashJoin) Close() error {
	if j.ctx != nil {
		_ = j.reserve(0) // giving back is never denied
	}
	if j.parts != nil {
		j.parts.close()
	}
	j.table = nil
	return nil
}
