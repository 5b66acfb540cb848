package kafka

import (
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
)

var guarantee = connector.Guarantee{
	Source: "Exactly once: the offset of each partition is part of every checkpoint, and reading goes on from there; the offsets of the consumer group are only told to the brokers. " +
		"Records of transactions that were not committed are read unless 'properties.isolation.level' = 'read_committed'.",
	Sink: "At least once by default: all records are acknowledged before a checkpoint. With 'sink.delivery-guarantee' = 'exactly-once' in transactions that are prepared before and committed after the checkpoint is durable, for readers with read_committed; a job that goes on ends those that it had left. With none records may be lost.",
}

var example = format.Example{
	Doc: "Written with keys, and read up to what is there, with metadata.",
	SQL: `SET 'execution.runtime-mode' = 'batch';

CREATE TABLE orders (
  customer STRING,
  item     STRING,
  cups     INT,
  place    BIGINT METADATA FROM 'offset' VIRTUAL
) WITH (
  'connector' = 'kafka',
  'topic' = 'orders',
  'properties.bootstrap.servers' = 'localhost:9092',
  'scan.startup.mode' = 'earliest-offset',
  'scan.bounded.mode' = 'latest-offset',
  'key.format' = 'raw',
  'key.fields' = 'customer',
  'value.format' = 'json',
  'value.fields-include' = 'EXCEPT_KEY'
);

INSERT INTO orders VALUES ('ann', 'tea', 2), ('bob', 'espresso', 1), ('ann', 'flat white', 1);

SELECT * FROM orders ORDER BY place;
`,
	Output: `┌──────────┬────────────┬──────┬───────┐
│ customer │ item       │ cups │ place │
├──────────┼────────────┼──────┼───────┤
│ ann      │ tea        │    2 │     0 │
│ bob      │ espresso   │    1 │     1 │
│ ann      │ flat white │    1 │     2 │
└──────────┴────────────┴──────┴───────┘
`,
}

var upsertGuarantee = connector.Guarantee{
	Source: guarantee.Source + " What is read of a key for the first time is an insertion, later records are updates and, with a null value, deletions.",
	Sink:   guarantee.Sink + " At least once is enough for who reads the last record of each key.",
}

var upsertExample = format.Example{
	Doc: "A table whose rows are replaced and deleted by their key.",
	SQL: `SET 'execution.runtime-mode' = 'batch';

CREATE TABLE stock (item STRING, cups BIGINT, PRIMARY KEY (item) NOT ENFORCED) WITH (
  'connector' = 'upsert-kafka',
  'topic' = 'stock',
  'properties.bootstrap.servers' = 'localhost:9092',
  'scan.bounded.mode' = 'latest-offset',
  'key.format' = 'json',
  'value.format' = 'json'
);

INSERT INTO stock SELECT item, SUM(n) FROM (VALUES ('tea', 5), ('milk', 2)) AS t(item, n) GROUP BY item;
INSERT INTO stock VALUES ('tea', 4);

SELECT * FROM stock ORDER BY item;
`,
	Output: `┌──────┬──────┐
│ item │ cups │
├──────┼──────┤
│ milk │    2 │
│ tea  │    4 │
└──────┴──────┘
`,
}
