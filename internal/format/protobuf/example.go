package protobuf

import "github.com/weir-stream/weir/internal/format"

var example = format.Example{
	Files: []format.ExampleFile{{Name: "order.proto", Text: `syntax = "proto3";
package cafe;

message Order {
  int32 id = 1;
  string item = 2;
  repeated string extras = 3;
}
`}},
	SQL: `SET 'execution.runtime-mode' = 'batch';

CREATE TABLE orders (id INT, item STRING, extras ARRAY<STRING>) WITH (
  'connector' = 'kafka',
  'topic' = 'orders',
  'properties.bootstrap.servers' = 'localhost:9092',
  'scan.startup.mode' = 'earliest-offset',
  'scan.bounded.mode' = 'latest-offset',
  'format' = 'protobuf',
  'protobuf.proto-file' = 'order.proto',
  'protobuf.message-class-name' = 'cafe.Order'
);

INSERT INTO orders VALUES (1, 'tea', ARRAY['milk', 'sugar']);

SELECT * FROM orders;
`,
	Output: `┌────┬──────┬───────────────┐
│ id │ item │ extras        │
├────┼──────┼───────────────┤
│  1 │ tea  │ [milk, sugar] │
└────┴──────┴───────────────┘
`,
}
