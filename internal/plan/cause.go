package plan

import "github.com/weir-stream/weir/internal/sqlerr"

// Made is embedded by nodes that remember which part of a query they were made of.
type Made struct {
	By string // "GROUP BY"; empty if a rule made the node
	At sqlerr.Pos
}

// Cause is what makes a query change rows that it gave before.
type Cause struct {
	What   string
	At     sqlerr.Pos
	Remedy string // how to write it so that each row is final
}

// Changer is implemented by nodes that change rows although their inputs may only
// add some. Cause is asked of those that do.
type Changer interface {
	Cause() Cause
}

// Because gives the cause with what the query says in its place; otherwise is
// what the node is called if a rule made it.
func (m Made) Because(otherwise, remedy string) Cause {
	if m.By != "" {
		otherwise = m.By
	}
	return Cause{What: otherwise, At: m.At, Remedy: remedy}
}

// cause finds the first node from the leaves up that changes rows.
func cause(n Node, in []*Traits, own *Traits) *Cause {
	if own.InsertOnly() {
		return nil
	}
	for _, t := range in {
		if t.Cause != nil {
			return t.Cause
		}
	}
	if c, ok := n.(Changer); ok {
		x := c.Cause()
		return &x
	}
	return nil
}
