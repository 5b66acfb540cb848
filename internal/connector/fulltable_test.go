package connector

import (
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/spill"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// numbers is a table of rows (i mod 1000, text of i), read anew each time.
type numbers struct {
	Source
	rows, reads int
}

func (n *numbers) Splits(context.Context, Scan) ([]Split, error) { return []Split{{}}, nil }

func (n *numbers) Open(context.Context, Scan, Split, []byte) (Reader, error) {
	n.reads++
	return &numbersReader{n: n}, nil
}

type numbersReader struct {
	Reader
	n  *numbers
	at int
}

func (r *numbersReader) Read(b *vec.Batch, most int) error {
	if r.at == r.n.rows {
		return io.EOF
	}
	for n := 0; n < most && r.at < r.n.rows; n++ {
		b.Cols[0].AppendValue(int64(r.at % 1000))
		b.Cols[1].AppendValue(numberText(r.at, r.n.reads))
		r.at++
	}
	return nil
}

func (r *numbersReader) Close() error { return nil }

func numberText(i, read int) string { return fmt.Sprintf("%0*d of %d", i%80, i, read) }

// A table that is kept for lookups may be larger than memory, is read again when that
// is due, and is let go of by its last reader.
func TestFullCacheBeyondMemory(t *testing.T) {
	ctx, now := context.Background(), clock.NewFake(time.Unix(0, 0))
	cols := []types.Type{types.Of(types.BigInt), types.String()}
	src := &numbers{rows: 30_000}
	c := &FullCache{Source: src, table: &Table{Columns: []format.Column{{Type: cols[0]}, {Type: cols[1]}}, Env: &Env{Clock: now}},
		reload: reloading{every: time.Hour}, kept: map[*spill.Budget]*fullTable{}}
	for _, limit := range []int64{0, 512 << 10} {
		src.reads = 0
		budget := spill.New(spill.Config{Limit: limit, Dirs: []string{t.TempDir()}})
		s := LookupScan{Want: []int{0, 1}, Keys: []int{0}, Memory: budget}
		var readers []Lookup
		for range 2 {
			r, err := c.OpenLookup(ctx, s)
			if err != nil {
				t.Fatal(err)
			}
			readers = append(readers, r)
		}
		for read := 1; read <= 2; read++ {
			for _, r := range readers {
				keys, out := vec.NewBatch(cols[:1]), vec.NewBatch(cols)
				for _, k := range []int64{7, 5000, 999, 7} {
					keys.Cols[0].AppendValue(k)
					keys.N++
				}
				of, err := r.Lookup(ctx, keys, out, nil)
				if err != nil || len(of) != 90 || out.N != 90 {
					t.Fatalf("%d rows, error %v", len(of), err)
				}
				for i, k := range of {
					want := []int{7, -1, 999, 7}[k] + i%30*1000
					if got := out.Cols[1].S[i]; got != numberText(want, read) {
						t.Fatalf("limit %d: row %d is %q, want %q", limit, i, got, numberText(want, read))
					}
				}
			}
			now.Advance(time.Hour)
		}
		if spilled, _ := budget.Spilled(); src.reads != 2 || spilled == 0 && limit > 0 {
			t.Errorf("limit %d: read %d times, %d bytes spilled", limit, src.reads, spilled)
		}
		for _, r := range readers {
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}
		if spilled, _ := budget.Spilled(); spilled != 0 || budget.Memory() != 0 || len(c.kept) != 0 {
			t.Errorf("limit %d: %d bytes are in memory, %d on disk", limit, budget.Memory(), spilled)
		}
		_ = budget.Close()
	}
}
