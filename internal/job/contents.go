package job

import (
	"sort"
	"strings"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/flow"
	"github.com/weir-stream/weir/internal/snapshot"
	"github.com/weir-stream/weir/internal/state"
)

// TableContents is what is saved of a table of an operator, all subtasks together.
type TableContents struct {
	Vertex   string // the operator's address
	Operator string
	Table    string
	// ID is the operator's number in the plan; Columns are those by which SQL sees the
	// table. Checkpoints of earlier releases do not tell of either.
	ID      int
	Columns []state.Column `json:",omitempty"`
	// Keys counts the different ones that were not deleted; Changes are those of images and of the log after
	// them, Bytes their size.
	Keys, Changes, Bytes int64
	// Hot is the key with the most changes in the log, HotKey what it says: "k = 7"; "" of
	// tables without keys, and of checkpoints that do not tell of columns.
	Hot        []byte
	HotKey     string `json:",omitempty"`
	HotChanges int64
}

// keyChanges is what was saved of a key.
type keyChanges struct {
	n    int64
	gone bool
}

// Contents reads all that a checkpoint holds.
func Contents(r *snapshot.Recovered) ([]TableContents, error) {
	if r.Epoch == 0 {
		return nil, nil
	}
	m, err := parseMeta(r.Meta)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, p := range m.Parts {
		names[p.Vertex] = p.Name
	}
	tables := map[string]*TableContents{}
	keys := map[string]map[string]keyChanges{}
	err = r.Blocks(func(b snapshot.Block) error {
		fb, err := blockOf(b)
		if err != nil {
			return err
		}
		if fb.Table == flow.InFlightTable {
			return nil // no state: it counts in one epoch only
		}
		t := tables[b.Table]
		if t == nil {
			t = &TableContents{Vertex: fb.Vertex, Operator: names[fb.Vertex], Table: fb.Table}
			tables[b.Table], keys[b.Table] = t, map[string]keyChanges{}
		}
		t.Bytes += int64(len(b.Data))
		return eachChange(&fb, func(c state.Change) error {
			t.Changes++
			k := keys[b.Table][string(c.Key)]
			k.n, k.gone = k.n+1, c.Op == state.OpDelete
			keys[b.Table][string(c.Key)] = k
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	ops, err := unpackSchemas(m.Schemas)
	if err != nil {
		return nil, err
	}
	out := make([]TableContents, 0, len(tables))
	for name, t := range tables {
		for k, of := range keys[name] {
			n := of.n
			if !of.gone {
				t.Keys++
			}
			if n > t.HotChanges || n == t.HotChanges && strings.Compare(k, string(t.Hot)) < 0 {
				t.Hot, t.HotChanges = []byte(k), n
			}
		}
	}
	for i := range ops {
		for j := range ops[i].Tables {
			if t := tables[ops[i].Vertex+"/"+ops[i].Tables[j].Name]; t != nil {
				v := View(&ops[i], &ops[i].Tables[j])
				t.ID, t.Columns, t.HotKey = ops[i].ID, v.Columns, keyText(v.Key(t.Hot))
			}
		}
	}
	for _, t := range tables {
		out = append(out, *t)
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].Operator != out[j].Operator {
			return out[i].Operator < out[j].Operator
		}
		return out[i].Table < out[j].Table
	})
	return out, nil
}

// keyText writes a key for people: "k = 7, name = 'x'".
func keyText(columns []state.Column, values []any) string {
	var parts []string
	for i, c := range columns {
		l := expr.Lit{T: c.Type, Value: values[i]}
		parts = append(parts, c.Name+" = "+l.String())
	}
	return strings.Join(parts, ", ")
}

func eachChange(b *flow.Block, f func(state.Change) error) error {
	return state.EachChange(b.Table, b.Delta(), f)
}
