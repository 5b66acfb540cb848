package main

import (
	"fmt"
	"strings"

	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// explainCmd is `weir explain`.
type explainCmd struct {
	session
	Files   []string `arg:"" optional:"" name:"FILE" help:"Scripts; - reads stdin. Queries and INSERTs are explained, other statements take effect."`
	Command []string `short:"c" sep:"none" placeholder:"SQL" help:"Explain this SQL, after the files."`
	Analyze bool     `help:"Run the statements too, and show what each operator did."`
	Details []string `placeholder:"DETAIL" default:"CHANGELOG_MODE,PLAN_ADVICE" enum:"ESTIMATED_COST,CHANGELOG_MODE,JSON_EXECUTION_PLAN,PLAN_ADVICE" help:"What to show beside the plans: ${enum}."`
}

// Run prints the plans.
func (c *explainCmd) Run(a *app) error {
	src, err := a.readScript(c.Files, c.Command)
	if err != nil {
		return err
	}
	s, err := c.open(a)
	if err != nil {
		return err
	}
	text, edits := src.text, edits(nil)
	if parsed, perr := sql.ParseScript(src.text); perr == nil {
		text, edits = explained(parsed, c.prefix())
	}
	p, err := s.Prepare(text)
	if err != nil {
		fmt.Fprint(a.err, src.render(edits.back(err)))
		return &exit{status: statusUsage}
	}
	return a.execute(s, p, src, "table")
}

func (c *explainCmd) prefix() string {
	if c.Analyze {
		return "EXPLAIN ANALYZE "
	}
	return "EXPLAIN " + strings.Join(c.Details, ", ") + " "
}

// edit is a place where a script's text was changed: at an offset of the new
// text, so many bytes stand for so many of the old one.
type edit struct{ at, now, was int }

type edits []edit

// explained writes EXPLAIN before the statements that it may be asked of.
func explained(s *sql.Script, prefix string) (string, edits) {
	var b strings.Builder
	var es edits
	from := 0
	put := func(at, end int, text string) {
		b.WriteString(s.Src[from:at])
		es = append(es, edit{at: b.Len(), now: len(text), was: end - at})
		b.WriteString(text)
		from = end
	}
	for _, st := range s.Statements {
		pos := st.Position()
		switch st.(type) {
		case *sql.QueryStmt, *sql.Insert, *sql.Execute:
			put(pos.Start, pos.Start, prefix)
		case *sql.StatementSet:
			// BEGIN STATEMENT SET; .. END has no EXPLAIN of its own.
			if open := strings.IndexByte(s.Src[pos.Start:], ';'); open > 0 && strings.EqualFold(s.Src[pos.Start:pos.Start+5], "BEGIN") {
				put(pos.Start, pos.Start+open+1, prefix+"STATEMENT SET BEGIN ")
			} else {
				put(pos.Start, pos.Start, prefix)
			}
		}
	}
	b.WriteString(s.Src[from:])
	return b.String(), es
}

// back moves the positions of errors to those of the old text.
func (es edits) back(err error) error {
	var l sqlerr.List
	l.Add(err)
	out := make(sqlerr.List, 0, len(l))
	for _, e := range l {
		c := *e
		c.Pos = sqlerr.Pos{Start: es.old(e.Pos.Start), End: es.old(e.Pos.End)}
		out = append(out, &c)
	}
	return out
}

func (es edits) old(at int) int {
	shift := 0
	for _, e := range es {
		if at < e.at {
			break
		}
		if at < e.at+e.now {
			return e.at - shift
		}
		shift += e.now - e.was
	}
	return at - shift
}
