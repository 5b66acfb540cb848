package tpch

import (
	"embed"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

//go:embed queries/*.sql
var queryFiles embed.FS

// Queries lists the queries, q1 to q22.
func Queries() []string {
	out := make([]string, 22)
	for i := range out {
		out[i] = "q" + strconv.Itoa(i+1)
	}
	return out
}

// Query gives the text of a query, with the parameters of the specification's
// validation run.
func Query(name string) (string, error) {
	text, err := queryFiles.ReadFile("queries/" + name + ".sql")
	if err != nil {
		return "", fmt.Errorf("there is no TPC-H query %s; they are q1 to q22", name)
	}
	return string(text), nil
}

// Tables lists the names of the tables.
func (d *Data) Tables() []string {
	out := make([]string, len(d.tables))
	for i, t := range d.tables {
		out[i] = t.name
	}
	return out
}

// Declare gives a CREATE TABLE statement for each table: in memory, or as
// Parquet files in the folders of dir.
func (d *Data) Declare(dir, suffix string) string {
	var b strings.Builder
	for _, t := range d.tables {
		fmt.Fprintf(&b, "CREATE TABLE %s%s (", t.name, suffix)
		for _, c := range t.columns {
			fmt.Fprintf(&b, "%s %s, ", c.name, c.typ)
		}
		fmt.Fprintf(&b, "PRIMARY KEY (%s) NOT ENFORCED) WITH (", t.key)
		if dir == "" {
			fmt.Fprintf(&b, "'connector' = 'tpch', 'table' = '%s');\n", t.name)
			continue
		}
		fmt.Fprintf(&b, "'connector' = 'filesystem', 'path' = '%s', 'format' = 'parquet');\n", filepath.Join(dir, t.name))
	}
	return b.String()
}
