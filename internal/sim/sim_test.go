package sim

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestSeeds runs the seeds that failed once (testdata/seeds) and WEIR_SIM others
// from WEIR_SIM_FROM on, 60 from 0 if they are not set. One seed again:
//
//	WEIR_SIM_FROM=17 WEIR_SIM=1 go test ./internal/sim
func TestSeeds(t *testing.T) {
	number := func(name string, def uint64) uint64 {
		if n, err := strconv.ParseUint(os.Getenv(name), 10, 64); err == nil {
			return n
		}
		return def
	}
	var seeds []uint64
	text, err := os.ReadFile("testdata/seeds")
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range strings.Fields(string(text)) {
		if n, err := strconv.ParseUint(word, 10, 64); err == nil {
			seeds = append(seeds, n)
		}
	}
	from := number("WEIR_SIM_FROM", 0)
	for i := range number("WEIR_SIM", 60) {
		seeds = append(seeds, from+i)
	}
	lives, faults := 0, 0
	for _, seed := range seeds {
		o, err := Run(seed, os.Getenv("WEIR_SIM_FSYNC") != "")
		lives, faults = lives+o.Lives, faults+o.Faults
		if err != nil {
			t.Errorf("WEIR_SIM_FROM=%d WEIR_SIM=1 go test ./internal/sim: %s: %v", seed, o.Pipeline, err)
		}
	}
	t.Logf("%d seeds, %d processes, %d faults of the disk", len(seeds), lives, faults)
}

// TestSeedsRepeat runs seeds twice: all calls of the disk must be the same.
func TestSeedsRepeat(t *testing.T) {
	n := uint64(20)
	if testing.Short() {
		n = 6
	}
	for seed := range n {
		a, err1 := Run(seed, true)
		b, err2 := Run(seed, true)
		if a != b || (err1 == nil) != (err2 == nil) {
			t.Errorf("seed %d: first %+v (%v), then %+v (%v)", seed, a, err1, b, err2)
		}
	}
}
