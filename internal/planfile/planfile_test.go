package planfile

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/types"
)

// methodOwners lists the types of the packages below dir that have a method.
func methodOwners(t *testing.T, dir, method string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, d := range f.Decls {
			m, ok := d.(*ast.FuncDecl)
			if !ok || m.Recv == nil || m.Name.Name != method {
				continue
			}
			if p, ok := m.Recv.List[0].Type.(*ast.StarExpr); ok {
				out = append(out, f.Name.Name+"."+p.X.(*ast.Ident).Name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestEveryNode fails for a plan node or an expression that no file can hold. A
// new node is added to the list in kinds.go; if it has a field that cannot be
// written, the corpus fails in the world planfile.
func TestEveryNode(t *testing.T) {
	for _, name := range methodOwners(t, "../rel", "WithInputs") {
		if nodeKinds[name] == nil && unwritten[name] == "" {
			t.Errorf("the plan node %s is not in the list of kinds.go", name)
		}
	}
	for _, name := range methodOwners(t, "../expr", "Children") {
		if exprKinds[strings.TrimPrefix(name, "expr.")] == nil {
			t.Errorf("the expression %s is not in the list of kinds.go", name)
		}
	}
}

// TestFieldsCanBeWritten looks at the declarations: every field of a node is
// exported, or known to be set by lowering only.
func TestFieldsCanBeWritten(t *testing.T) {
	for name, kind := range nodeKinds {
		for i := range kind.NumField() {
			if f := kind.Field(i); !f.IsExported() && !transient[name+"."+f.Name] {
				t.Errorf("%s.%s is not exported: it would be lost in a plan file", name, f.Name)
			}
		}
	}
}

// TestLiterals takes values of every kind there and back.
func TestLiterals(t *testing.T) {
	e, d := &encoder{}, &decoder{}
	for _, x := range []any{nil, true, int64(math.MinInt64), int64(0), float32(0.1), math.Inf(-1), math.Copysign(0, -1), "", "ä\x00", "\xff\xfe",
		types.Int128{Lo: math.MaxUint64, Hi: -3}, types.TimeNs{Ms: -5, Ns: 999}, []any{}, []any{int64(1), nil, "x"}, [][2]any{{"k", int64(2)}}} {
		holder := struct{ V any }{x}
		w, err := e.value(reflect.ValueOf(&holder).Elem().Field(0))
		if err != nil {
			t.Fatal(err)
		}
		var back any
		if err := d.value(reread(t, w), reflect.ValueOf(&back).Elem()); err != nil || !reflect.DeepEqual(back, x) {
			t.Errorf("%#v came back as %#v (%v)", x, back, err)
		}
	}
}

// TestDamaged reads files that no COMPILE PLAN of this release wrote.
func TestDamaged(t *testing.T) {
	for _, c := range []struct{ file, want string }{
		{``, "cannot be read"},
		{`SELECT 1`, "cannot be read"},
		{`{"weir": "job"}`, "not a plan"},
		{`{"weir": "plan", "version": 99}`, "has version 99, but this release reads version 1"},
		{`{"weir": "plan", "version": 1, "nodes": [], "root": 0}`, "there is no node 0"},
		{`{"weir": "plan", "version": 1, "nodes": [{"op": "join.Quantum"}], "root": 0}`, "the operator 'join.Quantum', which this release does not have"},
		{`{"weir": "plan", "version": 1, "nodes": [{"op": "calc.Node", "In": 0}], "root": 0}`, "no node 0 before its use"},
		{`{"weir": "plan", "version": 1, "nodes": [{"op": "calc.Node"}], "root": 0}`, "lacks an input"},
		{`{"weir": "plan", "version": 1, "nodes": [{"op": "values.Node", "Speed": 1}], "root": 0}`, "no field 'Speed'"},
		{`{"weir": "plan", "version": 1, "nodes": [{"op": "values.Node", "Rows": [[{"is": "Magic"}]]}], "root": 0}`, "'Magic' is not a kind of expression"},
		{`{"weir": "plan", "version": 1, "nodes": [{"op": "scan.Node", "Table": {"Name": "t", "options": {"connector": "teleport"}}}], "root": 0}`, "the connector 'teleport'"},
	} {
		if _, err := Decode([]byte(c.file), &Env{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: fails with %v; want %q", c.file, err, c.want)
		}
	}
}
