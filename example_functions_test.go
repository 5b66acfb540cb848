package weir_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/weir-stream/weir"
)

// show prints the rows of a query over a database with functions; input is what
// tables with the path '-' read.
func show(input, script string, functions ...any) {
	options := []weir.Option{weir.WithStdio(strings.NewReader(input), nil, nil), weir.WithSetting("parallelism.default", "1"),
		weir.WithSetting("pipeline.auto-watermark-interval", "0 ms")}
	for _, f := range functions {
		options = append(options, weir.WithFunction(f))
	}
	db, err := weir.Open(options...)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	rows, err := db.Query(context.Background(), script)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rows.Close()
	for rows.Next() {
		fmt.Println(rows.Values()...)
	}
	if err := rows.Err(); err != nil {
		fmt.Println(err)
	}
}

func ExampleWithFunction_scalar() {
	initials := &weir.ScalarFunction{Name: "INITIALS", Sig: "(name STRING) -> STRING", Doc: "The first letters of a name.",
		Eval: func(args []any) (any, error) {
			name, ok := args[0].(string)
			if !ok {
				return nil, nil
			}
			out := ""
			for _, w := range strings.Fields(name) {
				out += w[:1]
			}
			return out, nil
		}}
	twice := &weir.ScalarFunction{Name: "TWICE", Sig: "(n BIGINT) -> BIGINT", Doc: "Twice a number, many at a time.",
		Vector: func(args []*weir.Vector, n int, out *weir.Vector) error {
			for i, x := range args[0].I64[:n] {
				out.I64[i] = 2 * x
			}
			return nil
		}}
	show("", `SELECT INITIALS(name), TWICE(n) FROM (VALUES ('Ada Lovelace', 1), ('Alan Turing', 2), (NULL, NULL)) AS t(name, n)`, initials, twice)
	// Output:
	// AL 2
	// AT 4
	// <nil> <nil>
}

func ExampleWithFunction_aggregate() {
	product := &weir.AggregateFunction{Name: "PRODUCT", Sig: "(x DOUBLE) -> DOUBLE", Doc: "The product of the numbers.", State: []string{"DOUBLE"},
		Add: func(state, args []any) error {
			if state[0] == nil {
				state[0] = 1.0
			}
			if args[0] != nil {
				state[0] = state[0].(float64) * args[0].(float64)
			}
			return nil
		},
		Result: func(state []any) (any, error) { return state[0], nil }}
	show("", `SELECT k, PRODUCT(x) FROM (VALUES ('a', 2), ('a', 3), ('b', 4)) AS t(k, x) GROUP BY k ORDER BY k`, product)
	// Output:
	// a 6
	// b 4
}

func ExampleWithFunction_table() {
	words := &weir.TableFunction{Name: "WORDS", Doc: "The words of a text.", Args: []weir.Argument{{Name: "s", Type: "STRING"}},
		Columns: []weir.OutputColumn{{Name: "word", Type: "STRING"}, {Name: "len", Type: "INT"}},
		Eval: func(_ context.Context, args []any, emit func(...any) error) error {
			s, _ := args[0].(string)
			for _, w := range strings.Fields(s) {
				if err := emit(w, len(w)); err != nil {
					return err
				}
			}
			return nil
		}}
	show("", `SELECT id, word, len FROM (VALUES (1, 'to be'), (2, ''), (3, 'or not')) AS t(id, s)
		LEFT JOIN LATERAL TABLE(WORDS(s)) ON TRUE`, words)
	// Output:
	// 1 to 2
	// 1 be 2
	// 2 <nil> <nil>
	// 3 or 2
	// 3 not 3
}

// A reminder for each cart that nobody has touched for a minute.
func ExampleWithFunction_process() {
	reminder := &weir.ProcessTableFunction{Name: "REMINDER", Doc: "Tells which carts were left.",
		Args:    []weir.Argument{{Name: "input", Table: weir.SetSemantics}, {Name: "after", Type: "INT"}},
		Columns: []weir.OutputColumn{{Name: "items", Type: "ARRAY<STRING>"}, {Name: "spent", Type: "BIGINT"}},
		State: []weir.State{
			{Name: "items", Kind: weir.ListState, Columns: []weir.OutputColumn{{Name: "item", Type: "STRING"}}},
			{Name: "total", Columns: []weir.OutputColumn{{Name: "n", Type: "BIGINT"}}},
		},
		Eval: func(c weir.ProcessContext, row weir.Row) error {
			total := int64(0)
			if v := c.Value("total"); v != nil {
				total = v[0].(int64)
			}
			err := errors.Join(c.Append("items", row.Get("item")), c.SetValue("total", total+row.Get("price").(int64)))
			t, _ := c.Time()
			return errors.Join(err, c.SetTimer("idle", t.Add(time.Duration(c.Arg("after").(int64))*time.Second)))
		},
		Timer: func(c weir.ProcessContext, _ string) error {
			var items []any
			for _, e := range c.List("items") {
				items = append(items, e[0])
			}
			err := c.Emit(items, c.Value("total")[0])
			c.ClearAll()
			return err
		}}
	show(`ann,tea,2,2026-01-01 00:00:00
bob,mug,9,2026-01-01 00:00:10
ann,cup,5,2026-01-01 00:00:30
cid,hat,3,2026-01-01 00:02:00
ann,tea,2,2026-01-01 00:05:00
`, `CREATE TABLE carts (who STRING, item STRING, price INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '-', 'format' = 'csv');
		SELECT who, items, spent, DATE_FORMAT(rowtime, 'HH:mm:ss')
		FROM REMINDER(input => TABLE carts PARTITION BY who, after => 60, on_time => DESCRIPTOR(ts), uid => 'reminders')`, reminder)
	// Output:
	// bob [mug] 9 00:01:10
	// ann [tea cup] 7 00:01:30
	// cid [hat] 3 00:03:00
	// ann [tea] 2 00:06:00
}

func ExampleWithFunction_show() {
	show("", "SHOW USER FUNCTIONS", &weir.ScalarFunction{Name: "answer", Sig: "() -> INT", Eval: func([]any) (any, error) { return 42, nil }})
	show("", "SELECT answer() + 1", &weir.ScalarFunction{Name: "answer", Sig: "() -> INT", Eval: func([]any) (any, error) { return 42, nil }})
	// Output:
	// answer
	// 43
}
