package weir_test

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weir-stream/weir"
)

func open(t *testing.T, options ...weir.Option) *weir.DB {
	t.Helper()
	db, err := weir.Open(options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestScan(t *testing.T) {
	db := open(t)
	rows, err := db.Query(t.Context(), `SELECT 1, CAST(2 AS BIGINT), 1.50, 'x', TRUE, DATE '2026-01-02', TIMESTAMP '2026-01-02 03:04:05.6',
		CAST(NULL AS INT), CAST(NULL AS STRING), ARRAY[1, 2], MAP['a', 1], INTERVAL '1' HOUR, X'01'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var (
		a    int8
		b    uint64
		c    float64
		d    string
		e    bool
		f    time.Time
		g    *time.Time
		h    *int
		i    *string
		j    []any
		k    map[string]any
		l    time.Duration
		m    []byte
		none any
	)
	if !rows.Next() {
		t.Fatal(rows.Err())
	}
	if err := rows.Scan(&a, &b, &c, &d, &e, &f, &g, &h, &i, &j, &k, &l, &m); err != nil {
		t.Fatal(err)
	}
	if a != 1 || b != 2 || c != 1.5 || d != "x" || !e || f.Format(time.DateOnly) != "2026-01-02" || g.UnixMilli()%1000 != 600 ||
		h != nil || i != nil || len(j) != 2 || k["a"] != int64(1) || l != time.Hour || m[0] != 1 {
		t.Error(a, b, c, d, e, f, g, h, i, j, k, l, m)
	}
	if err := rows.Scan(&a); err == nil {
		t.Error("too few targets were taken")
	}
	if err := rows.Scan(&a, &b, &c, &a, &e, &f, &g, &h, &i, &j, &k, &l, &m); err == nil || !strings.Contains(err.Error(), "column 4") {
		t.Errorf("text into an int8 gives %v", err)
	}
	if err := rows.Scan(&a, &b, &c, &d, &e, &f, &g, &a, &none, &j, &k, &l, &m); err == nil || !strings.Contains(err.Error(), "NULL") {
		t.Errorf("NULL into an int8 gives %v", err)
	}
	if rows.Next() || rows.Err() != nil {
		t.Error("there is more than one row:", rows.Err())
	}
	if got := rows.Types()[2]; got.Type != "DECIMAL(3, 2) NOT NULL" || got.Nullable {
		t.Errorf("the type of 1.50 is %+v", got)
	}
}

// endless is a table whose rows never end.
const endless = `CREATE TABLE g (k INT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000'); `

func TestStreamsEnd(t *testing.T) {
	t.Run("with Close", func(t *testing.T) {
		rows, err := open(t).Query(t.Context(), endless+"SELECT k FROM g")
		if err != nil {
			t.Fatal(err)
		}
		if !rows.Next() {
			t.Fatal(rows.Err())
		}
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
		if rows.Next() {
			t.Error("there are rows after Close")
		}
	})
	t.Run("with the context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		rows, err := open(t).Query(ctx, endless+"SELECT k FROM g")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			cancel()
		}
		if !errors.Is(rows.Err(), context.Canceled) {
			t.Errorf("the rows end with %v", rows.Err())
		}
	})
	t.Run("with an Exec's context", func(t *testing.T) {
		db := open(t)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		err := db.Exec(ctx, endless+"CREATE TABLE b (k INT) WITH ('connector' = 'blackhole'); INSERT INTO b SELECT k FROM g")
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Exec ends with %v", err)
		}
	})
}

func TestExecWaitsForInserts(t *testing.T) {
	db := open(t)
	dir := filepath.Join(t.TempDir(), "out")
	ddl := "CREATE TABLE o (x INT) WITH ('connector'='filesystem', 'path'='" + dir + "', 'format'='csv');"
	if err := db.Exec(t.Context(), ddl+"INSERT INTO o SELECT * FROM (VALUES (1), (2)) AS t(x)"); err != nil {
		t.Fatal(err)
	}
	rows, err := db.Query(t.Context(), "SELECT SUM(x) FROM o")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var sum int
	if !rows.Next() || rows.Scan(&sum) != nil || sum != 3 {
		t.Errorf("the sum is %d, %v", sum, rows.Err())
	}
}

func TestRefused(t *testing.T) {
	db := open(t)
	for script, want := range map[string]string{
		"SELECT 1; SELECT 2":                    "more than one statement gives rows",
		"CREATE DATABASE d":                     "no statement gives rows",
		"SELEC 1":                               "<script>:1:1: error",
		"SELECT 1 / 0 FROM (VALUES (1)) t(x)":   "",
		"CREATE VIEW v AS SELECT 1; SELECT x,y": "<script>:1:35: error",
	} {
		rows, err := db.Query(t.Context(), script)
		if err == nil { // the error comes with the rows
			for rows.Next() {
			}
			err = rows.Err()
			rows.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s gives %v, want %s", script, err, want)
		}
	}
	if _, err := weir.Open(weir.WithSetting("parallelism.default", "lots")); err == nil {
		t.Error("a wrong setting was taken")
	}
}

func TestRecordsAndRowsMix(t *testing.T) {
	rows, err := open(t).Query(t.Context(), "SELECT x FROM (VALUES (1), (2), (3)) AS t(x) ORDER BY x")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if !rows.Next() {
		t.Fatal(rows.Err())
	}
	r, err := rows.Record()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	if got := r.Column(0).String(); got != "[2 3]" {
		t.Errorf("after one row the record is %s", got)
	}
	if _, err := rows.Record(); !errors.Is(err, io.EOF) {
		t.Errorf("the end is %v", err)
	}
}
