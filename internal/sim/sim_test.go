package sim

import (
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// modes are words of testdata/seeds before seeds that draw less than all.
var modes = map[string]Mode{"plain": {}, "store": {Store: true}, "all": {Store: true, Edits: true}, "wide": {Store: true, Edits: true, Wide: true},
	"expires": {Store: true, Edits: true, Wide: true, Expires: true}}

type kept struct {
	seed uint64
	mode Mode
}

// keptSeeds reads testdata/seeds.
func keptSeeds(t *testing.T) (seeds []kept) {
	text, err := os.ReadFile("testdata/seeds")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		m, ok := modes[words[0]]
		for _, word := range words[1:] {
			n, err := strconv.ParseUint(word, 10, 64)
			if err != nil || !ok {
				break
			}
			seeds = append(seeds, kept{n, m})
		}
	}
	return seeds
}

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
	seeds := keptSeeds(t)
	from := number("WEIR_SIM_FROM", 0)
	for i := range number("WEIR_SIM", 60) {
		seeds = append(seeds, kept{from + i, modes["expires"]})
	}
	var trace io.Writer
	if os.Getenv("WEIR_SIM_TRACE") != "" {
		trace = os.Stderr
	}
	var all Outcome
	var mu sync.Mutex
	next := 0
	work := func() {
		for {
			mu.Lock()
			i := next
			next++
			mu.Unlock()
			if i >= len(seeds) {
				return
			}
			s := seeds[i]
			o, err := Run(s.seed, s.mode, trace)
			mu.Lock()
			if all.Add(o); err != nil {
				t.Errorf("WEIR_SIM_FROM=%d WEIR_SIM=1 go test ./internal/sim: %+v %s: %v", s.seed, s.mode, o.Pipeline, err)
			}
			if i%100 == 99 {
				t.Logf("%d seeds", i+1)
			}
			mu.Unlock()
		}
	}
	workers := 1
	if trace == nil {
		workers = runtime.GOMAXPROCS(0)
	}
	var wg sync.WaitGroup
	for range workers {
		wg.Go(work)
	}
	wg.Wait()
	t.Logf("%d seeds: %v", len(seeds), all)
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
	for seed := range n {
		a, err1 := Run(seed, modes["expires"], nil)
		b, err2 := Run(seed, modes["expires"], nil)
		if a != b || (err1 == nil) != (err2 == nil) {
			t.Errorf("seed %d: first %+v (%v), then %+v (%v)", seed, a, err1, b, err2)
		}
	}
}
