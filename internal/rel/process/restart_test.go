package process

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/optest"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/values"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/udf"
)

// diary keeps state of every kind and tells of it when its timers are due, some of
// which are set for times that have passed.
var diary = &udf.ProcessFunction{Name: "diary", Columns: []udf.Column{{Name: "text"}},
	Eval: func(c udf.Context, r udf.Row) error {
		x := r.Values[1].(int64)
		n := int64(1)
		if v := c.Value("count"); v != nil {
			n += v[0].(int64)
		}
		if err := c.SetValue("count", n); err != nil {
			return err
		}
		if err := c.Append("all", x); err != nil {
			return err
		}
		if err := c.Put("last", x%3, n); err != nil {
			return err
		}
		at, _ := c.Time()
		name := ""
		if x%2 == 0 {
			name = fmt.Sprint("even ", x%4)
		}
		return c.SetTimer(name, at.Add(time.Duration(x%7-2)*time.Millisecond))
	},
	Timer: func(c udf.Context, name string) error {
		text := fmt.Sprint(name, c.Value("count"), c.List("all"))
		c.Each("last", func(k any, v []any) bool {
			text += fmt.Sprint(" ", k, v)
			return true
		})
		if name == "even 2" {
			c.ClearAll()
		}
		return c.Emit(text)
	},
}

func TestStateOfFunctionsIsSaved(t *testing.T) {
	big, ts := types.Of(types.BigInt), types.TimestampOf(3)
	in := []types.Type{types.String(), big, ts}
	n := &Node{In: []plan.Node{&values.Node{Output: []plan.Field{{Name: "k", Type: in[0]}, {Name: "x", Type: big}, {Name: "ts", Type: ts}}}},
		Fn: diary, Tables: []Input{{Arg: &udf.Arg{Name: "input"}, Keys: []int{0}, OnTime: 2}}, Lead: 1,
		Output: []plan.Field{{Name: "k", Type: in[0]}, {Name: "text", Type: types.String()}},
		States: []State{{State: &udf.State{Name: "count"}, Row: []types.Type{big}}, {State: &udf.State{Name: "all", Kind: udf.ListState}, Row: []types.Type{big}},
			{State: &udf.State{Name: "last", Kind: udf.MapState}, Key: big, Row: []types.Type{big}}}}
	rnd := rand.New(rand.NewPCG(4, 4))
	var events []optest.Event
	for i := range 80 {
		events = append(events, optest.Rows(0, optest.R("+I", string(rune('a'+rnd.IntN(4))), rnd.IntN(9), i+rnd.IntN(4))))
		if i%3 == 0 {
			events = append(events, optest.Watermark(int64(i)))
		}
	}
	out := optest.Run(t, optest.Spec{New: func() op.Operator { return &operator{node: n} }, In: [][]types.Type{in},
		Out: []types.Type{in[0], types.String()}, Hash: optest.By([]int{0})}, append(events, optest.End(0))...)
	if len(out) < 20 {
		t.Errorf("%d rows", len(out))
	}
}
