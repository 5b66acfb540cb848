package csv

import "github.com/weir-stream/weir/internal/format"

var example = format.Example{
	Files: []format.ExampleFile{{Name: "orders.csv", Text: "id;item;price\n1;\"tea; green\";2.50\n2;;1.80\n"}},
	SQL: `CREATE TABLE orders (id INT, item STRING, price DECIMAL(4, 2)) WITH (
  'connector' = 'filesystem',
  'path' = 'orders.csv',
  'format' = 'csv',
  'csv.header' = 'true',
  'csv.field-delimiter' = ';',
  'csv.null-literal' = ''
);

SELECT * FROM orders;
`,
	Output: `┌────┬────────────┬───────┐
│ id │ item       │ price │
├────┼────────────┼───────┤
│  1 │ tea; green │  2.50 │
│  2 │ NULL       │  1.80 │
└────┴────────────┴───────┘
`,
}
