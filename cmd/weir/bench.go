package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"github.com/weir-stream/weir/cmd/weir/internal/bench"
)

// benchCmd runs published benchmarks.
type benchCmd struct {
	Nexmark   benchNexmarkCmd   `cmd:"" help:"The Nexmark queries q0 to q23, cep0 to cep3 and temporal0, from the in-process generator or from files."`
	Decode    benchDecodeCmd    `cmd:"" help:"Decode files and drop the rows: the floor of a query over them."`
	KafkaLoad benchKafkaLoadCmd `cmd:"" help:"Write Nexmark's bids as JSON to a topic of Kafka, as fast as it takes them."`
	KafkaRead benchKafkaReadCmd `cmd:"" help:"Read what is in that topic, or a file with the same, and drop the rows."`
	Tpch      benchTpchCmd      `cmd:"" help:"The TPC-H queries q1 to q22, over tables in memory or Parquet files."`
}

// benchNexmarkCmd runs Nexmark queries, each in a process of its own, so that
// memory and time are the query's.
type benchNexmarkCmd struct {
	Queries     string            `help:"Queries, such as q0,q5,cep1, or all (q0 to q23)." default:"all"`
	Events      int64             `help:"Number of events (1 person : 3 auctions : 46 bids)." default:"1000000"`
	Parallelism int               `help:"Subtasks of each operator." default:"0"`
	Mode        string            `help:"streaming or batch." enum:"streaming,batch" default:"streaming"`
	Output      string            `help:"json: one object a line; text: a table." enum:"json,text" default:"text"`
	Input       string            `help:"Folder with the tables as files, instead of the generator." placeholder:"DIR"`
	Source      string            `help:"generator, or kafka: the topics PREFIX-person, -auction and -bid, which are loaded first if they are not there." enum:"generator,kafka" default:"generator"`
	Brokers     string            `help:"host:port of brokers, with ',' between them." default:"localhost:9092"`
	Prefix      string            `help:"What the names of topics begin with." default:"nexmark"`
	Clock       string            `help:"event runs q12's processing-time windows on event time." enum:"processing,event" default:"processing"`
	Drop        bool              `help:"Drop the rows without computing a checksum."`
	Seed        int64             `help:"Seed of the generator." default:"42"`
	Rate        int64             `help:"Events a second of event time." default:"10000"`
	Set         map[string]string `help:"Settings, key=value."`
	InProcess   bool              `hidden:"" help:"Run in this process."`
	profiles
}

// Run runs the queries in turn.
func (c *benchNexmarkCmd) Run(a *app) error {
	qs := bench.NexmarkQueries()
	if c.Queries != "all" {
		qs = strings.Split(c.Queries, ",")
	}
	if c.Output == "text" {
		fmt.Fprintf(a.out, "%-5s %10s %9s %9s %12s %9s %12s  %s\n", "query", "events", "seconds", "cpu s", "events/s", "MB", "rows", "checksum")
	}
	if c.Source == "kafka" && !c.InProcess {
		qs = append([]string{loadQuery}, qs...)
	}
	for _, q := range qs {
		r, err := c.one(strings.TrimSpace(q))
		if err != nil {
			return err
		}
		if err := c.print(a.out, r); err != nil {
			return err
		}
	}
	return nil
}

func (c *benchNexmarkCmd) print(w io.Writer, r bench.Result) error {
	if c.Output == "json" {
		return json.NewEncoder(w).Encode(r)
	}
	_, err := fmt.Fprintf(w, "%-5s %10d %9.3f %9.3f %12.0f %9d %12d  %s%s\n", r.Query, r.Events, r.Seconds, r.CPUSeconds, r.EventsPerS, r.PeakRSS>>20, r.Rows, r.Checksum, r.Note)
	return err
}

// loadQuery stands for loading the topics, in a child as queries are.
const loadQuery = "load"

// config is the flags.
func (c *benchNexmarkCmd) config() bench.NexmarkConfig {
	n := c.Parallelism
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	out := bench.NexmarkConfig{Events: c.Events, Parallelism: n, Mode: c.Mode, Input: c.Input,
		EventClock: c.Clock == "event", Drop: c.Drop, Seed: c.Seed, Rate: c.Rate, Set: c.Set}
	if c.Source == "kafka" {
		out.Brokers, out.Prefix = c.Brokers, c.Prefix
	}
	return out
}

// one runs a query, in a child unless this is the child.
func (c *benchNexmarkCmd) one(q string) (bench.Result, error) {
	if c.InProcess {
		stop, err := c.start()
		defer stop()
		if err != nil {
			return bench.Result{}, err
		}
		if q == loadQuery {
			return bench.LoadNexmark(context.Background(), c.config())
		}
		return bench.RunNexmark(context.Background(), q, c.config())
	}
	self, err := os.Executable()
	if err != nil {
		return bench.Result{}, err
	}
	args := []string{"bench", "nexmark", "--in-process", "--output=json", "--queries=" + q, fmt.Sprintf("--events=%d", c.Events),
		fmt.Sprintf("--parallelism=%d", c.Parallelism), "--mode=" + c.Mode, "--clock=" + c.Clock, fmt.Sprintf("--seed=%d", c.Seed), fmt.Sprintf("--rate=%d", c.Rate)}
	if c.Source == "kafka" {
		args = append(args, "--source=kafka", "--brokers="+c.Brokers, "--prefix="+c.Prefix)
	}
	if c.Input != "" {
		args = append(args, "--input="+c.Input)
	}
	if c.Drop {
		args = append(args, "--drop")
	}
	for k, v := range c.Set {
		args = append(args, "--set="+k+"="+v)
	}
	args = append(args, c.profiles.args(q, c.Queries == q)...)
	cmd := exec.Command(self, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	var r bench.Result
	if err != nil {
		return r, &exit{status: statusFailed, msg: fmt.Sprintf("%s failed", q)}
	}
	if err := json.Unmarshal(out, &r); err != nil {
		return r, err
	}
	r.PeakRSS = max(r.PeakRSS, bench.PeakOf(cmd.ProcessState))
	return r, nil
}
