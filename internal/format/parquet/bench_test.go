package parquet

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// BenchmarkDecode reads all columns of the Parquet files of the folder that
// WEIR_BENCH_PARQUET names.
func BenchmarkDecode(b *testing.B) {
	dir := os.Getenv("WEIR_BENCH_PARQUET")
	paths, _ := filepath.Glob(filepath.Join(dir, "*.parquet"))
	if dir == "" || len(paths) == 0 {
		b.Skip("WEIR_BENCH_PARQUET names no folder of Parquet files")
	}
	b.ReportAllocs()
	rows := int64(0)
	for b.Loop() {
		for _, p := range paths {
			rows += decodeAll(b, p, nil)
		}
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}

func decodeAll(tb testing.TB, path string, want []int) int64 {
	f, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	st, _ := f.Stat()
	cols, err := infer(nil, f, st.Size(), nil)
	if err != nil {
		tb.Fatal(err)
	}
	if want == nil {
		for i := range cols {
			want = append(want, i)
		}
	}
	var ts []types.Type
	for _, w := range want {
		ts = append(ts, cols[w].Type)
	}
	ps, _ := parts(f, st.Size())
	r, err := openFile(format.Schema{Columns: cols, Want: want, Zone: types.UTC}, nil, f, st.Size(), format.Part{To: len(ps)}, format.Where{File: path})
	if err != nil {
		tb.Fatal(err)
	}
	defer r.Close()
	out, n := vec.NewBatch(ts), int64(0)
	for {
		out.Reset()
		if err := r.Read(out, 4096); err != nil {
			if errors.Is(err, io.EOF) {
				return n
			}
			tb.Fatal(err)
		}
		n += int64(out.N)
	}
}
