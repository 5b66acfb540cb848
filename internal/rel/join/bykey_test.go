package join

import (
	"context"
	"reflect"
	"sort"
	"sync/atomic"
	"testing"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/optest"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// farTable is a table of (k INT, w BIGINT) that is read by key; asked counts keys.
type farTable struct {
	connector.Source
	rows  [][2]int64
	async bool
	asked atomic.Int64
}

func (f *farTable) LookupAsync() bool { return f.async }
func (f *farTable) OpenLookup(context.Context, connector.LookupScan) (connector.Lookup, error) {
	return f, nil
}
func (f *farTable) Close() error { return nil }

func (f *farTable) Lookup(_ context.Context, keys, out *vec.Batch, of []int32) ([]int32, error) {
	f.asked.Add(int64(keys.N))
	for i, k := range keys.Cols[0].I32[:keys.N] {
		for _, r := range f.rows {
			if r[0] == int64(k) {
				out.Cols[0].AppendValue(r[0])
				out.Cols[1].AppendValue(r[1])
				out.N++
				of = append(of, int32(i))
			}
		}
	}
	return of, nil
}

func (f *farTable) spec(typ Type, cache *connector.PartialCache, keep bool) optest.Spec {
	fields := []plan.Field{{Name: "k", Type: rightTypes[0]}, {Name: "w", Type: rightTypes[1]}}
	table := &connector.Table{Name: "far", Columns: []format.Column{{Name: "k", Type: rightTypes[0]}, {Name: "w", Type: rightTypes[1]}}}
	n := &ByKey{Type: typ, R: Remote{Table: table, Source: f, Want: []int{0, 1}, Read: fields, Fields: fields}, Keys: []KeyOf{{Col: 0, From: 0}}, Keep: keep}
	s := byKeySpec{node: n, left: leftTypes, cache: cache}
	return optest.Spec{New: func() op.Operator { return newByKey(s) }, In: [][]types.Type{leftTypes}, Out: append(append([]types.Type(nil), leftTypes...), rightTypes...),
		Hash: optest.By([]int{0})}
}

func TestLookupJoinAsksForEachKeyOnce(t *testing.T) {
	for _, async := range []bool{false, true} {
		f := &farTable{rows: [][2]int64{{1, 10}, {1, 11}, {2, 20}}, async: async}
		d := optest.Drive(t, optest.World{}, f.spec(Left, nil, false))
		r := optest.R
		d.Do(optest.Rows(0, r("+I", 1, "a"), r("+I", 2, "b"), r("+I", 1, "c"), r("+I", 3, "d"), r("+I", nil, "e"), r("-D", 2, "b")))
		want := []string{"+I[1, a, 1, 10]", "+I[1, a, 1, 11]", "+I[1, c, 1, 10]", "+I[1, c, 1, 11]", "+I[2, b, 2, 20]", "+I[3, d, null, null]", "+I[null, e, null, null]", "-D[2, b, 2, 20]"}
		got := optest.Lines(d.Out())
		sort.Strings(got)
		sort.Strings(want)
		if !reflect.DeepEqual(got, want) || f.asked.Load() != 3 {
			t.Errorf("async %v: %d keys asked, got %q", async, f.asked.Load(), got)
		}
		d.Close()
	}
}

func TestLookupCache(t *testing.T) {
	r := optest.R
	batch := func(keys ...int) optest.Event {
		var rows []optest.Row
		for _, k := range keys {
			rows = append(rows, r("+I", k, "x"))
		}
		return optest.Rows(0, rows...)
	}
	tests := []struct {
		name  string
		cache connector.PartialCache
		want  int64 // keys asked for 1 2 3 | 3 1 | 1
	}{
		{"all", connector.PartialCache{Missing: true}, 3},
		{"not what is missing", connector.PartialCache{}, 4},
		{"one row", connector.PartialCache{Rows: 1}, 5},
	}
	for _, tt := range tests {
		f := &farTable{rows: [][2]int64{{1, 10}, {2, 20}}}
		d := optest.Drive(t, optest.World{}, f.spec(Inner, &tt.cache, false))
		d.Do(batch(1, 2, 3))
		f.rows[0][1] = 99
		d.Do(batch(3, 1))
		d.Do(batch(1))
		if n := f.asked.Load(); n != tt.want {
			t.Errorf("%s: %d keys asked, want %d", tt.name, n, tt.want)
		}
		d.Close()
	}
}

// A removal takes back what was found when the row came.
func TestLookupJoinKeepsWhatItFound(t *testing.T) {
	f := &farTable{rows: [][2]int64{{1, 10}}}
	d := optest.Drive(t, optest.World{}, f.spec(Left, nil, true))
	defer d.Close()
	r := optest.R
	d.Do(optest.Rows(0, r("+I", 1, "a"), r("+I", 2, "b")))
	f.rows = [][2]int64{{1, 11}, {2, 20}}
	d.Do(optest.Rows(0, r("-U", 1, "a"), r("+U", 1, "c"), r("-D", 2, "b")))
	want := []string{"+I[1, a, 1, 10]", "+I[2, b, null, null]", "-U[1, a, 1, 10]", "+U[1, c, 1, 11]", "-D[2, b, null, null]"}
	if got := optest.Lines(d.Out()); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q", got)
	}
}
