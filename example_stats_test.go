package weir_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/weir-stream/weir"
)

// Which operator dropped late rows, and how far event time is.
func ExampleRows_Stats() {
	in := strings.NewReader("a,2026-01-01 00:00:01\na,2026-01-01 00:00:12\na,2026-01-01 00:00:09\na,2026-01-01 00:00:15\n")
	db, err := weir.Open(weir.WithStdio(in, nil, nil), weir.WithSetting("parallelism.default", "1"),
		weir.WithSetting("pipeline.auto-watermark-interval", "0"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	rows, err := db.Query(context.Background(), `
		CREATE TABLE clicks (page STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
		WITH ('connector' = 'filesystem', 'path' = '-', 'format' = 'csv');
		SELECT page, window_end, COUNT(*) FROM TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' SECOND)
		GROUP BY page, window_start, window_end`)
	if err != nil {
		fmt.Println(err)
		return
	}
	for rows.Next() {
		fmt.Println(rows.Values()[2])
	}
	rows.Close()
	for _, o := range rows.Stats().Operators {
		fmt.Println(o.Name, "out:", o.RowsOut, "late:", o.LateRows, "complete:", o.Complete)
		for _, p := range o.Partitions {
			fmt.Println("  partition", p.ID, "rows:", p.Rows, "watermark:", p.Watermark.Format("15:04:05"), "idle:", p.Idle)
		}
	}
	// Output:
	// 1
	// 2
	// TableSourceScan out: 4 late: 0 complete: true
	//   partition - rows: 4 watermark: 00:00:15 idle: false
	// WindowAggregate out: 2 late: 1 complete: true
	// Calc out: 2 late: 0 complete: true
	// Sink out: 0 late: 0 complete: true
}
