package engine

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestExplainAnalyze runs a query with more rows than fit in the queue of its
// reader, whom EXPLAIN ANALYZE does not have, and ends one over endless input.
func TestExplainAnalyze(t *testing.T) {
	const numbers = "CREATE TABLE g (id BIGINT) WITH ('connector'='datagen','rows-per-second'='100000000','fields.id.kind'='sequence',"
	rows, err := run(t, numbers+"'fields.id.start'='1','fields.id.end'='100000'); EXPLAIN ANALYZE SELECT id, COUNT(*) FROM g GROUP BY id")
	if err != nil {
		t.Fatal(err)
	}
	if last := rows[len(rows)-1]; last[1] != "Sink" || last[3] != "100000" {
		t.Errorf("the last operator is %v", last)
	}

	const endless = "CREATE TABLE g (id BIGINT) WITH ('connector'='datagen','rows-per-second'='1000000'); EXPLAIN ANALYZE SELECT id, COUNT(*) FROM g GROUP BY id"
	for name, end := range map[string]func(s *Session, cancel func()) error{
		"stop":   func(s *Session, _ func()) error { s.Stop(); return nil },
		"cancel": func(_ *Session, cancel func()) error { cancel(); return context.Canceled },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := New(Config{Options: map[string]string{"parallelism.default": "2"}}).NewSession()
			defer s.Close()
			p, err := s.Prepare(endless)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			done := make(chan error, 1)
			go func() { done <- s.Run(ctx, p, &scripted{}) }()
			waitForRows(t, s)
			began := time.Now()
			want := end(s, cancel)
			select {
			case err := <-done:
				if !errors.Is(err, want) {
					t.Errorf("it ends with %v, want %v", err, want)
				}
				t.Log("ended after", time.Since(began))
			case <-time.After(10 * time.Second): // 100 ms are meant; machines of tests are busy
				t.Fatal("it does not end")
			}
		})
	}
}

// waitForRows waits until a job of the session has read rows.
func waitForRows(t *testing.T, s *Session) {
	t.Helper()
	every := time.NewTicker(time.Millisecond)
	defer every.Stop()
	for {
		for _, j := range s.Jobs() {
			for _, v := range j.Stats() {
				if v.RowsOut > 0 {
					return
				}
			}
		}
		select {
		case <-every.C:
		case <-t.Context().Done():
			t.Fatal("no rows came")
		}
	}
}

// Watermarks of TIMESTAMP are written as they are, those of TIMESTAMP_LTZ in the
// session's zone.
func TestExplainAnalyzeWritesWatermarksInTheirZone(t *testing.T) {
	for column, want := range map[string]string{
		"ts TIMESTAMP(3), WATERMARK FOR ts AS ts":                                  "2024-01-01 12:00:00.000",
		"s BIGINT, ts AS TO_TIMESTAMP_LTZ(s, 3), WATERMARK FOR ts AS ts":           "2024-01-01 21:00:00.000",
		"ts TIMESTAMP(3), l AS CAST(ts AS TIMESTAMP_LTZ(3)), WATERMARK FOR l AS l": "2024-01-01 12:00:00.000",
	} {
		text := "2024-01-01 12:00:00\n"
		if column[0] == 's' {
			text = "1704110400000\n"
		}
		file := filepath.Join(t.TempDir(), "t.csv")
		if err := os.WriteFile(file, []byte(strings.Repeat(text, 3000)), 0o644); err != nil {
			t.Fatal(err)
		}
		name := "ts"
		if strings.Contains(column, "FOR l") {
			name = "l"
		}
		rows, err := run(t, "SET 'table.local-time-zone' = 'Asia/Tokyo'; SET 'execution.runtime-mode' = 'streaming'; CREATE TABLE e ("+column+") WITH ('connector' = 'filesystem', 'format' = 'csv', 'path' = '"+file+
			"'); EXPLAIN ANALYZE SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE e, DESCRIPTOR("+name+"), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end")
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, r := range rows {
			if strings.HasPrefix(r[1], "  partition") {
				got = r[7]
			}
		}
		if got != want {
			t.Errorf("%s: the watermark is %s, want %s\n%v", column, got, want, rows)
		}
	}
}
