package blackhole

import (
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
)

var guarantee = connector.Guarantee{Sink: "None is needed: rows are dropped."}

var example = format.Example{
	Doc: "A pipeline that only works, for measuring; `weir explain --analyze` shows the rows of each operator.",
	SQL: `CREATE TABLE nowhere (id INT, item STRING) WITH ('connector' = 'blackhole');

INSERT INTO nowhere VALUES (1, 'tea'), (2, 'espresso');
`,
}
