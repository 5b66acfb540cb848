package arrow

import "github.com/weir-stream/weir/internal/format"

var example = format.Example{
	Doc: "Files for other programs; `weir run --output arrow` writes the same to a pipe.",
	SQL: `CREATE TABLE orders (id INT, item STRING) WITH ('connector' = 'filesystem', 'path' = 'orders', 'format' = 'arrow');

INSERT INTO orders VALUES (1, 'tea'), (2, 'espresso');
`,
}
