// Command random draws queries over small random tables and compares the answers:
// streaming against batch, optimised against not, parallelism and batch sizes
// against each other, and with -dump against other systems.
//
//	go run ./test/random -n 50000 -seed 1          all worlds, with coverage
//	go run ./test/random -n 5000 -dump q.jsonl     for against_duckdb.py and against_flink.py
//	go run ./test/random -seed 17 -n 1 -v          one seed again
//
// What differs is made smaller, printed as a script of the corpus, and kept in the
// folder that -out names. It exists because nobody thinks of the queries that
// users write.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

// perSeed is the number of queries over one set of data.
const perSeed = 20

func main() {
	o := options{log: os.Stdout}
	dump := flag.String("dump", "", "write tables, queries and rows as JSON lines, for other systems, and compare nothing")
	flag.IntVar(&o.queries, "n", 2000, "number of queries")
	flag.Uint64Var(&o.seed, "seed", 1, "the first seed; each has 20 queries over data of its own")
	flag.StringVar(&o.out, "out", "", "folder for scripts of what differs")
	flag.IntVar(&o.workers, "workers", runtime.GOMAXPROCS(0), "seeds at a time")
	flag.DurationVar(&o.most, "for", 24*time.Hour, "begin no more seeds after this time")
	flag.IntVar(&o.least, "least", 0, "fail if a relational operator is in fewer queries, or what queries and tables must have is too rare")
	flag.BoolVar(&o.verbose, "v", false, "print every query")
	flag.Parse()
	debug.SetGCPercent(800) // what is live is small
	if *dump != "" {
		f, err := os.Create(*dump)
		if err != nil {
			fmt.Fprintln(os.Stderr, "random:", err)
			os.Exit(2)
		}
		defer f.Close()
		o.dump = json.NewEncoder(f)
		o.workers = 1
	}
	wrong, err := o.run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "random:", err)
		os.Exit(2)
	}
	if wrong > 0 {
		os.Exit(1)
	}
}

// options are what a run is given.
type options struct {
	queries, workers, least int
	seed                    uint64
	most                    time.Duration
	out                     string
	verbose                 bool
	dump                    *json.Encoder
	log                     io.Writer

	mu sync.Mutex // of log
}

// totals are what a worker found.
type totals struct {
	*coverage
	wrong, refused, silent int
	err                    error
}

// run draws all queries and gives how many were answered in two ways, and what came
// too seldom.
func (o *options) run() (wrong int, err error) {
	started := time.Now()
	seeds := make(chan uint64)
	results := make([]totals, max(o.workers, 1))
	var wg sync.WaitGroup
	for i := range results {
		results[i].coverage = newCoverage()
		wg.Go(func() {
			for s := range seeds {
				if err := o.one(s, &results[i]); err != nil && results[i].err == nil {
					results[i].err = err
				}
			}
		})
	}
	for i := range (o.queries + perSeed - 1) / perSeed {
		if o.most > 0 && time.Since(started) > o.most {
			break
		}
		seeds <- o.seed + uint64(i)
	}
	close(seeds)
	wg.Wait()
	all := totals{coverage: newCoverage()}
	for _, t := range results {
		all.add(t.coverage)
		all.wrong, all.refused, all.silent = all.wrong+t.wrong, all.refused+t.refused, all.silent+t.silent
		if all.err == nil {
			all.err = t.err
		}
	}
	seldom := []string(nil)
	if o.dump == nil {
		if seldom = all.print(o.log, o.least); len(seldom) > 0 {
			fmt.Fprintf(o.log, "too seldom (%d queries are wanted): %v\n", o.least, seldom)
		}
	}
	fmt.Fprintf(o.log, "%d queries in %d worlds, %d disagree; %d of %d runs refused, %d queries by all; %s\n", all.queries, len(worlds), all.wrong,
		all.refused, all.queries*len(worlds), all.silent, time.Since(started).Round(time.Second))
	return all.wrong + len(seldom), all.err
}

// one draws the data and queries of a seed.
func (o *options) one(seed uint64, t *totals) error {
	rnd := rand.New(rand.NewPCG(seed, 1))
	d := randomData(rnd)
	r, err := newRun(d)
	if err != nil {
		return err
	}
	defer r.close()
	t.coverage.data(r, d)
	calls := samples()
	made := func(c choices) (*generator, string) {
		g := &generator{choices: c, plain: o.dump != nil, tags: map[string]bool{}, samples: calls}
		sql := g.query()
		return g, sql
	}
	for i := range min(perSeed, o.queries) {
		g, sql := made(choices{rnd: rnd})
		if o.verbose {
			o.print("seed %d query %d: %s\n", seed, i, sql)
		}
		if o.dump != nil {
			t.queries++
			if err := r.dump(o.dump, d, sql); err != nil {
				return err
			}
			continue
		}
		t.coverage.query(r, g, sql)
		diff := r.differs(sql)
		if diff == "" {
			continue
		}
		t.wrong++
		sql, diff = shrink(r, func(taken []int) string { _, s := made(choices{taken: taken}); return s }, g.taken, sql, diff)
		verb := "query"
		if writes(sql) {
			verb = "statement ok"
		}
		script := fmt.Sprintf("# Seed %d, query %d.\n\n%sstatement ok%s\n\n%s\n%s\n----\n", seed, i, d.text(), tables, verb, sql)
		o.print("%s\n%s\n\n", script, diff)
		if o.out != "" {
			if err := os.WriteFile(filepath.Join(o.out, fmt.Sprintf("seed%d_%d.slt", seed, i)), []byte(script), 0o644); err != nil {
				return err
			}
		}
	}
	t.refused += r.refused
	t.silent += r.silent
	return nil
}

func (o *options) print(format string, args ...any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	fmt.Fprintf(o.log, format, args...)
}
