package driver_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/weir-stream/weir/driver"
)

func Example() {
	db, err := sql.Open("weir", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	var n int
	var most float64
	err = db.QueryRow("SELECT COUNT(*), MAX(x) FROM (VALUES (1.5), (2.5)) AS t(x)").Scan(&n, &most)
	fmt.Println(n, most, err)
	// Output: 2 2.5 <nil>
}

func open(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("weir", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestTablesAndTypes(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "in.csv")
	if err := os.WriteFile(file, []byte("1,tea,2026-01-02 03:04:05\n2,,\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	db := open(t, "parallelism.default=1")
	ddl := fmt.Sprintf("CREATE TABLE o (id INT, item STRING, at TIMESTAMP(3)) WITH ('connector'='filesystem','path'='%s','format'='csv','csv.null-literal'='')", file)
	if _, err := db.Exec(ddl); err != nil {
		t.Fatal(err)
	}
	rows, err := db.QueryContext(context.Background(), "SELECT id, item, at, ARRAY[id] FROM o ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var got []string
	for rows.Next() {
		var id int
		var item sql.NullString
		var at *time.Time
		var list string
		if err := rows.Scan(&id, &item, &at, &list); err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(id, " ", item.String, " ", at != nil && at.Equal(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)), " ", list))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if want := "1 tea true [1]|2  false [2]"; strings.Join(got, "|") != want {
		t.Errorf("got %q, want %q", strings.Join(got, "|"), want)
	}
}

func TestRefusals(t *testing.T) {
	db := open(t, "")
	if err := db.QueryRow("SELECT ?", 1).Scan(new(int)); err == nil {
		t.Error("arguments were taken")
	}
	if _, err := db.Begin(); err == nil {
		t.Error("a transaction began")
	}
	if err := db.QueryRow("SELECT x").Scan(new(int)); err == nil || !strings.Contains(err.Error(), "there is no column `x`") {
		t.Errorf("a missing column gives %v", err)
	}
	if _, err := sql.Open("weir", "execution.runtime-mode=sideways"); err == nil {
		t.Error("a wrong setting was taken")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := db.QueryContext(ctx, "SELECT 1"); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled query gives %v", err)
	}
}
