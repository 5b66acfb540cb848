CREATE TABLE t (
  id INT NOT NULL,
  `user` STRING COMMENT 'x',
  ts TIMESTAMP(3),
  v ARRAY<ROW<a INT, b STRING>>,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND,
  PRIMARY KEY (id) NOT ENFORCED
) WITH (
  'connector' = 'kafka',
  'topic' = 'x',
  'properties.bootstrap.servers' = 'localhost:9092',
  'format' = 'json'
);
