// Package plan is the contract of plan nodes: relational operators as values,
// the traits that are inferred for them, and the one printer that EXPLAIN and
// the golden tests use.
//
//	AST ─bind→ Node tree ─opt rules→ Node tree ─Derive→ traits ─dag.Lower→ physical graph
//
// Each relational concept is a package under rel/ with its node, its operators
// and its lowering. Nodes are immutable; rules make new ones.
package plan

import (
	"sync"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/types"
)

// Field is a column of a node's output.
type Field struct {
	Name string
	Type types.Type
}

// Types lists the types of fields.
func Types(fs []Field) []types.Type {
	ts := make([]types.Type, len(fs))
	for i, f := range fs {
		ts[i] = f.Type
	}
	return ts
}

// Names lists the names of fields.
func Names(fs []Field) []string {
	ns := make([]string, len(fs))
	for i, f := range fs {
		ns[i] = f.Name
	}
	return ns
}

// ColOf gives column i of fields as an expression.
func ColOf(fs []Field, i int) *expr.Col {
	return &expr.Col{Index: i, Name: fs[i].Name, T: fs[i].Type}
}

// Node is a relational operator. Implementations are pointers to structs that
// are never changed once they are in a tree; sharing a node between two parents
// is sharing the sub-plan.
type Node interface {
	Inputs() []Node
	// WithInputs gives the node over other inputs that have the same fields.
	WithInputs(in []Node) Node
	// Fields are the output columns. Names need not be unique.
	Fields() []Field
	// Name is the word that EXPLAIN prints, Flink's where Flink has the node.
	Name() string
	// Attrs are the details that EXPLAIN prints, in order. Together with Name
	// and the inputs they identify what the node computes: two nodes with equal
	// names, attributes and inputs give equal results.
	Attrs() []Attr
	// Exprs are the expressions over the concatenated fields of the inputs;
	// WithExprs replaces them, in the same order and number.
	Exprs() []expr.Expr
	WithExprs(es []expr.Expr) Node
	// Derive infers the node's traits from its inputs'. It fails with a user
	// error when the inputs cannot be processed (an update stream where only
	// inserts are possible).
	Derive(c *Context, in []*Traits) (*Traits, error)
	// Needs tells what the node asks of each input, given what is asked of it.
	Needs(c *Context, in []*Traits, own *Traits) []Need
}

// Attr is a printed detail.
type Attr struct{ Key, Value string }

// Leaf is embedded by nodes without inputs.
type Leaf struct{}

// Inputs gives none.
func (Leaf) Inputs() []Node { return nil }

// Needs gives none.
func (Leaf) Needs(*Context, []*Traits, *Traits) []Need { return nil }

// NoExprs is embedded by nodes without expressions whose WithExprs would be the
// identity; such nodes implement WithExprs themselves.
type NoExprs struct{}

// Exprs gives none.
func (NoExprs) Exprs() []expr.Expr { return nil }

// AggCall is an aggregate in a node: arguments, filter and order are ordinals
// of the input (a calc below computes them).
type AggCall struct {
	Agg      *fn.Agg
	Args     []int
	Distinct bool
	Filter   int       // ordinal of a BOOLEAN column; -1 = none
	OrderBy  []SortKey // WITHIN GROUP / ORDER BY inside the call
	Type     types.Type
	Name     string // of the output column
}

// SortKey orders by a column.
type SortKey struct {
	Col        int
	Desc       bool
	NullsFirst bool // Flink's default: nulls first ascending, last descending
}

// WindowKind is the kind of a time window.
type WindowKind uint8

// The kinds of windows.
const (
	Tumble WindowKind = iota
	Hop
	Cumulate
	Session
)

var windowNames = [...]string{"TUMBLE", "HOP", "CUMULATE", "SESSION"}

// String gives the table function's name.
func (k WindowKind) String() string { return windowNames[k] }

// Window describes how rows are put into windows. Sizes are in ms.
type Window struct {
	Kind        WindowKind
	TimeCol     int // ordinal of the time attribute in the input
	Proctime    bool
	SizeMs      int64 // TUMBLE, HOP: size; CUMULATE: max size; SESSION: gap
	SlideMs     int64 // HOP: slide; CUMULATE: step
	OffsetMs    int64
	PartitionBy []int // SESSION
}

// Walk calls f for n and all nodes below, each shared node once, inputs first.
func Walk(n Node, f func(Node)) { walk(n, f, map[Node]bool{}) }

func walk(n Node, f func(Node), seen map[Node]bool) {
	if seen[n] {
		return
	}
	seen[n] = true
	for _, in := range n.Inputs() {
		walk(in, f, seen)
	}
	f(n)
}

// Rewrite replaces nodes bottom-up: f gets each node after its inputs were
// rewritten. Shared nodes are rewritten once and stay shared.
func Rewrite(n Node, f func(Node) (Node, error)) (Node, error) {
	done := rewritten.Get().(map[Node]Node)
	defer func() {
		clear(done)
		rewritten.Put(done)
	}()
	return rewrite(n, f, done)
}

// rewritten holds maps of nodes to what they became: a rule runs on every plan
// several times.
var rewritten = sync.Pool{New: func() any { return map[Node]Node{} }}

func rewrite(n Node, f func(Node) (Node, error), done map[Node]Node) (Node, error) {
	if d, ok := done[n]; ok {
		return d, nil
	}
	ins := n.Inputs()
	var changed []Node
	for i, in := range ins {
		r, err := rewrite(in, f, done)
		if err != nil {
			return nil, err
		}
		if r != in && changed == nil {
			changed = append([]Node(nil), ins...)
		}
		if changed != nil {
			changed[i] = r
		}
	}
	out := n
	if changed != nil {
		out = n.WithInputs(changed)
	}
	out, err := f(out)
	if err != nil {
		return nil, err
	}
	done[n] = out
	return out, nil
}
