package registry

import "github.com/weir-stream/weir/internal/format"

// Example shows a format of the registry, of which it needs the name alone: what is
// written with one schema is read with another.
func Example(name string) format.Example {
	return format.Example{
		Doc: "Written with one schema and read with another: fields are matched by name.",
		SQL: `SET 'execution.runtime-mode' = 'batch';

CREATE TABLE orders (id INT NOT NULL, item STRING, placed TIMESTAMP(3)) WITH (
  'connector' = 'kafka',
  'topic' = 'orders',
  'properties.bootstrap.servers' = 'localhost:9092',
  'format' = '` + name + `',
  '` + name + `.url' = 'http://localhost:8081'
);

INSERT INTO orders VALUES (1, 'tea', TIMESTAMP '2026-01-02 03:04:05');

CREATE TABLE items (placed TIMESTAMP(3), item STRING, cups INT) WITH (
  'connector' = 'kafka',
  'topic' = 'orders',
  'properties.bootstrap.servers' = 'localhost:9092',
  'scan.startup.mode' = 'earliest-offset',
  'scan.bounded.mode' = 'latest-offset',
  'format' = '` + name + `',
  '` + name + `.url' = 'http://localhost:8081'
);

SELECT * FROM items;
`,
		Output: `┌─────────────────────────┬──────┬──────┐
│ placed                  │ item │ cups │
├─────────────────────────┼──────┼──────┤
│ 2026-01-02 03:04:05.000 │ tea  │ NULL │
└─────────────────────────┴──────┴──────┘
`,
	}
}
