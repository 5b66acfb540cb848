package datagen_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/connector/datagen"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

func declare(t testing.TB, cols []format.Column, given map[string]string) (*connector.Table, connector.Source, error) {
	t.Helper()
	all := map[string]string{"connector": "datagen"}
	for k, v := range given {
		all[k] = v
	}
	o, err := connector.Resolve(datagen.Spec(), nil, all, nil)
	if err != nil {
		t.Fatal(err)
	}
	tb := &connector.Table{Name: "t", Resolved: *o, Columns: cols, Env: &connector.Env{Clock: clock.NewFake(time.UnixMilli(86_400_000*2 + 1500))}}
	s, err := datagen.Spec().Source(tb)
	return tb, s, err
}

func read(t testing.TB, cols []format.Column, given map[string]string, parallelism, max int) [][]any {
	t.Helper()
	_, s, err := declare(t, cols, given)
	if err != nil {
		t.Fatal(err)
	}
	sc := connector.Scan{Parallelism: parallelism}
	var ts []types.Type
	for i, c := range cols {
		sc.Want, ts = append(sc.Want, i), append(ts, c.Type)
	}
	splits, err := s.Splits(context.Background(), sc)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]any
	for _, sp := range splits {
		var pos []byte
		for {
			r, err := s.Open(context.Background(), sc, sp, pos)
			if err != nil {
				t.Fatal(err)
			}
			b := vec.NewBatch(ts)
			err = r.Read(b, max)
			pos = r.Position()
			r.Close()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			for i := range b.N {
				var row []any
				for _, v := range b.Cols {
					row = append(row, v.Value(i))
				}
				out = append(out, row)
			}
		}
	}
	return out
}

var every = []format.Column{
	{Name: "seq", Type: types.Of(types.BigInt)},
	{Name: "b", Type: types.Of(types.Boolean)}, {Name: "t", Type: types.Of(types.TinyInt)}, {Name: "s", Type: types.Of(types.SmallInt)},
	{Name: "i", Type: types.Of(types.Int)}, {Name: "f", Type: types.Of(types.Float)}, {Name: "d", Type: types.Of(types.Double)},
	{Name: "dec", Type: types.DecimalOf(10, 2)}, {Name: "wide", Type: types.DecimalOf(30, 5)}, {Name: "str", Type: types.String()},
	{Name: "c", Type: types.CharOf(5)}, {Name: "bin", Type: types.Bytes()}, {Name: "day", Type: types.Of(types.Date)}, {Name: "ts", Type: types.TimestampOf(3)},
	{Name: "ts9", Type: types.TimestampLTZOf(9)}, {Name: "arr", Type: types.ArrayOf(types.Of(types.Int))},
	{Name: "m", Type: types.MapOf(types.String(), types.Of(types.Int))}, {Name: "r", Type: types.RowOf(types.Field{Name: "x", Type: types.Of(types.Int)})},
	{Name: "n", Type: types.Of(types.Int)}, {Name: "name", Type: types.String()}, {Name: "ms", Type: types.MultisetOf(types.String())},
}

var given = map[string]string{"number-of-rows": "1000", "rows-per-second": "0", "seed": "7", "fields.seq.kind": "sequence", "fields.seq.start": "5", "fields.seq.end": "2000",
	"fields.i.min": "-3", "fields.i.max": "3", "fields.d.min": "0", "fields.d.max": "1", "fields.dec.min": "1.5", "fields.dec.max": "2.5",
	"fields.str.length": "10", "fields.bin.length": "4", "fields.bin.var-len": "true", "fields.ts.max-past": "1 s", "fields.arr.length": "2",
	"fields.arr.element.min": "1", "fields.arr.element.max": "9", "fields.r.x.min": "7", "fields.r.x.max": "7", "fields.n.null-rate": "0.5",
	"fields.m.key.length": "2", "fields.name.kind": "sequence", "fields.name.start": "1", "fields.name.end": "1000"}

func TestValues(t *testing.T) {
	rows := read(t, every, given, 1, 300)
	if len(rows) != 1000 {
		t.Fatalf("%d rows", len(rows))
	}
	nulls := 0
	seen := map[any]bool{}
	for n, r := range rows {
		at := map[string]any{}
		for c, col := range every {
			at[col.Name] = r[c]
		}
		i, d, dec := at["i"].(int64), at["d"].(float64), at["dec"].(int64)
		ok := at["seq"] == int64(5+n) && i >= -3 && i <= 3 && d >= 0 && d < 1 && dec >= 150 && dec <= 250 && len(at["str"].(string)) == 10 &&
			len(at["c"].(string)) == 5 && len(at["bin"].(string)) >= 1 && len(at["bin"].(string)) <= 4 && at["day"] == int64(2) &&
			at["ts"].(int64) >= 172800500 && at["ts"].(int64) <= 172801500 && at["ts9"] == types.TimeNs{Ms: 172801500} &&
			len(at["arr"].([]any)) == 2 && at["arr"].([]any)[1].(int64) < 10 && len(at["m"].([][2]any)) == 3 && at["r"].([]any)[0] == int64(7) &&
			at["name"] == fmt.Sprint(n+1) && len(at["ms"].([][2]any)) == 3
		if !ok {
			t.Fatalf("row %d: %v", n, at)
		}
		if at["n"] == nil {
			nulls++
		}
		seen[at["str"]] = true
	}
	if nulls < 400 || nulls > 600 || len(seen) != 1000 {
		t.Errorf("%d nulls of 1000, %d texts", nulls, len(seen))
	}
	par := read(t, every, given, 3, 50)
	if !reflect.DeepEqual(sorted(par), sorted(rows)) {
		t.Error("three splits make other rows")
	}
}

func sorted(rows [][]any) []string {
	var out []string
	for _, r := range rows {
		out = append(out, fmt.Sprint(r))
	}
	sort.Strings(out)
	return out
}

func TestRate(t *testing.T) {
	cols := every[4:5]
	tb, s, err := declare(t, cols, map[string]string{"rows-per-second": "100"})
	if err != nil {
		t.Fatal(err)
	}
	if s.Bounded() || s.Rows() >= 0 {
		t.Error("it has no end")
	}
	sc := connector.Scan{Want: []int{0}, Parallelism: 1}
	sp, _ := s.Splits(context.Background(), sc)
	r, err := s.Open(context.Background(), sc, sp[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b := vec.NewBatch([]types.Type{cols[0].Type})
	drain := func() int {
		for {
			n := b.N
			if err := r.Read(b, 7); err != nil {
				t.Fatal(err)
			}
			if b.N == n {
				return n
			}
		}
	}
	if n := drain(); n != 1 {
		t.Errorf("%d rows at the start", n)
	}
	tb.Env.Clock.(*clock.Fake).Advance(500 * time.Millisecond)
	<-r.Ready()
	if n := drain(); n != 51 {
		t.Errorf("%d rows after half a second", n)
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		given map[string]string
		want  string
	}{
		{map[string]string{"fields.i.mn": "1"}, "no column takes the option 'fields.i.mn' (did you mean 'fields.i.min'?)"},
		{map[string]string{"fields.zzzzz.kind": "random"}, "no column takes the option 'fields.zzzzz.kind' (columns are i)"},
		{map[string]string{"fields.i.min": "x"}, "the option 'fields.i.min' is a whole number such as 4, not 'x'"},
		{map[string]string{"fields.i.min": "4", "fields.i.max": "3"}, "'fields.i.min' is greater than 'fields.i.max'"},
		{map[string]string{"fields.i.max": "3000000000"}, "the range of the column i leaves its type INT"},
		{map[string]string{"fields.i.kind": "sequence", "fields.i.start": "1"}, "a sequence needs the option 'fields.i.end'"},
		{map[string]string{"fields.i.kind": "rnd"}, "the option 'fields.i.kind' is one of random, sequence, not 'rnd'"},
	} {
		_, _, err := declare(t, every[4:5], c.given)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %s", c.given, err, c.want)
		}
	}
}
