package parquet

import "github.com/weir-stream/weir/internal/format"

var example = format.Example{
	Doc: "Written and read again; a file is a table without any DDL.",
	SQL: `SET 'execution.runtime-mode' = 'batch';

CREATE TABLE orders (id INT, item STRING, at TIMESTAMP(3)) WITH (
  'connector' = 'filesystem',
  'path' = 'orders',
  'format' = 'parquet',
  'parquet.compression' = 'ZSTD',
  'parquet.timestamp.time.unit' = 'millis'
);

INSERT INTO orders VALUES (1, 'tea', TIMESTAMP '2026-01-02 03:04:05.678');

SELECT id, item, at FROM orders;
`,
	Output: `┌────┬──────┬─────────────────────────┐
│ id │ item │ at                      │
├────┼──────┼─────────────────────────┤
│  1 │ tea  │ 2026-01-02 03:04:05.678 │
└────┴──────┴─────────────────────────┘
`,
}
