package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"github.com/weir-stream/weir/cmd/weir/internal/bench/tpch"
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/engine"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// TpchConfig is a run of TPC-H queries.
type TpchConfig struct {
	Scale       float64
	Parallelism int
	Mode        string // streaming or batch
	// Input is a folder with the tables as Parquet files, as Write makes them;
	// empty = the tables in memory.
	Input string
	// Answers is a folder that gets the rows of each answer, one JSON array a
	// line; empty = none.
	Answers string
	Seed    int64
	// Rounds is how often a query runs; the fastest counts.
	Rounds int
	Set    map[string]string
}

// TpchResult is one line of output.
type TpchResult struct {
	Query       string  `json:"query"`
	Mode        string  `json:"mode"`
	Parallelism int     `json:"parallelism"`
	Scale       float64 `json:"scale"`
	Seconds     float64 `json:"seconds"`
	CPUSeconds  float64 `json:"cpu_s"`
	Rows        int64   `json:"rows"`
	Checksum    string  `json:"checksum"`
}

// Tpch is the tables at a scale, ready for queries.
type Tpch struct {
	TpchConfig
	data *tpch.Data
	rec  tpch.Recorder
}

// NewTpch describes the tables; columns are made when a query wants them.
func NewTpch(c TpchConfig) *Tpch {
	return &Tpch{TpchConfig: c, data: tpch.New(c.Scale, uint64(c.Seed))}
}

// session opens an engine whose catalog has no tables yet.
func (t *Tpch) session(mode string) *engine.Session {
	options := map[string]string{"execution.runtime-mode": mode, "parallelism.default": strconv.Itoa(t.Parallelism)}
	for k, v := range t.Set {
		options[k] = v
	}
	return engine.New(engine.Config{Options: options, Connectors: []*connector.Spec{t.data.Spec(&t.rec)}}).NewSession()
}

// Write writes the tables as Parquet files into folders of dir.
func (t *Tpch) Write(ctx context.Context, dir string) error {
	var b strings.Builder
	b.WriteString(t.data.Declare("", "") + t.data.Declare(dir, "_file"))
	for _, name := range t.data.Tables() {
		fmt.Fprintf(&b, "INSERT INTO %s_file SELECT * FROM %s;\n", name, name)
	}
	s := t.session("batch")
	defer s.Close()
	return insert(ctx, s, b.String())
}

// Text is the script of a query: tables, then the query.
func (t *Tpch) Text(query string) (string, error) {
	text, err := tpch.Query(query)
	if err != nil {
		return "", err
	}
	fraction := strconv.FormatFloat(0.0001/t.Scale, 'f', 10, 64)
	return t.data.Declare(t.Input, "") + strings.ReplaceAll(text, "${FRACTION}", fraction), nil
}

// Explain gives the plan of a query.
func (t *Tpch) Explain(ctx context.Context, query string) (string, error) {
	src, err := t.Text(query)
	if err != nil {
		return "", err
	}
	at := strings.LastIndex(strings.TrimRight(src, ";\n"), ";\n") + 2
	s := t.session(t.Mode)
	defer s.Close()
	p, err := s.Prepare(src[:at] + "EXPLAIN PLAN FOR " + src[at:])
	if err != nil {
		return "", err
	}
	out := &lines{}
	err = s.Run(ctx, p, out)
	return out.String(), err
}

// lines keeps the text of statements that show something.
type lines struct {
	silent
	strings.Builder
}

func (l *lines) Rows(_ []string, rows [][]string) error {
	for _, r := range rows {
		l.WriteString(strings.Join(r, "\t") + "\n")
	}
	return nil
}

// Run runs one query and measures it: first over empty tables, to learn which
// columns it reads, then for real.
func (t *Tpch) Run(ctx context.Context, query string) (TpchResult, error) {
	r := TpchResult{Query: query, Mode: t.Mode, Parallelism: t.Parallelism, Scale: t.Scale}
	src, err := t.Text(query)
	if err != nil {
		return r, err
	}
	if t.Input == "" {
		t.rec.Start()
		_, err = t.into(ctx, src, &Sum{Drop: true})
		t.rec.Load()
		if err != nil {
			return r, fmt.Errorf("%s: %w", query, err)
		}
	}
	for i := range max(t.Rounds, 1) {
		runtime.GC()
		sum := &Sum{}
		one, err := t.into(ctx, src, sum)
		if err != nil {
			return r, fmt.Errorf("%s: %w", query, err)
		}
		if i == 0 || one.Seconds < r.Seconds {
			r.Seconds, r.CPUSeconds = one.Seconds, one.CPUSeconds
		}
		r.Rows, r.Checksum = sum.Rows(), sum.Text()
	}
	if t.Answers == "" {
		return r, nil
	}
	a := &answer{}
	if _, err := t.into(ctx, src, a); err != nil {
		return r, fmt.Errorf("%s: %w", query, err)
	}
	return r, os.WriteFile(filepath.Join(t.Answers, query+".jsonl"), a.text, 0o644)
}

func (t *Tpch) into(ctx context.Context, src string, sk connector.Sink) (Result, error) {
	var r Result
	s := t.session(t.Mode)
	defer s.Close()
	err := measure(&r, func() error {
		_, err := s.Into(ctx, src, sk, silent{})
		return err
	})
	return r, err
}

// answer keeps the rows of a result as text, one JSON array a line. It is for
// results that only grow, as in batch mode.
type answer struct {
	Sum
	mu   sync.Mutex
	text []byte
}

// Parallelism is 1, so that rows keep their order.
func (a *answer) Parallelism() int { return 1 }

// Open gives the writer.
func (a *answer) Open(context.Context, int, int) (connector.Writer, error) {
	return &answerWriter{a: a}, nil
}

type answerWriter struct {
	sumWriter
	a *answer
}

func (w *answerWriter) Write(_ context.Context, b *vec.Batch) error {
	w.a.mu.Lock()
	defer w.a.mu.Unlock()
	row := make([]any, len(b.Cols))
	for i := range b.Len() {
		for c, v := range b.Cols {
			row[c] = plainValue(v, b.Row(i))
		}
		line, err := json.Marshal(row)
		if err != nil {
			return err
		}
		w.a.text = append(append(w.a.text, line...), '\n')
	}
	return nil
}

// plainValue gives decimals and dates as text, so that nothing is lost.
func plainValue(v *vec.Vector, r int) any {
	x := v.Value(r)
	switch n := x.(type) {
	case int64:
		switch v.Type.Kind {
		case types.Decimal:
			return string(types.AppendDecimal(nil, types.I128(n), v.Type.Scale))
		case types.Date:
			y, m, d := types.CivilFromDays(int32(n))
			return fmt.Sprintf("%04d-%02d-%02d", y, m, d)
		}
	case types.Int128:
		return string(types.AppendDecimal(nil, n, v.Type.Scale))
	}
	return x
}

// TpchQueries lists the queries, q1 to q22.
func TpchQueries() []string { return tpch.Queries() }
