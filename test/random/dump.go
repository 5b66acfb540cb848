package main

import (
	"encoding/json"

	"github.com/weir-stream/weir/sqltest"
)

// dumped is a line for other systems.
type dumped struct {
	Tables map[string][][]any `json:"tables"`
	SQL    string             `json:"sql"`
	Rows   [][]any            `json:"rows"`
}

// dump writes the data, a query and its rows, unless the query fails.
func (r *run) dump(to *json.Encoder, d data, query string) error {
	lines, err := r.rows(0, query)
	if err != nil {
		return nil
	}
	out := dumped{Tables: map[string][][]any{}, SQL: query, Rows: [][]any{}}
	for _, l := range lines {
		out.Rows = append(out.Rows, sqltest.ParseRow(l).Values)
	}
	for name, changes := range d {
		out.Tables[name] = [][]any{}
		for _, c := range folded(changes, name == "w" || name == "rt") {
			out.Tables[name] = append(out.Tables[name], c.Values)
		}
	}
	return to.Encode(out)
}
