package weir_test

import (
	"context"
	"fmt"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/weir-stream/weir"
)

// What EXPLAIN says that a million rows of state take is within a factor of two of
// what a running job holds.
func TestStateEstimate(t *testing.T) {
	const tables = `
		CREATE TABLE a (k BIGINT, g INT, v DOUBLE, s STRING, ts AS LOCALTIMESTAMP, WATERMARK FOR ts AS ts - INTERVAL '1' HOUR, p AS PROCTIME())
			WITH ('connector' = 'datagen', 'rows-per-second' = '1000000', 'fields.s.length' = '24', 'fields.g.min' = '0', 'fields.g.max' = '20000');
		CREATE TABLE b (k BIGINT, w BIGINT, u STRING, ts AS LOCALTIMESTAMP, WATERMARK FOR ts AS ts - INTERVAL '1' HOUR)
			WITH ('connector' = 'datagen', 'rows-per-second' = '1000000', 'fields.u.length' = '24')`
	for _, c := range []struct{ name, operator, query string }{
		{"group aggregate", "GroupAggregate", "SELECT k, COUNT(*), SUM(v), MAX(g) FROM a GROUP BY k"},
		{"distinct aggregate", "GroupAggregate", "SELECT k, COUNT(DISTINCT s) FROM a GROUP BY k"},
		{"aggregate of texts", "GroupAggregate", "SELECT k, MAX(s), LISTAGG(s) FROM a GROUP BY k"},
		{"regular join", "Join", "SELECT a.s, b.u, a.v, b.w FROM a JOIN b ON a.k = b.k"},
		{"deduplication", "Deduplicate", "SELECT k, v, s FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS n FROM a) WHERE n = 1"},
		{"top-n", "Rank", "SELECT g, k, s FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY g ORDER BY v) AS n FROM a) WHERE n <= 20"},
		{"window aggregate", "WindowAggregate", "SELECT k, window_start, COUNT(*), SUM(v) FROM TABLE(TUMBLE(TABLE a, DESCRIPTOR(ts), INTERVAL '1' HOUR)) GROUP BY k, window_start, window_end"},
		{"windows of sessions", "GroupWindowAggregate", "SELECT k, COUNT(*) FROM a GROUP BY k, SESSION(ts, INTERVAL '1' HOUR)"},
		{"over", "OverAggregate", "SELECT k, SUM(v) OVER (PARTITION BY g ORDER BY ts) FROM a"},
		{"interval join", "IntervalJoin", "SELECT a.s, b.u FROM a JOIN b ON a.k = b.k AND a.ts BETWEEN b.ts - INTERVAL '1' HOUR AND b.ts + INTERVAL '1' HOUR"},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := open(t, weir.WithSetting("parallelism.default", "1"))
			if err := db.Exec(t.Context(), tables); err != nil {
				t.Fatal(err)
			}
			want := estimated(t, db, c.operator, c.query)
			fits := func(got float64) bool { return want <= 2*got && got <= 2*want }
			if got := measured(t, db, c.operator, c.query, fits); !fits(got) {
				t.Errorf("a row takes %.0f bytes of state, but EXPLAIN says %.0f", got, want)
			}
		})
	}
}

var perMillion = regexp.MustCompile(`about (\d+) MB per million rows`)

// estimated reads the bytes a row from EXPLAIN's line of the operator.
func estimated(t *testing.T, db *weir.DB, operator, query string) float64 {
	t.Helper()
	rows, err := db.Query(t.Context(), "EXPLAIN "+query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	text := ""
	for rows.Next() {
		text += fmt.Sprintln(rows.Values()...)
	}
	for line := range strings.Lines(text) {
		if m := perMillion.FindStringSubmatch(line); m != nil && strings.Contains(line, operator+"(") {
			n, _ := strconv.Atoi(m[1])
			return float64(n)
		}
	}
	t.Fatalf("no estimate in\n%s", text)
	return 0
}

// measured runs a query and gives the bytes that its operator holds for each row
// that it has had, when there are enough of them: the figures of a job are those of
// a moment ago, so others are waited for where they do not fit.
func measured(t *testing.T, db *weir.DB, operator, query string, fits func(float64) bool) float64 {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	rows, err := db.Query(ctx, query)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for rows.Next() { // the results do not matter
			continue
		}
	}()
	defer func() {
		cancel()
		<-done
		_ = rows.Close()
	}()
	for t.Context().Err() == nil {
		for _, o := range rows.Stats().Operators {
			if o.Name != operator || o.RowsIn < 60_000 {
				continue
			}
			if got := float64(o.StateBytes) / float64(o.RowsIn); fits(got) || o.RowsIn > 1_000_000 {
				return got
			}
		}
		runtime.Gosched()
	}
	return 0
}
