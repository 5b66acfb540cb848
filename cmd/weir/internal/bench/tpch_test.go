package bench_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/weir-stream/weir/cmd/weir/internal/bench"
)

var rewrite = flag.Bool("rewrite", false, "write the checksums anew")

const sums = "testdata/tpch-0.01.txt"

// TestTpchAnswers runs all queries at scale 0.01 against checksums of answers
// that test/bench/tpch_compare.py found equal to DuckDB's.
func TestTpchAnswers(t *testing.T) {
	want := readSums(t)
	var fresh strings.Builder
	for _, p := range []int{1, 2} {
		runs := bench.NewTpch(bench.TpchConfig{Scale: 0.01, Parallelism: p, Mode: "batch", Seed: 1})
		for _, q := range bench.TpchQueries() {
			r, err := runs.Run(context.Background(), q)
			if err != nil {
				t.Error(err)
				continue
			}
			got := fmt.Sprintf("%d %s", r.Rows, r.Checksum)
			if p == 1 {
				fmt.Fprintln(&fresh, q, got)
			}
			if got != want[q] && !*rewrite {
				t.Errorf("%s, parallelism %d: %s, want %s", q, p, got, want[q])
			}
		}
	}
	if *rewrite {
		if err := os.WriteFile(sums, []byte(fresh.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTpchStreaming: the changelog of a streaming run folds to the same answer.
func TestTpchStreaming(t *testing.T) {
	want := readSums(t)
	runs := bench.NewTpch(bench.TpchConfig{Scale: 0.01, Parallelism: 2, Mode: "streaming", Seed: 1})
	for _, q := range bench.TpchQueries() {
		r, err := runs.Run(context.Background(), q)
		if err != nil {
			t.Error(err)
			continue
		}
		if got := fmt.Sprintf("%d %s", r.Rows, r.Checksum); got != want[q] {
			t.Errorf("%s: %s, want %s", q, got, want[q])
		}
	}
}

func readSums(t *testing.T) map[string]string {
	f, err := os.Open(sums)
	if os.IsNotExist(err) && *rewrite {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := map[string]string{}
	for s := bufio.NewScanner(f); s.Scan(); {
		q, sum, _ := strings.Cut(s.Text(), " ")
		out[q] = sum
	}
	return out
}
