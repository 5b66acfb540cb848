package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"runtime"
	"strings"

	"github.com/weir-stream/weir/cmd/weir/internal/bench"
)

// benchTpchCmd runs TPC-H queries over tables in memory, one after the other in
// this process, as a database would.
type benchTpchCmd struct {
	Queries     string            `help:"Queries, such as q1,q5, or all." default:"all"`
	Scale       float64           `help:"Scale factor: 1 is about a gigabyte." default:"1"`
	Parallelism int               `help:"Subtasks of each operator." default:"0"`
	Mode        string            `help:"streaming or batch." enum:"streaming,batch" default:"batch"`
	Output      string            `help:"json: one object a line; text: a table." enum:"json,text" default:"text"`
	Input       string            `help:"Folder with the tables as Parquet files, instead of memory." placeholder:"DIR"`
	Write       string            `help:"Write the tables as Parquet files into folders of DIR, and end." placeholder:"DIR"`
	Answers     string            `help:"Write the rows of each answer into files of DIR, one JSON array a line." placeholder:"DIR"`
	Explain     bool              `help:"Print the plans instead."`
	Rounds      int               `help:"Run each query so often; the fastest counts." default:"1"`
	Seed        int64             `help:"Seed of the generator." default:"1"`
	Set         map[string]string `help:"Settings, key=value."`
	profiles
}

// Run runs the queries in turn.
func (c *benchTpchCmd) Run(a *app) error {
	n := c.Parallelism
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	if c.Scale <= 0 || c.Scale > 1000 {
		return usage("--scale is above 0 and at most 1000")
	}
	ctx := context.Background()
	t := bench.NewTpch(bench.TpchConfig{Scale: c.Scale, Parallelism: n, Mode: c.Mode, Input: c.Input, Answers: c.Answers,
		Seed: c.Seed, Rounds: c.Rounds, Set: c.Set})
	if c.Write != "" {
		return t.Write(ctx, c.Write)
	}
	if c.Answers != "" {
		if err := os.MkdirAll(c.Answers, 0o755); err != nil {
			return err
		}
	}
	stop, err := c.start()
	defer stop()
	if err != nil {
		return err
	}
	return c.queries(ctx, a, t)
}

func (c *benchTpchCmd) queries(ctx context.Context, a *app, t *bench.Tpch) error {
	qs := bench.TpchQueries()
	if c.Queries != "all" {
		qs = strings.Split(c.Queries, ",")
	}
	if c.Explain {
		return c.explain(ctx, a, t, qs)
	}
	if c.Output == "text" {
		fmt.Fprintf(a.out, "%-5s %9s %9s %9s  %s\n", "query", "seconds", "cpu s", "rows", "checksum")
	}
	logs, failed := 0.0, 0
	for _, q := range qs {
		r, err := t.Run(ctx, strings.TrimSpace(q))
		if err != nil {
			fmt.Fprintln(a.err, "weir:", err)
			failed++
			continue
		}
		logs += math.Log(max(r.Seconds, 0.001))
		if c.Output == "json" {
			if err := json.NewEncoder(a.out).Encode(r); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(a.out, "%-5s %9.3f %9.3f %9d  %s\n", r.Query, r.Seconds, r.CPUSeconds, r.Rows, r.Checksum)
	}
	if failed > 0 {
		return &exit{status: statusFailed, msg: fmt.Sprintf("%d queries failed", failed)}
	}
	if c.Output == "text" && len(qs) > 1 {
		fmt.Fprintf(a.out, "geometric mean %.3f s\n", math.Exp(logs/float64(len(qs))))
	}
	return nil
}

func (c *benchTpchCmd) explain(ctx context.Context, a *app, t *bench.Tpch, qs []string) error {
	for _, q := range qs {
		text, err := t.Explain(ctx, strings.TrimSpace(q))
		if err != nil {
			return err
		}
		fmt.Fprintf(a.out, "%s\n%s\n", q, text)
	}
	return nil
}
