// Package sql turns text in the Apache Flink SQL dialect into a syntax tree and
// back: scanner, parser, tree, printer and formatter.
//
// The tree says what was written, not what it means: names are not resolved,
// types are not checked. Functions with a syntax of their own (EXTRACT, TRIM,
// JSON_VALUE, ..) become ordinary calls, so that whoever binds the tree meets
// one kind of call. Every node knows its byte range in the script, which is
// what lets any later error point at the words that caused it.
package sql

import (
	"strings"

	"github.com/weir-stream/weir/internal/sqlerr"
)

// Node is anything in the tree.
type Node interface {
	// Position is the byte range in the script that the node was written in.
	Position() sqlerr.Pos
}

// At is the position of a node; every node embeds it.
type At struct {
	Pos sqlerr.Pos
}

// Position gives the byte range in the script.
func (a At) Position() sqlerr.Pos { return a.Pos }

// Statement is one statement of a script.
type Statement interface {
	Node
	isStatement()
}

// Expr is a scalar expression, or what may stand where one does in a function's
// argument list (TableArg, ModelArg, Descriptor, Symbol, Star).
type Expr interface {
	Node
	isExpr()
}

// SetExpr is the body of a query: *Select, *SetOp, *Values, *TableQuery, or a
// parenthesised *Query with clauses of its own.
type SetExpr interface {
	Node
	isSetExpr()
}

// TableRef is an element of a FROM clause.
type TableRef interface {
	Node
	isTableRef()
}

// AlterAction is what an ALTER statement does to its object.
type AlterAction interface {
	Node
	isAlterAction()
}

// Script is a parsed script.
type Script struct {
	Src        string
	Statements []Statement // Position() of each excludes the closing semicolon
	Comments   []Comment
	// Unquoted are the names that weir takes without backquotes and Flink does
	// not, in the order of the script.
	Unquoted []Ident
}

// Text gives the source text of a node of this script.
func (s *Script) Text(n Node) string {
	p := n.Position()
	if p.Start < 0 || p.End > len(s.Src) || p.Start > p.End {
		return ""
	}
	return s.Src[p.Start:p.End]
}

// Comment is a comment with its marks (`-- x`, `/* x */`).
type Comment struct {
	At
	Text string
}

// Ident is a name as written, without its quotes.
type Ident struct {
	Name   string
	Quoted bool
	Pos    sqlerr.Pos
}

// Position gives the byte range in the script.
func (i Ident) Position() sqlerr.Pos { return i.Pos }

// String gives the name without quotes.
func (i Ident) String() string { return i.Name }

// ObjectName is a name of one to several parts: catalog.database.object.
type ObjectName struct {
	Parts []Ident
}

// Position covers all the parts.
func (n ObjectName) Position() sqlerr.Pos {
	if len(n.Parts) == 0 {
		return sqlerr.Pos{}
	}
	return sqlerr.Pos{Start: n.Parts[0].Pos.Start, End: n.Parts[len(n.Parts)-1].Pos.End}
}

// Last gives the last part, the zero Ident if there is none.
func (n ObjectName) Last() Ident {
	if len(n.Parts) == 0 {
		return Ident{}
	}
	return n.Parts[len(n.Parts)-1]
}

// Strings gives the parts without quotes.
func (n ObjectName) Strings() []string {
	out := make([]string, len(n.Parts))
	for i, p := range n.Parts {
		out[i] = p.Name
	}
	return out
}

// String joins the parts by dots, without quotes: for messages, not for SQL.
func (n ObjectName) String() string { return strings.Join(n.Strings(), ".") }

// Option is a pair of WITH ('key' = 'value').
type Option struct {
	Key, Value *StringLit
}

// PartitionValue is an element of PARTITION (k = v, ..); Value is nil where
// only the key was given.
type PartitionValue struct {
	Key   Ident
	Value Expr
}
