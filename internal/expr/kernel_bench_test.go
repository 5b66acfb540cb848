package expr

import (
	"testing"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// kernelBatch has two BIGINT columns, one of them twice with a null in eight,
// and two columns of short texts, one of them not all ASCII.
func kernelBatch() (*vec.Batch, *testBinder) {
	ts := []types.Type{types.Of(types.BigInt).NotNull(), types.Of(types.BigInt).NotNull(), types.Of(types.BigInt), types.String().NotNull(), types.String().NotNull(), types.String()}
	b := vec.NewBatch(ts)
	words := []string{"Amsterdam", "berlin", "Copenhagen", "DUBLIN", "Edinburgh", "Faro", "Genova-x", "hanover", "Ioannina", "Jena7", "Kraków"}
	for i := range benchRows {
		b.Cols[0].AppendValue(int64(i * 7919 % 100_003))
		b.Cols[1].AppendValue(int64(i*104_729%50_021 + 1))
		if i%8 == 3 {
			b.Cols[2].AppendNulls(1)
		} else {
			b.Cols[2].AppendValue(int64(i % 1000))
		}
		b.Cols[3].AppendValue(words[i%10])
		b.Cols[4].AppendValue(words[i/3%10])
		b.Cols[5].AppendValue(words[i%11])
		b.N++
	}
	cols := map[string]*Col{}
	for i, n := range []string{"a", "b", "n", "s", "t", "u"} {
		cols[n] = &Col{Index: i, Name: n, T: ts[i]}
	}
	return b, &testBinder{cols: cols, zone: types.UTC}
}

// BenchmarkKernels shows operations a second of the simplest functions. The aim
// is 200 million over BIGINT and 30 million over short texts, without an
// allocation a row.
func BenchmarkKernels(b *testing.B) {
	for _, src := range []string{
		"a + b", "a - 7", "a * b", "a < b", "a = 500", "a + n", "n * n", "n > a", "n IS NULL", "a > 500 AND n < 7",
		"s = t", "s = 'DUBLIN'", "s < t", "UPPER(s)", "LOWER(s)", "UPPER(u)", "SUBSTRING(s, 2, 3)", "SUBSTRING(u, 2, 3)", "CONCAT(s, t)", "s || t", "s LIKE 'Ed%'", "s LIKE '%in'", "CHAR_LENGTH(s)", "LEFT(s, 2)", "TRIM(s)",
	} {
		b.Run(src, func(b *testing.B) {
			batch, tb := kernelBatch()
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
			b.ReportMetric(float64(b.N)*benchRows/b.Elapsed().Seconds()/1e6, "Mrows/s")
		})
	}
}
