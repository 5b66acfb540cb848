package json

import "github.com/weir-stream/weir/internal/format"

var example = format.Example{
	Files: []format.ExampleFile{{Name: "orders.jsonl", Text: `{"id": 1, "customer": {"name": "ann", "tags": ["new"]}, "at": "2026-01-02T03:04:05Z"}
{"id": 2, "customer": {"name": "bob"}, "price": 1.80}
`}},
	SQL: `CREATE TABLE orders (
  id       INT,
  customer ROW<name STRING, tags ARRAY<STRING>>,
  price    DECIMAL(4, 2),
  at       TIMESTAMP(0)
) WITH (
  'connector' = 'filesystem',
  'path' = 'orders.jsonl',
  'format' = 'json',
  'json.timestamp-format.standard' = 'ISO-8601'
);

SELECT id, customer.name, customer.tags[1] AS tag, price, at FROM orders;
`,
	Output: `┌────┬──────┬──────┬───────┬─────────────────────┐
│ id │ name │ tag  │ price │ at                  │
├────┼──────┼──────┼───────┼─────────────────────┤
│  1 │ ann  │ new  │  NULL │ 2026-01-02 03:04:05 │
│  2 │ bob  │ NULL │  1.80 │ NULL                │
└────┴──────┴──────┴───────┴─────────────────────┘
`,
}

// changesExample shows what the messages of a dialect become.
func changesExample(name, options string, messages ...string) format.Example {
	text := ""
	for _, m := range messages {
		text += m + "\n"
	}
	return format.Example{
		Doc:   "An inserted, an updated and a deleted row.",
		Files: []format.ExampleFile{{Name: "drinks.jsonl", Text: text}},
		SQL: `SET 'parallelism.default' = '1';

CREATE TABLE drinks (id INT, item STRING, price DECIMAL(4, 2)) WITH (
  'connector' = 'filesystem',
  'path' = 'drinks.jsonl',
  'format' = '` + name + "'" + options + `
);

CREATE TABLE changes (id INT, item STRING, price DECIMAL(4, 2)) WITH ('connector' = 'print');

INSERT INTO changes SELECT * FROM drinks;
`,
		Output: `+I[1, tea, 2.50]
-U[1, tea, 2.50]
+U[1, green tea, 2.50]
-D[1, green tea, 2.50]
`,
	}
}

var (
	debeziumExample = changesExample("debezium-json", "",
		`{"before": null, "after": {"id": 1, "item": "tea", "price": 2.50}, "source": {"db": "cafe", "table": "drinks"}, "op": "c", "ts_ms": 1767323045000}`,
		`{"before": {"id": 1, "item": "tea", "price": 2.50}, "after": {"id": 1, "item": "green tea", "price": 2.50}, "op": "u"}`,
		`{"before": {"id": 1, "item": "green tea", "price": 2.50}, "after": null, "op": "d"}`)
	canalExample = changesExample("canal-json", ",\n  'canal-json.table.include' = 'drinks'",
		`{"data": [{"id": "1", "item": "tea", "price": "2.50"}], "old": null, "type": "INSERT", "database": "cafe", "table": "drinks", "isDdl": false}`,
		`{"data": [{"id": "1", "item": "green tea", "price": "2.50"}], "old": [{"item": "tea"}], "type": "UPDATE", "database": "cafe", "table": "drinks", "isDdl": false}`,
		`{"data": [{"id": "1", "item": "green tea", "price": "2.50"}], "old": null, "type": "DELETE", "database": "cafe", "table": "drinks", "isDdl": false}`,
		`{"data": [{"id": "7"}], "old": null, "type": "INSERT", "database": "cafe", "table": "cups", "isDdl": false}`)
	maxwellExample = changesExample("maxwell-json", "",
		`{"database": "cafe", "table": "drinks", "type": "insert", "ts": 1767323045, "data": {"id": 1, "item": "tea", "price": 2.50}}`,
		`{"database": "cafe", "table": "drinks", "type": "update", "ts": 1767323046, "data": {"id": 1, "item": "green tea", "price": 2.50}, "old": {"item": "tea"}}`,
		`{"database": "cafe", "table": "drinks", "type": "delete", "ts": 1767323047, "data": {"id": 1, "item": "green tea", "price": 2.50}}`)
	oggExample = changesExample("ogg-json", "",
		`{"table": "CAFE.DRINKS", "op_type": "I", "op_ts": "2026-01-02 03:04:05.000000", "after": {"id": 1, "item": "tea", "price": 2.50}}`,
		`{"table": "CAFE.DRINKS", "op_type": "U", "before": {"id": 1, "item": "tea", "price": 2.50}, "after": {"id": 1, "item": "green tea", "price": 2.50}}`,
		`{"table": "CAFE.DRINKS", "op_type": "D", "before": {"id": 1, "item": "green tea", "price": 2.50}}`)
)
