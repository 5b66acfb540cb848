package expr

import (
	"fmt"
	"testing"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

const benchRows = 2048

// benchBatch is a batch of bids: price, time, channel, url, category.
func benchBatch() (*vec.Batch, *testBinder) {
	ts := []types.Type{types.Of(types.BigInt), types.TimestampOf(3), types.String(), types.String(), types.Of(types.Int), types.DecimalOf(15, 2), types.DecimalOf(15, 2)}
	b := vec.NewBatch(ts)
	channels := []string{"Google", "Facebook", "Baidu", "Apple", "channel-4711"}
	for i := range benchRows {
		b.Cols[0].AppendValue(int64(i*7919%100000 + 100))
		b.Cols[1].AppendValue(1_700_000_000_000 + int64(i))
		b.Cols[2].AppendValue(channels[i%5])
		url := fmt.Sprintf("https://www.nexmark.com/abc/%d_x/hot/item.htm?query=1", i)
		if i%5 != 0 {
			url += fmt.Sprintf("&channel_id=%d", i*104729)
		}
		b.Cols[3].AppendValue(url)
		b.Cols[4].AppendValue(int64(i % 20))
		b.Cols[5].AppendValue(int64(i*7919 + 100))
		b.Cols[6].AppendValue(int64(i % 11))
		b.N++
	}
	cols := map[string]*Col{}
	for i, n := range []string{"price", "ts", "channel", "url", "category", "ext", "disc"} {
		cols[n] = &Col{Index: i, Name: n, T: ts[i]}
	}
	return b, &testBinder{cols: cols, zone: types.UTC}
}

func BenchmarkEval(b *testing.B) {
	for _, src := range []string{
		"0.908 * price",
		"DATE_FORMAT(ts, 'yyyy-MM-dd')",
		"DATE_FORMAT(ts, 'HH:mm')",
		"REGEXP_EXTRACT(url, '(&|^)channel_id=([^&]*)', 2)",
		"SPLIT_INDEX(url, '/', 3)",
		"CASE WHEN LOWER(channel) = 'apple' THEN '0' WHEN LOWER(channel) = 'google' THEN '1' ELSE REGEXP_EXTRACT(url, '(&|^)channel_id=([^&]*)', 2) END",
		"price + category",
		"price * 3 + 1",
		"MOD(price, 123)",
		"HOUR(ts)",
		"LOWER(channel)",
		"CAST(price AS STRING)",
		"url LIKE '%hot%'",
		"price > 1000 AND category < 10",
		"CASE WHEN price < 10000 THEN 'low' WHEN price < 50000 THEN 'mid' ELSE 'high' END",
		"channel || url",
		"ext * (1 - disc)",
		"ext * (1 - disc) * (1 + disc)",
		"SUBSTRING(url, 9, 3)",
		"EXTRACT(YEAR FROM ts)",
		"url LIKE '%nexmark%channel%'",
		"CAST(ts AS TIMESTAMP(6))",
		"ts + INTERVAL '4' SECOND",
	} {
		b.Run(src, func(b *testing.B) {
			batch, tb := benchBatch()
			e, err := tb.bind(src)
			if err != nil {
				b.Fatal(err)
			}
			p, err := Compile([]Expr{Fold(e, types.UTC)}, batch.Types(), types.UTC)
			if err != nil {
				b.Fatal(err)
			}
			ctx := &fn.Ctx{}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Eval(ctx, batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
		})
	}
}

func BenchmarkFilter(b *testing.B) {
	for _, src := range []string{
		"price > 50000",
		"category = 10",
		"channel = 'Apple'",
		"price > 50000 AND category < 10 AND channel <> 'Baidu'",
		"MOD(price, 123) = 0",
		"category IN (1, 5, 7)",
		"channel IN ('Apple', 'Google')",
		"price BETWEEN 1000 AND 50000",
	} {
		b.Run(src, func(b *testing.B) {
			batch, tb := benchBatch()
			if src == "price BETWEEN 1000 AND 50000" {
				src = "price >= 1000 AND price <= 50000"
			}
			e, err := tb.bind(src)
			if err != nil {
				b.Fatal(err)
			}
			f, err := CompileFilter(Fold(e, types.UTC), batch.Types(), types.UTC)
			if err != nil {
				b.Fatal(err)
			}
			ctx := &fn.Ctx{}
			var sel []int32
			b.ReportAllocs()
			for b.Loop() {
				if sel, err = f.Select(ctx, batch, sel); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
		})
	}
}
