package join

import (
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
)

// lowerHash adds the batch hash join. A small build side that owes no rows at
// the end is given to every subtask, so that the other side stays where it is;
// otherwise both are spread by key.
func (n *Node) lowerHash(b *dag.Builder, in []dag.Port) (dag.Port, error) {
	if n.NullAware && (len(n.LeftKeys) > 1 || n.Rest != nil || !n.mayCompareNulls()) {
		n = n.withoutNullAware()
	}
	build := n.buildSide(b)
	s := hashSpec{typ: n.Type, build: build, in: n.inputs(b), rest: n.Rest, nullAware: n.NullAware, zone: b.Ctx.Zone}
	mk := func() op.Operator { return newHashJoin(s) }
	probe := 1 - build
	owes := roleOf(n.Type, probe).counts()
	alone := n.NullAware || len(n.LeftKeys) == 0
	switch {
	case owes && alone:
		return n.addOver(b, b.Single(in[0]), b.Single(in[1]), plan.Dist{Kind: plan.Single}, false, mk), nil
	case alone, !owes && n.broadcasts(b, build):
		var edges [2]dag.Input
		edges[probe] = b.Chain(in[probe])
		edges[build] = b.BroadcastTo(in[build], in[probe].V.Parallelism)
		return n.addOver(b, edges[0], edges[1], n.probeDist(in[probe].Dist, probe), false, mk), nil
	}
	d := plan.Dist{}
	if n.Type != Right && n.Type != Full {
		d = plan.Dist{Kind: plan.Hashed, Keys: n.LeftKeys}
	}
	return n.add(b, in, d, false, mk), nil
}

func (n *Node) mayCompareNulls() bool {
	return n.L.Fields()[n.LeftKeys[0]].Type.Nullable || n.R.Fields()[n.RightKeys[0]].Type.Nullable
}

// buildSide gives the input to hold: what the strategy says, else the smaller.
func (n *Node) buildSide(b *dag.Builder) int {
	switch n.Strategy {
	case HashBuildLeft:
		return 0
	case HashBuildRight, Lookup:
		return 1
	}
	if build, ok := n.Wished(); ok {
		return build
	}
	l, r := b.Traits(n.L), b.Traits(n.R)
	if l != nil && r != nil && l.Rows >= 0 && (r.Rows < 0 || l.Rows < r.Rows) {
		return 0
	}
	return 1
}

// broadcasts tells whether the table is built in every subtask: as a hint says,
// else where it pays.
func (n *Node) broadcasts(b *dag.Builder, build int) bool {
	switch n.Wish {
	case WishShuffleHash, WishShuffleMerge:
		return false
	case WishBroadcast, WishNestLoop:
		if side, ok := n.Wished(); ok && side == build {
			return true
		}
	}
	return n.broadcastPays(b, build)
}

// broadcastPays weighs building the table in every subtask against moving both
// sides: a row moved costs about as much as a row built.
func (n *Node) broadcastPays(b *dag.Builder, build int) bool {
	if b.Ctx.Parallelism == 1 {
		return false
	}
	t := b.Traits(n.Inputs()[build])
	o := b.Traits(n.Inputs()[1-build])
	if t == nil || o == nil || t.Rows < 0 {
		return false
	}
	return t.Rows <= 1024 || o.Rows >= 0 && t.Rows*float64(b.Ctx.Parallelism) < o.Rows/2
}

// probeDist gives the distribution of the output where the probe side's rows
// stay in place.
func (n *Node) probeDist(d plan.Dist, probe int) plan.Dist {
	if probe == 1 && len(d.Keys) > 0 {
		d.Keys = shift(d.Keys, len(n.L.Fields()))
	}
	if d.Kind == plan.SplitDist {
		return plan.Dist{}
	}
	return d
}
