package avro

import "github.com/weir-stream/weir/internal/format"

var example = format.Example{
	SQL: `SET 'execution.runtime-mode' = 'batch';

CREATE TABLE orders (id INT, item STRING, price DECIMAL(4, 2)) WITH (
  'connector' = 'kafka',
  'topic' = 'orders',
  'properties.bootstrap.servers' = 'localhost:9092',
  'scan.startup.mode' = 'earliest-offset',
  'scan.bounded.mode' = 'latest-offset',
  'format' = 'avro'
);

INSERT INTO orders VALUES (1, 'tea', 2.50);

SELECT * FROM orders;
`,
	Output: `┌────┬──────┬───────┐
│ id │ item │ price │
├────┼──────┼───────┤
│  1 │ tea  │  2.50 │
└────┴──────┴───────┘
`,
}

var confluentExample = format.Example{
	Doc: "Written with one schema and read with another: fields are matched by name.",
	SQL: `SET 'execution.runtime-mode' = 'batch';

CREATE TABLE orders (id INT NOT NULL, item STRING) WITH (
  'connector' = 'kafka',
  'topic' = 'orders',
  'properties.bootstrap.servers' = 'localhost:9092',
  'scan.startup.mode' = 'earliest-offset',
  'scan.bounded.mode' = 'latest-offset',
  'format' = 'avro-confluent',
  'avro-confluent.url' = 'http://localhost:8081'
);

INSERT INTO orders VALUES (1, 'tea');

CREATE TABLE items (item STRING, cups INT) WITH (
  'connector' = 'kafka',
  'topic' = 'orders',
  'properties.bootstrap.servers' = 'localhost:9092',
  'scan.startup.mode' = 'earliest-offset',
  'scan.bounded.mode' = 'latest-offset',
  'format' = 'avro-confluent',
  'avro-confluent.url' = 'http://localhost:8081'
);

SELECT * FROM items;
`,
	Output: `┌──────┬──────┐
│ item │ cups │
├──────┼──────┤
│ tea  │ NULL │
└──────┴──────┘
`,
}

var debeziumExample = format.Example{
	Doc: "Written, and read again as the table that comes of the changes.",
	SQL: `SET 'execution.runtime-mode' = 'batch';

CREATE TABLE drinks (id INT NOT NULL, item STRING) WITH (
  'connector' = 'kafka',
  'topic' = 'drinks',
  'properties.bootstrap.servers' = 'localhost:9092',
  'scan.startup.mode' = 'earliest-offset',
  'scan.bounded.mode' = 'latest-offset',
  'format' = 'debezium-avro-confluent',
  'debezium-avro-confluent.url' = 'http://localhost:8081'
);

INSERT INTO drinks VALUES (1, 'tea'), (2, 'espresso');

SELECT * FROM drinks ORDER BY id;
`,
	Output: `┌────┬──────────┐
│ id │ item     │
├────┼──────────┤
│  1 │ tea      │
│  2 │ espresso │
└────┴──────────┘
`,
}
