package nexmark_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"reflect"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/connector/nexmark"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

func table(t testing.TB, given map[string]string) (*connector.Table, connector.Source) {
	t.Helper()
	given["connector"] = "nexmark"
	o, err := connector.Resolve(nexmark.Spec(), nil, given, nil)
	if err != nil {
		t.Fatal(err)
	}
	tb := &connector.Table{Name: "t", Resolved: *o, Env: &connector.Env{Clock: clock.NewFake(time.UnixMilli(5_000_000))}}
	found, err := nexmark.Spec().Columns(context.Background(), tb)
	if err != nil {
		t.Fatal(err)
	}
	tb.Columns = found.Columns
	s, err := nexmark.Spec().Source(tb)
	if err != nil {
		t.Fatal(err)
	}
	return tb, s
}

func batch(tb *connector.Table, want []int) *vec.Batch {
	var ts []types.Type
	for _, w := range want {
		ts = append(ts, tb.Columns[w].Type)
	}
	return vec.NewBatch(ts)
}

// read gives all rows of all splits as values, in batches of max.
func read(t testing.TB, given map[string]string, want []int, parallelism, max int, reopen bool) [][]any {
	t.Helper()
	tb, s := table(t, given)
	if want == nil {
		for i := range tb.Columns {
			want = append(want, i)
		}
	}
	sc := connector.Scan{Want: want, Parallelism: parallelism}
	splits, err := s.Splits(context.Background(), sc)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]any
	for _, sp := range splits {
		r, err := s.Open(context.Background(), sc, sp, nil)
		if err != nil {
			t.Fatal(err)
		}
		b := batch(tb, want)
		for {
			b.Reset()
			if err := r.Read(b, max); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			for i := range b.N {
				var row []any
				for _, v := range b.Cols {
					row = append(row, v.Value(i))
				}
				out = append(out, row)
			}
			if reopen {
				if r, err = s.Open(context.Background(), sc, sp, r.Position()); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return out
}

func sorted(rows [][]any) []string {
	var out []string
	for _, r := range rows {
		out = append(out, fmt.Sprint(r))
	}
	sort.Strings(out)
	return out
}

// TestSameRows: neither parallelism, batch size, restarts nor the choice of
// columns change a row.
func TestSameRows(t *testing.T) {
	for _, kind := range []string{"events", "person", "auction", "bid"} {
		given := func() map[string]string { return map[string]string{"events.num": "3217", "table": kind} }
		whole := read(t, given(), nil, 1, 10_000, false)
		_, s := table(t, given())
		if int64(len(whole)) != s.Rows() {
			t.Errorf("%s: %d rows, %d were promised", kind, len(whole), s.Rows())
		}
		if in := read(t, given(), nil, 1, 7, true); !reflect.DeepEqual(in, whole) {
			t.Errorf("%s: batches of 7 differ", kind)
		}
		if par := read(t, given(), nil, 3, 100, false); !reflect.DeepEqual(sorted(par), sorted(whole)) {
			t.Errorf("%s: three splits differ", kind)
		}
		for c := range whole[0] {
			for i, row := range read(t, given(), []int{c}, 1, 1000, false) {
				if !reflect.DeepEqual(row[0], whole[i][c]) {
					t.Fatalf("%s: column %d alone differs at row %d", kind, c, i)
				}
			}
		}
		other := given()
		other["seed"] = "43"
		if reflect.DeepEqual(read(t, other, nil, 1, 10_000, false), whole) {
			t.Errorf("%s: the seed has no effect", kind)
		}
	}
}

// TestUnion: the plain tables are the events of their kind.
func TestUnion(t *testing.T) {
	all := read(t, map[string]string{"events.num": "1000"}, nil, 1, 300, false)
	for k, kind := range []string{"person", "auction", "bid"} {
		i := 0
		for _, row := range read(t, map[string]string{"events.num": "1000", "table": kind}, nil, 1, 300, false) {
			for all[i][0] != int64(k) {
				i++
			}
			if !reflect.DeepEqual(all[i][1+k], any(row)) {
				t.Fatalf("%s %d: %v, but the event is %v", kind, i, row, all[i])
			}
			for o := range 3 {
				if o != k && all[i][1+o] != nil {
					t.Fatalf("event %d has two parts", i)
				}
			}
			i++
		}
	}
}

// TestDistribution checks the figures of the public generator.
func TestDistribution(t *testing.T) {
	const events = 100_000
	bids := read(t, map[string]string{"events.num": fmt.Sprint(events), "table": "bid"}, nil, 1, 5000, false)
	if len(bids) != events/50*46 {
		t.Fatalf("%d bids", len(bids))
	}
	hotA, hotB, hotC, extra, price := 0, 0, 0, 0, 0
	for _, b := range bids {
		a, who, p := b[0].(int64), b[1].(int64), b[2].(int64)
		if a < 1000 || who < 2000 || p < 100 || p > 100_000_000 {
			t.Fatalf("bid %v", b)
		}
		if (a-1000)%100 == 0 {
			hotA++
		}
		if (who-2000)%100 == 1 {
			hotB++
		}
		if !strings.HasPrefix(b[3].(string), "channel-") {
			hotC++
		}
		if p < 100_000 {
			price++
		}
		extra += len(b[6].(string))
	}
	near := func(what string, n int, want float64) {
		if got := float64(n) / float64(len(bids)); got < want*0.97 || got > want*1.03 {
			t.Errorf("%s: %.3f, want %.3f", what, got, want)
		}
	}
	near("bids on hot auctions", hotA, 0.505)
	near("bids of hot bidders", hotB, 0.752)
	near("hot channels", hotC, 0.5)
	near("prices below 1000", price, 0.5)
	near("filler", extra, 67.5)
	auctions := read(t, map[string]string{"events.num": fmt.Sprint(events), "table": "auction"}, nil, 1, 5000, false)
	for i, a := range auctions {
		if a[0] != int64(1000+i) || a[4].(int64) <= a[3].(int64) || a[6].(int64) <= a[5].(int64) || a[8].(int64) < 10 || a[8].(int64) > 14 {
			t.Fatalf("auction %v", a)
		}
	}
	if at := bids[len(bids)-1][5].(int64); at != 1767225600000+(events-1)*1000/10_000 {
		t.Errorf("the last bid is at %d", at)
	}
}

// TestGolden pins the rows: benchmarks compare checksums between versions.
func TestGolden(t *testing.T) {
	h := fnv.New64a()
	for _, r := range read(t, map[string]string{"events.num": "5000", "seed": "1"}, nil, 1, 512, false) {
		fmt.Fprintln(h, r)
	}
	if got := fmt.Sprintf("%x", h.Sum64()); got != "83af686390b075f3" {
		t.Errorf("the first 5000 events of seed 1 have become others: %s", got)
	}
}

func TestRates(t *testing.T) {
	// The rate swings between 1000 and 3000, so that two periods hold 2000 a
	// second, and event times never go back.
	for _, shape := range []string{"SINE", "SQUARE"} {
		rows := read(t, map[string]string{"events.num": "40000", "table": "bid", "first-event.rate": "1000", "next-event.rate": "3000", "rate.period": "10 s",
			"rate.shape": shape, "base-time": "1970-01-01 00:00:00"}, []int{5}, 1, 5000, false)
		last := int64(0)
		for _, r := range rows {
			if r[0].(int64) < last {
				t.Fatalf("%s: %d comes after %d", shape, r[0], last)
			}
			last = r[0].(int64)
		}
		if last < 19_000 || last > 21_500 {
			t.Errorf("%s: 40000 events take %d ms", shape, last)
		}
	}
}

func TestLimited(t *testing.T) {
	tb, s := table(t, map[string]string{"rate.limited": "true", "first-event.rate": "1000", "next-event.rate": "1000"})
	c := tb.Env.Clock.(*clock.Fake)
	sc := connector.Scan{Want: []int{0}, Parallelism: 1}
	sp, _ := s.Splits(context.Background(), sc)
	r, err := s.Open(context.Background(), sc, sp[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b := batch(tb, sc.Want)
	total := func() int {
		for {
			n := b.N
			if err := r.Read(b, 100); err != nil {
				t.Fatal(err)
			}
			if b.N == n {
				return n
			}
		}
	}
	if n := total(); n != 1 {
		t.Errorf("%d events at the start", n)
	}
	c.Advance(250 * time.Millisecond)
	<-r.Ready()
	if n := total(); n != 251 {
		t.Errorf("%d events after 250 ms", n)
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		col   string
		typ   types.Type
		given map[string]string
		want  string
	}{
		{"bids", types.Of(types.Int), nil, "the nexmark events have no column 'bids' (did you mean 'bid'?)"},
		{"bid", types.RowOf(types.Field{Name: "pric", Type: types.Of(types.BigInt)}), nil, "the nexmark events have no column 'pric' (did you mean 'price'?)"},
		{"price", types.String(), map[string]string{"table": "bid"}, "the nexmark column 'price' is BIGINT, not STRING"},
		{"price", types.Of(types.BigInt), map[string]string{"table": "bid", "bid.proportion": "0"}, "the option 'bid.proportion' is at least 1, not 0"},
	} {
		given := map[string]string{"connector": "nexmark"}
		for k, v := range c.given {
			given[k] = v
		}
		o, err := connector.Resolve(nexmark.Spec(), nil, given, nil)
		if err != nil {
			t.Fatal(err)
		}
		tb, _ := table(t, map[string]string{})
		tb.Options = o.Options
		tb.Columns = tb.Columns[:1]
		tb.Columns[0].Name, tb.Columns[0].Type = c.col, c.typ
		if _, err := nexmark.Spec().Source(tb); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.col, err, c.want)
		}
	}
}

// BenchmarkRead makes all columns of all events.
func BenchmarkRead(b *testing.B) {
	for _, kind := range []string{"events", "bid"} {
		b.Run(kind, func(b *testing.B) {
			tb, s := table(b, map[string]string{"table": kind})
			var want []int
			for i := range tb.Columns {
				want = append(want, i)
			}
			sc := connector.Scan{Want: want, Parallelism: 1}
			sp, _ := s.Splits(context.Background(), sc)
			r, err := s.Open(context.Background(), sc, sp[0], nil)
			if err != nil {
				b.Fatal(err)
			}
			out, rows := batch(tb, want), 0
			b.ReportAllocs()
			for b.Loop() {
				out.Reset()
				if err := r.Read(out, 4096); err != nil {
					b.Fatal(err)
				}
				rows += out.N
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds()/1e6, "Mrows/s")
		})
	}
}
