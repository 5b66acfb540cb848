// Package planfile writes optimised plans down and reads them back: what COMPILE
// PLAN leaves in a file and EXECUTE PLAN runs.
//
// A file holds the plan itself, node by node with every expression, and never
// the SQL: a later version, whose planner may decide otherwise, runs the same
// plan. The encoding is generic: it follows the fields of the nodes by
// reflection, so a node is written as it is declared, and what cannot be written
// (a field that is not exported, a function value) is an error that a test finds
// before a user does. Functions, aggregates and connectors are written by name
// and looked up again; tables are written with all of their definition, so that
// a plan runs without the catalog that it was made with.
//
//	{"weir": "plan", "version": 1, "settings": {..}, "nodes": [{"op": "scan.Node", ..}, ..], "roots": [3]}
package planfile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// Version is the form that Encode writes. Decode reads this one only until there
// are others; a field that is renamed or changes its meaning makes a new one.
const Version = 1

// Plan is what a file holds.
type Plan struct {
	Root plan.Node
	// Settings are those that the plan was made under, by Flink's keys.
	Settings map[string]string
}

// Env is what names in a file are looked up in.
type Env struct {
	Functions  *fn.Table
	Aggs       *fn.AggTable
	Connectors map[string]*connector.Spec
	Formats    map[string]*format.Spec
	Connector  *connector.Env
	// Parallelism and Batch are those of the run.
	Parallelism int
	Batch       bool
	// Result takes the rows of a query; nil refuses plans of queries.
	Result connector.Sink
}

// file is the outermost object.
type file struct {
	Weir     string            `json:"weir"`
	Version  int               `json:"version"`
	Settings map[string]string `json:"settings"`
	Nodes    []map[string]any  `json:"nodes"`
	Root     int               `json:"root"`
}

// Encode writes a plan as indented JSON.
func Encode(p *Plan) ([]byte, error) {
	e := &encoder{ids: map[plan.Node]int{}}
	root, err := e.node(p.Root)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	j := json.NewEncoder(&b)
	j.SetEscapeHTML(false)
	j.SetIndent("", " ")
	err = j.Encode(file{Weir: "plan", Version: Version, Settings: p.Settings, Nodes: e.nodes, Root: root})
	return b.Bytes(), err
}

// Settings reads only the settings that a plan was made under.
func Settings(data []byte) (map[string]string, error) {
	var f struct {
		Weir     string            `json:"weir"`
		Settings map[string]string `json:"settings"`
	}
	if err := json.Unmarshal(data, &f); err != nil || f.Weir != "plan" {
		return nil, damaged("it is not a plan that COMPILE PLAN wrote")
	}
	return f.Settings, nil
}

// Decode reads a plan. Errors say what in the file this version does not know.
func Decode(data []byte, env *Env) (p *Plan, err error) {
	defer func() {
		if r := recover(); r != nil {
			p, err = nil, damaged("%v", r)
		}
	}()
	var f file
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode(&f); err != nil {
		return nil, damaged("%v", err)
	}
	if f.Weir != "plan" {
		return nil, damaged("it is not a plan that COMPILE PLAN wrote")
	}
	if f.Version != Version {
		return nil, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the plan has version %d, but this release reads version %d", f.Version, Version).
			WithHint("compile the statement again with COMPILE PLAN")
	}
	d := &decoder{env: env}
	for i, n := range f.Nodes {
		if err := d.node(n); err != nil {
			return nil, fmt.Errorf("node %d: %w", i, err)
		}
	}
	if f.Root < 0 || f.Root >= len(d.nodes) {
		return nil, damaged("there is no node %d", f.Root)
	}
	return &Plan{Root: d.nodes[f.Root], Settings: f.Settings}, nil
}

func damaged(format string, args ...any) error {
	return sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "the plan cannot be read: "+format, args...)
}

// check makes sure that a node fits its inputs: that it can be described, and
// that its expressions refer to columns that are there.
func check(n plan.Node) error {
	width := 0
	for _, in := range n.Inputs() {
		width += len(in.Fields())
	}
	width = max(width, len(n.Fields()))
	_ = n.Attrs()
	for _, x := range n.Exprs() {
		if cols := expr.ReferencedCols(x); len(cols) > 0 && slices.Max(cols) >= width {
			return damaged("%s refers to a column that its input does not have", n.Name())
		}
	}
	return nil
}
