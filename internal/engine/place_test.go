package engine

import (
	"slices"
	"strings"
	"testing"
)

// TestJobsOfOneName: jobs find what they did before whatever stands beside them.
func TestJobsOfOneName(t *testing.T) {
	k := func(id, table string) sketch { return sketch{"e", []string{id}, []string{table}} }
	for name, c := range map[string]struct {
		ran, now []sketch
		want     []int // of ran, -1: anew
	}{
		"the same":          {[]sketch{k("1", "a"), k("2", "b")}, []sketch{k("1", "a"), k("2", "b")}, []int{0, 1}},
		"another order":     {[]sketch{k("1", "a"), k("2", "b")}, []sketch{k("2", "b"), k("1", "a")}, []int{1, 0}},
		"one in front":      {[]sketch{k("1", "a"), k("2", "b")}, []sketch{k("3", "c"), k("1", "a"), k("2", "b")}, []int{-1, 0, 1}},
		"the first is gone": {[]sketch{k("1", "a"), k("2", "b")}, []sketch{k("2", "b")}, []int{1}},
		"edited":            {[]sketch{k("1", "a"), k("2", "b")}, []sketch{k("4", "b"), k("1", "a")}, []int{1, 0}},
		"another table":     {[]sketch{k("1", "a"), k("2", "b")}, []sketch{k("5", "c"), k("1", "a")}, []int{1, 0}},
		"one table":         {[]sketch{k("1", "a"), k("2", "a")}, []sketch{k("2", "a"), k("6", "a")}, []int{1, 0}},
		"one table, edited": {[]sketch{k("1", "a"), k("2", "a")}, []sketch{k("6", "a"), k("2", "a")}, []int{0, 1}},
		"nothing is known":  {[]sketch{{name: "e"}, {name: "e"}}, []sketch{k("1", "a"), k("2", "b")}, []int{0, 1}},
		"one becomes part":  {[]sketch{k("1", "a"), k("2", "b")}, []sketch{{"e", []string{"2", "3"}, []string{"b", "c"}}}, []int{1}},
		"another name":      {[]sketch{{"f", []string{"1"}, []string{"a"}}}, []sketch{k("1", "a")}, []int{-1}},
	} {
		ran, at := slices.Clone(c.ran), []int{}
		for i := range ran {
			at = append(at, i)
		}
		for i, job := range c.now {
			got, chosen := job.choose(ran, c.now[i+1:]), -1
			if got >= 0 {
				chosen = at[got]
				ran, at = slices.Delete(ran, got, got+1), slices.Delete(at, got, got+1)
			}
			if chosen != c.want[i] {
				t.Errorf("%s: job %d goes on from %d, want %d", name, i, chosen, c.want[i])
			}
		}
	}
}

// TestPlaceOfSets: where INSERTs become a set, or a set is cut, it is said what begins anew.
func TestPlaceOfSets(t *testing.T) {
	a, b := sketch{"e", []string{"1"}, []string{"a"}}, sketch{"e", []string{"2"}, []string{"b"}}
	both := sketch{"e", []string{"1", "2"}, []string{"a", "b"}}
	merged := both.place([]ran{{n: 1, sketch: a}, {n: 2, sketch: b}}, nil, nil, 1, a, "e")
	if !slices.Equal(merged.over, []int{2}) || len(merged.apart) != 1 || !strings.Contains(merged.apart[0], "written to b begins anew, and its state in e-2 stays there") {
		t.Errorf("merged: %v", merged)
	}
	cut := b.place([]ran{{n: 1, sketch: both}}, nil, []int{1}, 2, sketch{}, "e")
	if len(cut.over) > 0 || len(cut.apart) != 1 || !strings.Contains(cut.apart[0], "its state in e is dropped") {
		t.Errorf("cut: %v", cut)
	}
	if plain := a.place([]ran{{n: 1, sketch: a}, {n: 2, sketch: b}}, []sketch{b}, nil, 1, a, "e"); len(plain.over)+len(plain.apart) > 0 {
		t.Errorf("both as they were: %v", plain)
	}
}
