package main

import (
	"fmt"
	"strings"

	"github.com/weir-stream/weir/sqltest"
)

// model is a model that answers from a table: the printed question, then rows.
type model struct {
	Name    string
	Input   []string `json:"inputSchema"`
	Output  []string `json:"outputSchema"`
	Options map[string]string
	Data    map[string][][]any
}

// create makes the model and keeps its answers.
func (m model) create(r *sqltest.Runner) error {
	var rows []sqltest.Row
	for question, answers := range m.Data {
		cells := strings.Split(strings.TrimSuffix(strings.TrimPrefix(question, "+I["), "]"), ", ")
		for _, a := range answers {
			var row sqltest.Row
			for _, c := range cells {
				row.Values = append(row.Values, c)
			}
			row.Values = append(row.Values, a[1:]...)
			rows = append(rows, row)
		}
	}
	r.Store.Put(m.Name, rows)
	var opts strings.Builder
	for k, v := range m.Options {
		fmt.Fprintf(&opts, ", '%s' = '%s'", k, v)
	}
	_, err := r.Exec(fmt.Sprintf("CREATE MODEL `%s` INPUT (%s) OUTPUT (%s) WITH ('provider' = 'values'%s)",
		m.Name, strings.Join(m.Input, ", "), strings.Join(m.Output, ", "), opts.String()))
	return err
}
