package bench

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"testing"
)

//go:embed testdata/nexmark.tsv
var expected string

// TestNexmark runs every query in both modes and at two parallelisms: the
// results are those that are stored, of which test/bench/README.md tells how they
// were compared with other systems.
func TestNexmark(t *testing.T) {
	want := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(expected), "\n") {
		query, rest, _ := strings.Cut(line, "\t")
		want[query] = rest
	}
	for _, q := range slices.Concat(NexmarkQueries(), CEPQueries(), TemporalQueries()) {
		t.Run(q, func(t *testing.T) {
			t.Parallel()
			events := int64(20000)
			if q == "q23" { // ids of bidders meet those of people only later
				events = 60000
			}
			for _, mode := range []string{"streaming", "batch"} {
				for _, p := range []int{1, 2} {
					r, err := RunNexmark(context.Background(), q, NexmarkConfig{Events: events, Parallelism: p, Mode: mode, EventClock: true, Seed: 42, Rate: 10000})
					if err != nil {
						t.Fatalf("%s at parallelism %d: %v", mode, p, err)
					}
					if got := fmt.Sprintf("%d\t%s", r.Rows, r.Checksum); got != want[q] {
						t.Errorf("%s at parallelism %d: rows and checksum %q, want %q", mode, p, got, want[q])
					}
				}
			}
		})
	}
}
