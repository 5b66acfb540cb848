package weir_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// VARIANT and BITMAP come back from files of every format as they went in.
func TestVariantAndBitmapInFiles(t *testing.T) {
	ctx := t.Context()
	const want = `1 {"a":null,"b":[1,2.50,"a,\"q\""]} {1,5,70000}; 2 - -; 3 "te xt" {}; 4 12.5 {4294967295}`
	for _, format := range []string{"csv", "json", "parquet"} {
		t.Run(format, func(t *testing.T) {
			db := open(t)
			path := filepath.ToSlash(t.TempDir())
			for _, q := range []string{
				"SET 'execution.runtime-mode' = 'batch'",
				fmt.Sprintf("CREATE TABLE w (id INT, v VARIANT, b BITMAP) WITH ('connector' = 'filesystem', 'path' = '%s', 'format' = '%s')", path, format),
				`INSERT INTO w VALUES (1, PARSE_JSON('{"b": [1, 2.50, "a,\"q\""], "a": null}'), BITMAP_BUILD(ARRAY[1, 5, 70000])), (2, CAST(NULL AS VARIANT), CAST(NULL AS BITMAP)),
					(3, PARSE_JSON('"te xt"'), BITMAP_BUILD(CAST(ARRAY[] AS ARRAY<INT>))), (4, PARSE_JSON('12.5'), BITMAP_BUILD(ARRAY[-1]))`,
			} {
				if err := db.Exec(ctx, q); err != nil {
					t.Fatal(err)
				}
			}
			rows, err := db.Query(ctx, "SELECT CAST(id AS STRING) || ' ' || COALESCE(JSON_STRING(v), '-') || ' ' || COALESCE(CAST(b AS STRING), '-') FROM w ORDER BY id")
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			var got []string
			for rows.Next() {
				var line string
				if err := rows.Scan(&line); err != nil {
					t.Fatal(err)
				}
				got = append(got, line)
			}
			if s := strings.Join(got, "; "); s != want || rows.Err() != nil {
				t.Errorf("%s (%v), want %s", s, rows.Err(), want)
			}
		})
	}
}
