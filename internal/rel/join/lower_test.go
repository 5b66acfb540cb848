package join

import (
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
)

// leaf is a source of given traits.
type leaf struct {
	plan.Leaf
	plan.NoExprs
	fields []plan.Field
	traits plan.Traits
	par    int
}

func (l *leaf) WithInputs([]plan.Node) plan.Node { return l }
func (l *leaf) WithExprs([]expr.Expr) plan.Node  { return l }
func (l *leaf) Fields() []plan.Field             { return l.fields }
func (l *leaf) Name() string                     { return "Leaf" }
func (l *leaf) Attrs() []plan.Attr               { return nil }
func (l *leaf) Derive(*plan.Context, []*plan.Traits) (*plan.Traits, error) {
	t := l.traits
	return &t, nil
}
func (l *leaf) Lower(b *dag.Builder, _ []dag.Port) (dag.Port, error) {
	return b.Source(l, l.par, "", func() op.Source { return nil }), nil
}

func newLeaf(rows float64, ch connector.Changes) *leaf {
	fs := []plan.Field{{Name: "k", Type: types.Of(types.Int)}, {Name: "v", Type: types.String()}, {Name: "t", Type: types.TimestampOf(3)}, {Name: "e", Type: types.TimestampOf(3)}}
	return &leaf{fields: fs, par: 4, traits: plan.Traits{Changes: ch, Rows: rows, Bounded: true, HasWatermark: true,
		Win: &plan.WinCols{Start: 2, End: 3, Time: -1}}}
}

func TestLower(t *testing.T) {
	set := func(s Strategy) func(*Node) { return func(n *Node) { n.Strategy = s } }
	tests := []struct {
		name  string
		typ   Type
		keys  []int
		batch bool
		rows  [2]float64
		edit  func(*Node)
		want  string // the ways of shipping and the parallelism, or part of the error
	}{
		{name: "regular", typ: Full, keys: []int{0}, want: "hash hash 4"},
		{name: "without keys", typ: Inner, want: "single single 1"},
		{name: "NOT IN over nullable columns", typ: Anti, keys: []int{0}, edit: func(n *Node) { n.NullAware = true }, want: "single single 1"},
		{name: "interval", typ: Left, keys: []int{0}, edit: func(n *Node) { n.Strategy, n.Bounds = Interval, &Bounds{LeftTime: 2, RightTime: 2} }, want: "hash hash 4"},
		{name: "window", typ: Anti, keys: []int{0}, edit: func(n *Node) { n.Strategy, n.LeftWin, n.RightWin = Window, [2]int{2, 3}, [2]int{2, 3} }, want: "hash hash 4"},
		{name: "temporal", typ: Left, keys: []int{0}, edit: func(n *Node) { n.Strategy, n.Bounds = Temporal, &Bounds{LeftTime: 2, RightTime: 2} }, want: "hash hash 4"},
		{name: "lookup", typ: Left, keys: []int{0}, edit: set(Lookup), want: "hash hash 4"},
		{name: "full lookup", typ: Full, keys: []int{0}, edit: set(Lookup), want: "FullOuterJoin with FOR SYSTEM_TIME AS OF"},
		{name: "keys of other types", typ: Inner, keys: []int{0}, edit: func(n *Node) { n.RightKeys = []int{1} }, want: "join keys of type INT and STRING"},
		{name: "equal sizes in batch", typ: Inner, keys: []int{0}, batch: true, rows: [2]float64{1e6, 1e6}, want: "hash hash 4"},
		{name: "small right side in batch", typ: Left, keys: []int{0}, batch: true, rows: [2]float64{1e7, 100}, want: "forward broadcast 4"},
		{name: "small left side in batch", typ: Inner, keys: []int{0}, batch: true, rows: [2]float64{100, 1e7}, want: "broadcast forward 4"},
		{name: "small build side that owes rows", typ: Left, keys: []int{0}, batch: true, rows: [2]float64{100, 1e7}, edit: set(HashBuildLeft), want: "hash hash 4"},
		{name: "cross join in batch", typ: Inner, batch: true, rows: [2]float64{1e7, 1}, want: "forward broadcast 4"},
		{name: "full join without keys in batch", typ: Full, batch: true, rows: [2]float64{10, 10}, want: "single single 1"},
		{name: "NOT IN in batch", typ: Anti, keys: []int{0}, batch: true, rows: [2]float64{1e7, 10}, edit: func(n *Node) { n.NullAware = true }, want: "forward broadcast 4"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := New(newLeaf(tt.rows[0], connector.InsertOnly), newLeaf(tt.rows[1], connector.InsertOnly), tt.typ, tt.keys, tt.keys, nil)
			if tt.edit != nil {
				tt.edit(n)
			}
			c := &plan.Context{Batch: tt.batch, Parallelism: 4}
			a, err := plan.Annotate(c, n)
			if err != nil {
				t.Fatal(err)
			}
			g, err := dag.Build(c, a, n)
			if err != nil {
				if !strings.Contains(err.Error(), tt.want) {
					t.Fatal(err)
				}
				return
			}
			v := g.Vertices[len(g.Vertices)-1]
			got := v.Inputs[0].Ship.String() + " " + v.Inputs[1].Ship.String() + " " + string(rune('0'+v.Parallelism))
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if v.Node != plan.Node(n) {
				t.Error("the vertex does not name its plan node")
			}
		})
	}
}
