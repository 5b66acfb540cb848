package weir_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/weir-stream/weir"
)

// counter is a process table function over changes that counts them by kind.
var counter = &weir.ProcessTableFunction{Name: "kinds", Args: []weir.Argument{{Name: "t", Table: weir.SetSemantics, Updates: true, OptionalPartition: true}},
	Columns: []weir.OutputColumn{{Name: "kind", Type: "STRING"}, {Name: "n", Type: "INT"}}, Updates: true,
	State: []weir.State{{Name: "n", Kind: weir.MapState, Key: "STRING", Columns: []weir.OutputColumn{{Name: "n", Type: "INT"}}}},
	Eval: func(c weir.ProcessContext, row weir.Row) error {
		n := int64(0)
		if v := c.Get("n", row.Kind); v != nil {
			n = v[0].(int64)
			if err := c.EmitKind("-U", row.Kind, n); err != nil {
				return err
			}
		}
		if err := c.Put("n", row.Kind, n+1); err != nil {
			return err
		}
		kind := "+U"
		if n == 0 {
			kind = "+I"
		}
		return c.EmitKind(kind, row.Kind, n+1)
	}}

// quiet takes only new rows.
var quiet = &weir.ProcessTableFunction{Name: "quiet", Args: []weir.Argument{{Name: "t", Table: weir.SetSemantics}, {Name: "x", Type: "INT", Optional: true}},
	Columns: []weir.OutputColumn{{Name: "k", Type: "INT"}}, Eval: func(c weir.ProcessContext, row weir.Row) error {
		if row.Get("v") == int64(13) {
			panic("unlucky")
		}
		if row.Get("v") == int64(14) {
			return c.Emit(1, 2)
		}
		return c.Emit(c.Arg("x"))
	}}

func TestFunctionsInGo(t *testing.T) {
	tests := []struct{ query, want string }{
		{"SELECT kind, n FROM kinds(t => TABLE (SELECT v, COUNT(*) FROM x GROUP BY v)) ORDER BY kind", "+I 2;+U 1;-U 1;"},
		{"SELECT * FROM quiet(TABLE x PARTITION BY k)", "1 <nil>;1 <nil>;1 <nil>;"},
		{"SELECT k, k0 FROM quiet(x => 5, t => TABLE x PARTITION BY k) LIMIT 1", "1 5;"},
		{"SELECT * FROM quiet(TABLE x)", "needs PARTITION BY"},
		{"SELECT * FROM quiet(t => TABLE x PARTITION BY k, y => 5)", "no parameter"},
		{"SELECT * FROM quiet(t => TABLE x PARTITION BY k, x => 'a')", "is INT"},
		{"SELECT * FROM quiet(t => TABLE x PARTITION BY k, on_time => DESCRIPTOR(v))", "time attribute"},
		{"SELECT * FROM quiet(t => TABLE x PARTITION BY k ORDER BY v)", "begin with a time attribute"},
		{"SELECT * FROM quiet(TABLE (SELECT k, COUNT(*) AS v FROM x GROUP BY k) PARTITION BY k)", "takes only new rows"},
		{"SELECT * FROM quiet(TABLE (SELECT k, 13 AS v FROM x) PARTITION BY k)", "panicked: unlucky"},
		{"SELECT * FROM quiet(TABLE (SELECT k, 14 AS v FROM x) PARTITION BY k)", "2 values for 1 columns"},
		{"SET 'weir.sql.strict' = 'true'; SELECT * FROM quiet(TABLE x PARTITION BY k)", "extension"},
		{"SET 'execution.runtime-mode' = 'batch'; SELECT * FROM quiet(TABLE x PARTITION BY k)", "not supported in batch mode"},
	}
	db, err := weir.Open(weir.WithFunction(counter), weir.WithFunction(quiet))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Exec(context.Background(), "CREATE VIEW x AS SELECT * FROM (VALUES (1, 7), (1, 7), (1, 8)) AS t(k, v)"); err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		if got := answer(db, tt.query); got != tt.want && (strings.HasSuffix(tt.want, ";") || !strings.Contains(got, tt.want)) {
			t.Errorf("%s\ngot  %s\nwant %s", tt.query, got, tt.want)
		}
	}
}

// answer prints the rows of a query, or what is wrong.
func answer(db *weir.DB, query string) string {
	rows, err := db.Query(context.Background(), query)
	if err != nil {
		return err.Error()
	}
	defer rows.Close()
	out := ""
	for rows.Next() {
		for i, v := range rows.Values() {
			if i > 0 {
				out += " "
			}
			out += fmt.Sprint(v)
		}
		out += ";"
	}
	if err := rows.Err(); err != nil {
		return err.Error()
	}
	return out
}

func TestWrongDeclarationsAreRefused(t *testing.T) {
	for want, f := range map[string]any{
		"taken by a built-in": &weir.ScalarFunction{Name: "upper", Sig: "(s STRING) -> STRING"},
		"no result":           &weir.ScalarFunction{Name: "f", Sig: "(s STRING)"},
		"cannot be read":      &weir.ScalarFunction{Name: "f", Sig: "(s STRIN -> STRING"},
		"argument x":          &weir.TableFunction{Name: "f", Args: []weir.Argument{{Name: "x", Type: "INTT"}}},
		"is not a function":   42,
	} {
		if _, err := weir.Open(weir.WithFunction(f)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
