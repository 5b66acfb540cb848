package join

import (
	"fmt"
	"sort"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/optest"
	"github.com/weir-stream/weir/internal/types"
)

// multiSetup is a way of joining the left table with two or three of the right
// one, by key.
type multiSetup struct {
	types []Type // of inputs 1 and up
	rest  []bool // w > 1
	needs []uint64
	keys  bool
}

func (m multiSetup) inputTypes() [][]types.Type {
	in := [][]types.Type{leftTypes}
	for range m.types {
		in = append(in, rightTypes)
	}
	return in
}

func (m multiSetup) spec(retracts []bool) optest.Spec {
	s, hash := multiSpec{steps: []Step{{}}}, [][]int(nil)
	var out []types.Type
	for i, ts := range m.inputTypes() {
		x := input{types: ts, retracts: retracts[i]}
		if m.keys {
			x.keys, x.strict = []int{0}, []int{0}
		}
		s.in, hash = append(s.in, x), append(hash, x.keys)
		if i > 0 {
			st := Step{Type: m.types[i-1], Needs: m.needs[i-1]}
			if m.rest[i-1] {
				st.Rest = restOn(len(out) + 1)
			}
			s.steps = append(s.steps, st)
			s.outer = s.outer || st.Type == Left
		}
		out = append(out, ts...)
	}
	return optest.Spec{New: func() op.Operator { return newMulti(s) }, In: m.inputTypes(), Out: out, Hash: optest.By(hash...)}
}

// join joins one input after another.
func (m multiSetup) join(tables [][][]any) []string {
	type tuple struct {
		row  []any
		have uint64
	}
	var acc []tuple
	for _, r := range tables[0] {
		acc = append(acc, tuple{r, 1})
	}
	for i, typ := range m.types {
		var next []tuple
		for _, l := range acc {
			n := 0
			for _, r := range tables[i+1] {
				if m.keys && (l.row[0] != r[0] || r[0] == nil || m.needs[i]&^l.have != 0) || m.rest[i] && (r[1] == nil || r[1].(int64) <= 1) {
					continue
				}
				n++
				next = append(next, tuple{append(append([]any(nil), l.row...), r...), l.have | 2<<i})
			}
			if n == 0 && typ == Left {
				next = append(next, tuple{append(append([]any(nil), l.row...), nil, nil), l.have})
			}
		}
		acc = next
	}
	var out []string
	for _, t := range acc {
		out = append(out, line(t.row))
	}
	sort.Strings(out)
	return out
}

func TestMultiJoinIsJoinsOneAfterAnother(tt *testing.T) {
	rapid.Check(tt, func(t *rapid.T) {
		m := multiSetup{keys: rapid.IntRange(0, 4).Draw(t, "keys") > 0}
		src := []*source{{draw: drawLeft}}
		retracts := []bool{rapid.Bool().Draw(t, "retracts")}
		for i := range rapid.IntRange(1, 3).Draw(t, "inputs") {
			m.types = append(m.types, []Type{Inner, Left}[rapid.IntRange(0, 1).Draw(t, "type")])
			m.rest = append(m.rest, rapid.Bool().Draw(t, "rest"))
			needs := uint64(0)
			if i > 0 && m.keys && rapid.Bool().Draw(t, "needs") {
				needs = 2
			}
			m.needs = append(m.needs, needs)
			src = append(src, &source{draw: drawRight})
			retracts = append(retracts, rapid.Bool().Draw(t, "retracts"))
		}
		var evs []optest.Event
		for range rapid.IntRange(1, 8).Draw(t, "events") {
			in := rapid.IntRange(0, len(src)-1).Draw(t, "in")
			var rows []optest.Row
			for range rapid.IntRange(1, 5).Draw(t, "rows") {
				rows = src[in].change(t, retracts[in], rows)
			}
			evs = append(evs, optest.Rows(in, rows...))
		}
		var tables [][][]any
		for i, s := range src {
			evs = append(evs, optest.End(i))
			tables = append(tables, s.rows)
		}
		check(tt, t, m.spec(retracts), evs, m.join(tables))
	})
}

// A fan-out of far more rows than a batch comes out in batches.
func TestMultiJoinFansOutInBatches(t *testing.T) {
	m := multiSetup{types: []Type{Inner, Left}, rest: make([]bool, 2), needs: make([]uint64, 2), keys: true}
	d := optest.Drive(t, optest.World{}, m.spec(make([]bool, 3)))
	defer d.Close()
	var rows []optest.Row
	for i := range 150 {
		rows = append(rows, optest.R("+I", 1, i))
	}
	d.Do(optest.Rows(1, rows...))
	d.Do(optest.Rows(2, rows...))
	d.Do(optest.Rows(0, optest.R("+I", 1, "a")))
	if n := len(d.Out()); n != 150*150 {
		t.Errorf("%d rows", n)
	}
	d.Do(optest.Rows(2, optest.R("+I", 1, 1000)))
	if n := len(d.Out()); n != 150*150+150 {
		t.Errorf("%d rows %v", n, fmt.Sprint(optest.Lines(d.Out()[n-1:])))
	}
}
