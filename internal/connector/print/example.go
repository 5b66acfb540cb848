package print

import (
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
)

var guarantee = connector.Guarantee{Sink: "At least once: rows are printed as they come, and those after the last checkpoint again when a job goes on from it."}

var example = format.Example{
	SQL: `CREATE TABLE out (id INT, item STRING) WITH ('connector' = 'print', 'print-identifier' = 'orders', 'sink.parallelism' = '1');

INSERT INTO out VALUES (1, 'tea'), (2, NULL);
`,
	Output: `orders> +I[1, tea]
orders> +I[2, null]
`,
}
