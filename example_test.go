package weir_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/weir-stream/weir"
)

func ExampleOpen() {
	db, err := weir.Open()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	rows, err := db.Query(context.Background(), `
		SELECT item, COUNT(*) AS orders, SUM(price) AS total
		FROM (VALUES ('tea', 2.50), ('coffee', 3.00), ('tea', 2.00)) AS t(item, price)
		GROUP BY item
		ORDER BY item`)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rows.Close()
	for rows.Next() {
		var item, total string
		var orders int
		if err := rows.Scan(&item, &orders, &total); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(item, orders, total)
	}
	fmt.Println(rows.Err())
	// Output:
	// coffee 1 3.00
	// tea 2 4.50
	// <nil>
}

// A stream gives changes: counting goes on while rows come in.
func ExampleRows_Kind() {
	in := strings.NewReader("tea\ncoffee\ntea\n")
	db, err := weir.Open(weir.WithStdio(in, nil, nil), weir.WithSetting("parallelism.default", "1"),
		weir.WithSetting("table.exec.mini-batch.enabled", "false"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	rows, err := db.Query(context.Background(), `
		CREATE TABLE sold (item STRING) WITH ('connector' = 'filesystem', 'path' = '-', 'format' = 'csv');
		SELECT item, COUNT(*) FROM sold GROUP BY item`)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rows.Close()
	for rows.Next() {
		fmt.Println(rows.Kind(), rows.Values())
	}
	// Output:
	// +I [tea 1]
	// +I [coffee 1]
	// -U [tea 1]
	// +U [tea 2]
}

func ExampleRows_Record() {
	db, err := weir.Open(weir.WithSetting("execution.runtime-mode", "batch"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	rows, err := db.Query(context.Background(), `SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS t(id, name)`)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rows.Close()
	record, err := rows.Record()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer record.Release()
	fmt.Println(record.Column(0), record.Column(1))
	// Output: [1 2] ["a" "b"]
}

func ExampleError() {
	db, err := weir.Open()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	err = db.Exec(context.Background(), "SELECT nam FROM (VALUES ('a')) AS t(name)")
	var e *weir.Error
	if errors.As(err, &e) {
		fmt.Println(e.BeforeRun())
	}
	fmt.Println(err)
	// Output:
	// true
	// <script>:1:8: error: there is no column `nam`
	//     1 | SELECT nam FROM (VALUES ('a')) AS t(name)
	//       |        ^^^
	//   hint: did you mean `name`?
}
