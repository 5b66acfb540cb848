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
	var all Outcome
	store := os.Getenv("WEIR_SIM_STORE") != ""
	for _, seed := range seeds {
		o, err := Run(seed, store)
		all.Add(o)
		if err != nil {
			t.Errorf("WEIR_SIM_FROM=%d WEIR_SIM=1 go test ./internal/sim: %s: %v", seed, o.Pipeline, err)
		}
	}
	t.Logf("%d seeds: %v", len(seeds), all)
	if !store {
		all.Stores, all.StoreFaults = len(seeds), len(seeds)
	}
	if lacks := all.Lacks(int64(len(seeds)) / 50); len(seeds) >= 50 && len(lacks) > 0 { // a simulator that reaches nothing finds nothing
		t.Errorf("these happened too seldom: %v", lacks)
	}
}

// TestSeedsRepeat runs seeds twice: all calls of the disk must be the same.
func TestSeedsRepeat(t *testing.T) {
	n := uint64(20)
	if testing.Short() {
		n = 6
	}
	store := os.Getenv("WEIR_SIM_STORE") != ""
	for seed := range n {
		a, err1 := Run(seed, store)
		b, err2 := Run(seed, store)
		if a != b || (err1 == nil) != (err2 == nil) {
			t.Errorf("seed %d: first %+v (%v), then %+v (%v)", seed, a, err1, b, err2)
		}
	}
}
