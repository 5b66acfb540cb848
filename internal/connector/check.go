package connector

import (
	"context"
	"errors"
	"fmt"

	"github.com/weir-stream/weir/internal/sqlerr"
)

// Checker is implemented by sources and sinks of systems that may refuse: Check looks
// at all that reading or writing needs and reports what is there, and each thing that
// stands in the way with its remedy. It reads no rows and leaves nothing behind. Its
// own time is bounded, also where nobody answers.
type Checker interface {
	Check(ctx context.Context, r *Report)
}

// Sampler is implemented by sources whose newest rows tell more of them than their
// first ones, or whose start is not where rows are: Sample lists splits that end and
// have about n rows in all, or more.
type Sampler interface {
	Sample(ctx context.Context, sc Scan, n int) ([]Split, error)
}

// Report is what was found out about an end of a table.
type Report struct {
	Facts    []*Facts  `json:"facts"`
	Notes    []string  `json:"notes,omitempty"`
	Problems []Problem `json:"problems"`
	// Unreachable: nobody answers, or nothing is there, so that no row can be read.
	Unreachable bool `json:"-"`
}

// Facts is a small table of texts, such as the partitions of a topic.
type Facts struct {
	Title   string     `json:"title"`
	Columns []string   `json:"columns"`
	Rows    [][]string `json:"rows"`
}

// Problem is something that stands in the way.
type Problem struct {
	What   string `json:"problem"`
	Remedy string `json:"remedy,omitempty"`
}

// Table begins a table of facts.
func (r *Report) Table(title string, columns ...string) *Facts {
	f := &Facts{Title: title, Columns: columns}
	r.Facts = append(r.Facts, f)
	return f
}

// Row adds a row; values are shown as fmt.Sprint does.
func (f *Facts) Row(values ...any) {
	row := make([]string, len(values))
	for i, v := range values {
		row[i] = fmt.Sprint(v)
	}
	f.Rows = append(f.Rows, row)
}

// Note tells what is worth knowing and stands in nobody's way.
func (r *Report) Note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

// Problem adds a problem.
func (r *Report) Problem(remedy, format string, args ...any) {
	r.add(Problem{What: fmt.Sprintf(format, args...), Remedy: remedy})
}

// add leaves out what was said before: several steps may fail for one reason.
func (r *Report) add(p Problem) {
	for _, o := range r.Problems {
		if o == p {
			return
		}
	}
	r.Problems = append(r.Problems, p)
}

// Fail adds the problems that an error tells of; their hints are the remedies.
func (r *Report) Fail(err error) {
	if err == nil {
		return
	}
	var list sqlerr.List
	if errors.As(err, &list) {
		for _, e := range list {
			r.Fail(e)
		}
		return
	}
	p := Problem{What: err.Error()}
	var one *sqlerr.Error
	if errors.As(err, &one) && one.Hint != "" {
		bare := *one
		bare.Hint = ""
		p = Problem{What: bare.Error(), Remedy: one.Hint}
	}
	r.add(p)
}
