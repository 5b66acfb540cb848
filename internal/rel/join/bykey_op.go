package join

import (
	"time"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// byKey looks up the different keys of a batch, all of them at once as far as the
// table allows it, and joins the batch with what came. The task waits: what it
// waits for is bounded by the timeout of a lookup.
type byKey struct {
	spec byKeySpec
	ctx  *op.Context
	far  remote
	out  *vec.Batch

	b     *vec.Batch
	from  int     // first row of b, by position, that is not begun
	phys  []int32 // the rows being joined
	group []int32 // of each: its group of found rows, or none
	first []int32 // of each group
	found []int32 // rows of right, by group
	right *vec.Batch
	cond  *expr.Filter
	cand  vec.Batch

	row, at  int // the cursor: next row, next of its group
	matched  bool
	own, ent []int32
	ends     []end
	pass     []int32
	sel, ro  []int32
	zero     []int32
	kinds    []vec.Kind

	kept *memory // where what was found is kept
}

func newByKey(s byKeySpec) *byKey { return &byKey{spec: s} }

func (j *byKey) Open(c *op.Context) error {
	j.ctx = c
	n := j.spec.node
	rt := make([]types.Type, len(n.R.Fields))
	for i, f := range n.R.Fields {
		rt[i] = f.Type
	}
	all := append(append([]types.Type(nil), j.spec.left...), rt...)
	j.out, j.right = vec.NewBatch(all), vec.NewBatch(rt)
	if n.Rest != nil {
		f, err := expr.CompileFilter(n.Rest, all, j.spec.zone)
		if err != nil {
			return err
		}
		j.cond, j.cand = f, *vec.NewBatch(all)
	}
	if n.Keep {
		j.kept = newMemory(c.State, j.spec.left, rt, c.Route(0, ordinals(len(j.spec.left)), 0), time.Duration(j.spec.ttlMs)*time.Millisecond)
	}
	return j.far.open(c, &j.spec)
}

func (j *byKey) Push(_ int, b *vec.Batch) (op.Status, error) {
	j.b, j.from = b, 0
	j.phys = j.phys[:0]
	j.row, j.at, j.matched = 0, 0, false
	return j.Resume()
}

func (j *byKey) Resume() (op.Status, error) {
	for j.b != nil && !j.ctx.Out.Full() {
		if j.row < len(j.phys) {
			if err := j.emit(); err != nil {
				return op.Done, err
			}
			continue
		}
		if j.from == j.b.Len() {
			j.b = nil
			break
		}
		if err := j.begin(); err != nil {
			return op.Done, err
		}
	}
	if j.ctx.Out.Full() {
		return op.More, nil
	}
	return op.Done, nil
}

// begin finds what belongs to the next rows: all of the batch, or where what is
// found is kept a run of rows that all come or all go.
func (j *byKey) begin() error {
	b := j.b
	j.phys, j.row, j.at, j.matched = j.phys[:0], 0, 0, false
	adds := b.Kind(b.Row(j.from)).Adds()
	for ; j.from < b.Len(); j.from++ {
		r := b.Row(j.from)
		if j.kept != nil && b.Kind(r).Adds() != adds {
			break
		}
		j.phys = append(j.phys, int32(r))
	}
	j.group = sized(j.group, len(j.phys))
	j.right.Reset()
	if j.kept != nil && !adds {
		j.kept.recall(j)
		return nil
	}
	if err := j.far.find(b, j.phys, j.group, j.right, &j.first, &j.found); err != nil {
		return err
	}
	if j.kept != nil {
		j.kept.remember(j)
	}
	return nil
}

// emit joins about a batch of pairs.
func (j *byKey) emit() error {
	j.pairs()
	pass, err := j.restrict()
	if err != nil {
		return err
	}
	left := j.spec.node.Type == Left
	j.sel, j.ro = j.sel[:0], j.ro[:0]
	at := 0
	for _, e := range j.ends {
		for ; at < len(pass) && pass[at] < e.upTo; at++ {
			j.matched = true
			j.sel, j.ro = append(j.sel, j.own[pass[at]]), append(j.ro, j.ent[pass[at]])
		}
		if e.more {
			break
		}
		if left && !j.matched {
			j.sel, j.ro = append(j.sel, j.phys[e.tuple]), append(j.ro, none)
		}
		j.matched = false
	}
	if len(j.sel) == 0 {
		return nil
	}
	j.out.Reset()
	lw := len(j.spec.left)
	for i, c := range j.out.Cols[:lw] {
		c.AppendSel(j.b.Cols[i], j.sel)
	}
	for i, c := range j.out.Cols[lw:] {
		gatherHoles(c, j.right.Cols[i], j.ro, &j.zero)
	}
	j.out.N = len(j.sel)
	if j.b.Kinds != nil {
		j.kinds = j.kinds[:0]
		for _, r := range j.sel {
			j.kinds = append(j.kinds, j.b.Kinds[r])
		}
		j.out.Kinds = j.kinds
	}
	return j.ctx.Out.Emit(j.out)
}

// pairs lists the next pairs of a row and one that was found, and where those of
// each row end.
func (j *byKey) pairs() {
	j.own, j.ent, j.ends = j.own[:0], j.ent[:0], j.ends[:0]
	for j.row < len(j.phys) && len(j.own) < op.BatchRows && len(j.ends) < op.BatchRows {
		g, more := j.group[j.row], false
		if g >= 0 {
			rows := j.found[j.first[g]:j.first[g+1]]
			n := min(len(rows)-j.at, op.BatchRows-len(j.own))
			for _, x := range rows[j.at : j.at+n] {
				j.own, j.ent = append(j.own, j.phys[j.row]), append(j.ent, x)
			}
			j.at += n
			more = j.at < len(rows)
		}
		j.ends = append(j.ends, end{int32(j.row), int32(len(j.own)), more})
		if more {
			return
		}
		j.row, j.at = j.row+1, 0
	}
}

// restrict gives the pairs that satisfy the rest of the condition.
func (j *byKey) restrict() ([]int32, error) {
	n := len(j.own)
	if j.cond == nil || n == 0 {
		j.pass = j.pass[:0]
		for i := range n {
			j.pass = append(j.pass, int32(i))
		}
		return j.pass, nil
	}
	lw := len(j.spec.left)
	j.cand.Reset()
	for _, c := range expr.ReferencedCols(j.spec.node.Rest) {
		if c < lw {
			j.cand.Cols[c].AppendSel(j.b.Cols[c], j.own)
		} else {
			j.cand.Cols[c].AppendSel(j.right.Cols[c-lw], j.ent)
		}
	}
	j.cand.N = n
	var err error
	j.pass, err = j.cond.Select(j.ctx.Fn, &j.cand, j.pass)
	return j.pass, err
}

// Close ends the access to the table.
func (j *byKey) Close() error { return j.far.close() }
