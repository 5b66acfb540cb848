package rank

import (
	"testing"

	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
)

// table is a leaf that only adds rows.
type table struct {
	plan.Node
}

func (*table) Inputs() []plan.Node { return nil }
func (*table) Fields() []plan.Field {
	return []plan.Field{{Name: "k", Type: types.Of(types.Int)}, {Name: "rowtime", Type: types.TimestampOf(3).WithAttr(types.Rowtime)},
		{Name: "proctime", Type: types.TimestampLTZOf(3).WithAttr(types.Proctime)}}
}

func TestDeduplicationLowersByItsTime(t *testing.T) {
	in := &table{}
	for _, c := range []struct {
		name     string
		key      plan.SortKey
		keepLast bool
		ordered  bool
	}{
		{"first by event time", plan.SortKey{Col: 1}, false, true},
		{"last by event time", plan.SortKey{Col: 1, Desc: true}, true, true},
		{"first by arrival", plan.SortKey{Col: 2}, false, false},
		{"last by arrival", plan.SortKey{Col: 2, Desc: true}, true, false},
	} {
		n := &Node{In: in, PartitionBy: []int{0}, OrderBy: []plan.SortKey{c.key}, From: 1, To: 1, Dedup: true}
		b := &dag.Builder{Ctx: &plan.Context{Parallelism: 2}, Plan: &plan.Annotated{Traits: map[plan.Node]*plan.Traits{in: {Changes: 1}, n: {EmitBefore: true}}}}
		s := n.spec(b)
		if s.KeepLast != c.keepLast || (len(s.Order) > 0) != c.ordered || s.Retract || !s.Before {
			t.Errorf("%s: %+v", c.name, s)
		}
		src := b.Op(in, "source", "", plan.Types(in.Fields()), nil)
		src.Parallelism = 2
		p, err := n.Lower(b, []dag.Port{{V: src}})
		if err != nil || p.V.Inputs[0].Ship != dag.Hash || p.V.Parallelism != 2 || p.V.WantWatermark || p.Dist.Kind != plan.Hashed {
			t.Errorf("%s: %+v, %v", c.name, p, err)
		}
	}
}

func TestWindowRankNeedsAWindowOfEventTime(t *testing.T) {
	in := &table{}
	n := &Node{In: in, PartitionBy: []int{0}, OrderBy: []plan.SortKey{{Col: 1}}, From: 1, To: 1, Win: &plan.WinCols{Start: -1, End: -1, Time: 1}}
	b := &dag.Builder{Ctx: &plan.Context{Parallelism: 1}, Plan: &plan.Annotated{Traits: map[plan.Node]*plan.Traits{in: {Changes: 1}, n: {}}}}
	src := b.Op(in, "source", "", plan.Types(in.Fields()), nil)
	src.Parallelism = 1
	p, err := n.Lower(b, []dag.Port{{V: src}})
	if err != nil || !p.V.WantWatermark {
		t.Fatalf("%+v, %v", p.V, err)
	}
	if _, ok := p.V.New().(op.Watermarker); !ok {
		t.Error("the operator does not look at watermarks")
	}
	n.Win.Window.Proctime = true
	if _, err := n.Lower(b, []dag.Port{{V: src}}); err == nil {
		t.Error("a window of processing time is accepted")
	}
}
