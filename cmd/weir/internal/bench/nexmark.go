package bench

import (
	"context"
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/weir-stream/weir/internal/engine"
)

//go:embed nexmark/*.sql
var nexmarkFiles embed.FS

// NexmarkConfig is one run of a Nexmark query.
type NexmarkConfig struct {
	Events      int64
	Parallelism int
	Mode        string // streaming or batch
	// Input is a folder with person, auction and bid as Parquet, CSV or JSON
	// files in folders of these names, as test/bench makes them; empty = the
	// in-process generator.
	Input string
	// Brokers, host:port with ',' between them, have the tables as the topics
	// person, auction and bid behind Prefix and '-', as LoadNexmark writes them.
	Brokers, Prefix string
	// EventClock runs q12's processing-time windows on event time, so that its
	// result can be compared.
	EventClock bool
	// Drop drops rows without a checksum, as other systems' benchmarks do.
	Drop bool
	Seed int64
	// Rate is the events per second of event time of the generator.
	Rate int64
	Set  map[string]string
}

// NexmarkQueries lists the queries, q0 to q23.
func NexmarkQueries() []string {
	out := make([]string, 24)
	for i := range out {
		out[i] = "q" + strconv.Itoa(i)
	}
	return out
}

// CEPQueries lists the queries of Nexmark's pattern recognition set.
func CEPQueries() []string { return []string{"cep0", "cep1", "cep2", "cep3"} }

// TemporalQueries lists queries of ours over the same tables: temporal joins.
func TemporalQueries() []string { return []string{"temporal0"} }

// orderKeys are the columns that a checksum may cover where ties leave the
// others open.
var orderKeys = map[string][]int{"q6": {0}, "q9": {0, 12, 13}, "q18": {0, 1, 5}, "q19": {0, 2, 7}}

// RunNexmark runs one query and measures it.
func RunNexmark(ctx context.Context, query string, c NexmarkConfig) (Result, error) {
	r := Result{Query: query, Mode: c.Mode, Parallelism: c.Parallelism, Events: c.Events}
	text, err := nexmarkFiles.ReadFile("nexmark/" + query + ".sql")
	if err != nil {
		return r, fmt.Errorf("there is no Nexmark query %s; they are q0 to q23, cep0 to cep3 and temporal0", query)
	}
	out, err := os.MkdirTemp("", "weir-bench-")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(out)
	src := c.tables() + strings.ReplaceAll(string(text), "${OUT}", filepath.Join(out, "q10"))
	if c.EventClock {
		src = strings.ReplaceAll(src, "PROCTIME() AS p_time", "`dateTime` AS p_time")
		if query == "q13" {
			src = strings.ReplaceAll(src, "`dateTime` AS p_time", "PROCTIME() AS p_time")
		}
	}
	options := map[string]string{"execution.runtime-mode": c.Mode, "parallelism.default": strconv.Itoa(c.Parallelism)}
	for k, v := range c.Set {
		options[k] = v
	}
	s := engine.New(engine.Config{Options: options}).NewSession()
	defer s.Close()
	sum := &Sum{Cols: orderKeys[query], Drop: c.Drop}
	err = measure(&r, func() error {
		if strings.Contains(src, "INSERT INTO") {
			return insert(ctx, s, src)
		}
		_, err := s.Into(ctx, src, sum, silent{})
		return err
	})
	if err != nil {
		return r, fmt.Errorf("%s: %w", query, err)
	}
	r.Rows = sum.Rows()
	if !c.Drop && !strings.Contains(src, "INSERT INTO") {
		r.Checksum = sum.Text()
	}
	if query == "q10" {
		r.Rows, err = countLines(out)
	}
	if query == "q12" && !c.EventClock {
		r.Checksum, r.Note = "", "processing time: the result differs from run to run; --clock event compares"
	}
	return r, err
}

func insert(ctx context.Context, s *engine.Session, src string) error {
	p, err := s.Prepare(src)
	if err != nil {
		return err
	}
	if err := s.Run(ctx, p, silent{}); err != nil {
		return err
	}
	return s.Wait(ctx)
}

// countLines counts the rows of q10's files.
func countLines(dir string) (int64, error) {
	n := int64(0)
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), "_") || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		b, err := os.ReadFile(path)
		n += int64(strings.Count(string(b), "\n"))
		return err
	})
	return n, err
}

// columns of the three tables.
var nexmarkColumns = map[string]string{
	"person":  "id BIGINT, name VARCHAR, emailAddress VARCHAR, creditCard VARCHAR, city VARCHAR, state VARCHAR, `dateTime` TIMESTAMP(3), extra VARCHAR",
	"auction": "id BIGINT, itemName VARCHAR, description VARCHAR, initialBid BIGINT, reserve BIGINT, `dateTime` TIMESTAMP(3), expires TIMESTAMP(3), seller BIGINT, category BIGINT, extra VARCHAR",
	"bid":     "auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, `dateTime` TIMESTAMP(3), extra VARCHAR",
}

// tables declares person, auction, bid and q13's side input.
func (c NexmarkConfig) tables() string {
	var b strings.Builder
	for _, t := range []string{"person", "auction", "bid"} {
		fmt.Fprintf(&b, "CREATE TABLE %s (%s, WATERMARK FOR `dateTime` AS `dateTime` - INTERVAL '4' SECOND) WITH (%s);\n", t, nexmarkColumns[t], c.options(t))
	}
	b.WriteString("CREATE TABLE side_source (key BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '10000', 'rows-per-second' = '100000000', " +
		"'fields.key.kind' = 'sequence', 'fields.key.start' = '0', 'fields.key.end' = '9999');\n" +
		"CREATE VIEW side_input AS SELECT key, CAST(key AS STRING) AS `value` FROM side_source;\n")
	return b.String()
}

func (c NexmarkConfig) options(table string) string {
	if c.Brokers != "" {
		return c.topic(table) + ", 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset'"
	}
	if c.Input == "" {
		return fmt.Sprintf("'connector' = 'nexmark', 'table' = '%s', 'events.num' = '%d', 'first-event.rate' = '%d', 'next-event.rate' = '%d', 'seed' = '%d'",
			table, c.Events, c.Rate, c.Rate, c.Seed)
	}
	dir := filepath.Join(c.Input, table)
	for _, f := range []string{"parquet", "csv", "json"} {
		if _, err := os.Stat(filepath.Join(c.Input, f, table)); err == nil {
			dir = filepath.Join(c.Input, f, table)
			return "'connector' = 'filesystem', 'path' = '" + dir + "', " + formatOptions[f]
		}
	}
	return "'connector' = 'filesystem', 'path' = '" + dir + "', " + formatOptions["parquet"]
}

var formatOptions = map[string]string{
	"parquet": "'format' = 'parquet', 'parquet.utc-timezone' = 'true'",
	"csv":     "'format' = 'csv', 'csv.field-delimiter' = '|', 'csv.disable-quote-character' = 'true'",
	"json":    "'format' = 'json', 'json.timestamp-format.standard' = 'SQL'",
}
