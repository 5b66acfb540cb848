package match

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/optest"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/values"
	"github.com/weir-stream/weir/internal/types"
)

var (
	big     = types.Of(types.BigInt)
	rowtime = types.TimestampOf(3).WithAttr(types.Rowtime)
)

// Rows of the tests: key, time, price, id.
const (
	colKey = iota
	colTime
	colPrice
	colID
)

func one(v int) Pattern         { return Pattern{Var: v} }
func seq(ps ...Pattern) Pattern { return Pattern{Op: Seq, Items: ps} }
func many(p Pattern, least, most int, reluctant bool) Pattern {
	return Pattern{Op: Repeat, Items: []Pattern{p}, Min: least, Max: most, Reluctant: reluctant}
}

func nav(vars Set, col, off int) Value {
	return Value{Kind: Nav, Vars: vars, Offset: off, Col: col, Type: big, Name: "nav"}
}

func col(i int) expr.Expr { return &expr.Col{Index: i, T: big} }

func lit(n int) expr.Expr { return &expr.Lit{Value: int64(n), T: big.NotNull()} }

// nodeOf gives a node over rows in order of time by key, which gives out the key,
// and the first and the last id of each match.
func nodeOf(time types.Type) *Node {
	in := []plan.Field{{Name: "k", Type: big}, {Name: "ts", Type: time}, {Name: "price", Type: big}, {Name: "id", Type: big}}
	first, last := nav(All, colID, 0), nav(All, colID, 0)
	first.First = true
	n := &Node{In: &values.Node{Output: in}, PartitionBy: []int{colKey}, OrderBy: []plan.SortKey{{Col: colTime, NullsFirst: true}},
		Measured: []Value{{Kind: Row, Col: colKey, Type: big}, first, last}, Out: []expr.Expr{col(0), col(1), col(2)}}
	for _, name := range []string{"k", "a", "z"} {
		n.Output = append(n.Output, plan.Field{Name: name, Type: big})
	}
	return n
}

func specOf(t testing.TB, n *Node, batched bool) optest.Spec {
	s, err := n.spec(types.UTC)
	if err != nil {
		t.Fatal(err)
	}
	mk := func() op.Operator { return &timed{spec: s} }
	if batched {
		mk = func() op.Operator { return &batch{spec: s} }
	}
	return optest.Spec{New: mk, In: [][]types.Type{s.in}, Out: s.outTypes, Batch: batched, Hash: optest.By(s.partition)}
}

func TestCompileKeepsRowsOfGreedyLoops(t *testing.T) {
	for _, c := range []struct {
		p    Pattern
		want string // targets of each position, with guards, and $ where the match may end
	}{
		{seq(one(0), one(1)), "0 | 1 | $"},
		{seq(one(0), many(one(1), 0, -1, false), one(2)), "0 | 1 2!2 | 1 2!2 | $"},
		{seq(one(0), many(one(1), 0, -1, true), one(2)), "0 | 2 1 | 2 1 | $"},
		{seq(one(0), many(one(1), 0, 1, false), one(2)), "0 | 2 1 | 2 | $"},
		{seq(many(one(0), 2, -1, false), one(1)), "0 | 1 | 1 2!1 | $"},
		{seq(many(one(0), 1, 2, false), one(1)), "0 | 1 2!1 | 2!1 | $"},
		{many(seq(one(0), one(1)), 1, -1, false), "0 | 1 | 0 $"},
		{many(one(0), 0, -1, false), "0 $ | 0 $"},
		{many(many(one(0), 0, -1, false), 0, -1, false), "0 $ | 0 $"},
		{Pattern{Op: Alt, Items: []Pattern{one(0), seq(one(1), one(2))}}, "0 1 | $ | 2 | $"},
	} {
		a, ok := compile(c.p)
		if !ok {
			t.Fatal("too large")
		}
		var states []string
		for _, s := range a.states {
			var ts []string
			for _, x := range s.targets {
				text := fmt.Sprint(x.pos)
				if x.guards != 0 {
					text += fmt.Sprintf("!%d", x.guards)
				}
				ts = append(ts, text)
			}
			if s.ends {
				ts = append(ts, "$")
			}
			states = append(states, strings.Join(ts, " "))
		}
		if got := strings.Join(states, " | "); got != c.want {
			t.Errorf("%+v: %s, want %s", c.p, got, c.want)
		}
	}
	if _, ok := compile(many(many(one(0), 500, 500, false), 500, 500, false)); ok {
		t.Error("a pattern of 250000 steps is compiled")
	}
}

// randomNode is rising and falling prices under a random pattern, way to skip and
// WITHIN.
func randomNode(r *rand.Rand, time types.Type) *Node {
	n := nodeOf(time)
	n.Values = []Value{{Kind: Row, Col: colPrice, Type: big}, nav(All, colPrice, 1), nav(1, colPrice, 0), nav(2, colPrice, 1)}
	conds := []expr.Expr{
		expr.Compare(fn.GE, col(0), lit(4)),
		expr.OrAll(expr.IsNull(col(1)), expr.Compare(fn.LT, col(0), col(1))),
		expr.Compare(fn.GT, col(0), col(2)),
		expr.OrAll(expr.IsNull(col(3)), expr.Compare(fn.NE, col(0), col(3))),
		nil,
	}
	for v := range 3 {
		n.Vars = append(n.Vars, Var{Name: string(rune('A' + v)), Cond: conds[r.IntN(len(conds))], Col: -1})
	}
	var pattern func(depth int) Pattern
	pattern = func(depth int) Pattern {
		p := one(r.IntN(3))
		if depth > 0 && r.IntN(3) == 0 {
			p = seq(pattern(depth-1), pattern(depth-1))
			if r.IntN(2) == 0 {
				p.Op = Alt
			}
		}
		switch r.IntN(4) {
		case 0:
			least := r.IntN(3)
			p = many(p, least, least+r.IntN(3), r.IntN(2) == 0)
		case 1:
			p = many(p, r.IntN(2), -1, r.IntN(2) == 0)
		}
		return p
	}
	n.Pattern = seq(one(0), pattern(2), pattern(2))
	n.Skip.Kind = SkipKind(r.IntN(2))
	if r.IntN(2) == 0 {
		n.WithinMs = int64(2 + r.IntN(8))
	}
	return n
}

// searcher finds matches by trying the ways in order of preference, one after the
// other: what the operators' lists of threads must amount to.
type searcher struct {
	n    *Node
	a    *automaton
	rows [][]any
	from int
	vars []int // of rows from from on
	work int
}

// find extends a mapping of rows before at, which ended at a position.
func (s *searcher) find(pos int32, at int) bool {
	if s.work++; s.work > 20000 {
		return false
	}
	st := s.a.states[pos+1]
	if at < len(s.rows) && (s.n.WithinMs == 0 || s.rows[at][colTime].(int64)-s.rows[s.from][colTime].(int64) < s.n.WithinMs) {
		for _, to := range st.targets {
			v := s.a.label[to.pos].variable()
			ok := s.holds(v, at)
			for g := range 3 {
				ok = ok && !(to.guards.Has(g) && s.holds(g, at))
			}
			if !ok {
				continue
			}
			s.vars = append(s.vars, v)
			if s.find(to.pos, at+1) {
				return true
			}
			s.vars = s.vars[:len(s.vars)-1]
		}
	}
	return st.ends
}

// price is that of the row mapped to vars that is off rows before the last one.
func (s *searcher) price(vars Set, v, at, off int) (int64, bool) {
	for i := at; i >= s.from; i-- {
		is := v
		if i < at {
			is = s.vars[i-s.from]
		}
		if vars.Has(is) {
			if off == 0 {
				return s.rows[i][colPrice].(int64), true
			}
			off--
		}
	}
	return 0, false
}

func (s *searcher) holds(v, at int) bool {
	return s.eval(s.n.Vars[v].Cond, v, at)
}

func (s *searcher) eval(x expr.Expr, v, at int) bool {
	num := func(x expr.Expr) (int64, bool) {
		if l, ok := x.(*expr.Lit); ok {
			return l.Value.(int64), true
		}
		val := s.n.Values[x.(*expr.Col).Index]
		if val.Kind == Row {
			return s.rows[at][colPrice].(int64), true
		}
		return s.price(val.Vars, v, at, val.Offset)
	}
	switch x := x.(type) {
	case nil:
		return true
	case *expr.Logic:
		return slices.ContainsFunc(x.Args, func(a expr.Expr) bool { return s.eval(a, v, at) })
	case *expr.Call:
		a, ok := num(x.Args[0])
		if x.Fn.Name == "IS NULL" {
			return !ok
		}
		b, both := num(x.Args[1])
		o, _ := fn.CompareOpOf(x.Fn)
		return ok && both && holds(o, a, b)
	}
	panic("a condition that the model does not know")
}

// model gives what a node gives out over rows that lie in order.
func model(n *Node, rows [][]any) ([]string, bool) {
	var out []string
	a, _ := compile(n.Pattern)
	for k := range int64(3) {
		s := searcher{n: n, a: a}
		for _, r := range rows {
			if r[colKey] == k {
				s.rows = append(s.rows, r)
			}
		}
		for s.from < len(s.rows) {
			s.vars, s.work = s.vars[:0], 0
			ok := s.find(-1, s.from)
			if s.work > 20000 {
				return nil, false
			}
			next := s.from + 1
			if ok {
				last := s.from + len(s.vars) - 1
				out = append(out, fmt.Sprintf("+I[%d, %d, %d]", k, s.rows[s.from][colID], s.rows[last][colID]))
				if n.Skip.Kind == PastLastRow {
					next = last + 1
				}
			}
			s.from = next
		}
	}
	slices.Sort(out)
	return out, true
}

func TestMatchesAreThoseOfTheDefinition(t *testing.T) {
	tried := 0
	for seed := range uint64(120) {
		r := rand.New(rand.NewPCG(seed, 7))
		n := randomNode(r, rowtime)
		var rows [][]any
		var evs []optest.Event
		id := int64(0)
		for wm := int64(0); wm < 24; {
			// Rows between two watermarks come in any order of their times.
			var part [][]any
			to := wm + 1 + int64(r.IntN(6))
			for ts := wm + 1; ts <= to; ts++ {
				for k := range int64(3) {
					if r.IntN(3) > 0 {
						part = append(part, []any{k, ts, int64(r.IntN(8)), id})
						id++
					}
				}
			}
			rows = append(rows, slices.Clone(part)...)
			r.Shuffle(len(part), func(i, j int) { part[i], part[j] = part[j], part[i] })
			var batch []optest.Row
			for _, p := range part {
				batch = append(batch, optest.R("+I", slices.Clone(p)...))
			}
			evs = append(evs, optest.Rows(0, batch...), optest.Watermark(to))
			wm = to
		}
		want, ok := model(n, rows)
		if !ok {
			continue
		}
		tried++
		for _, batched := range []bool{false, true} {
			got := optest.Lines(optest.Run(t, specOf(t, n, batched), append(slices.Clone(evs), optest.End(0))...))
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Fatalf("seed %d, batch %t: %s\n  got  %v\n  want %v\n  rows %v", seed, batched, n.Attrs(), got, want, rows)
			}
		}
	}
	if tried < 90 {
		t.Errorf("only %d patterns were tried", tried)
	}
}
