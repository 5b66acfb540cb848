-- The pipeline under test: orders from Kafka, revenue a minute and a warning
-- about customers who cancel often. examples/testing/revenue.slt tests it without
-- Kafka and without a change here.
CREATE TABLE orders (
  id       BIGINT,
  customer STRING,
  amount   DECIMAL(10, 2),
  at       TIMESTAMP(3) METADATA FROM 'timestamp',
  WATERMARK FOR at AS at - INTERVAL '5' SECOND
) WITH (
  'connector' = 'kafka',
  'topic' = 'orders',
  'properties.bootstrap.servers' = 'kafka:9092',
  'format' = 'json'
);

CREATE TABLE customers (
  name   STRING,
  status STRING,
  PRIMARY KEY (name) NOT ENFORCED
) WITH (
  'connector' = 'mysql-cdc',
  'hostname' = 'db',
  'database-name' = 'shop',
  'table-name' = 'customers'
);

CREATE TABLE revenue_a_minute (
  since   TIMESTAMP(3),
  orders  BIGINT,
  revenue DECIMAL(38, 2)
) WITH ('connector' = 'kafka', 'topic' = 'revenue', 'properties.bootstrap.servers' = 'kafka:9092', 'format' = 'json');

CREATE TABLE by_status (
  status  STRING,
  revenue DECIMAL(38, 2),
  PRIMARY KEY (status) NOT ENFORCED
) WITH ('connector' = 'upsert-kafka', 'topic' = 'by_status', 'properties.bootstrap.servers' = 'kafka:9092', 'key.format' = 'raw', 'value.format' = 'json');

INSERT INTO revenue_a_minute
SELECT window_start, COUNT(*), SUM(amount)
FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(at), INTERVAL '1' MINUTE))
GROUP BY window_start, window_end;

INSERT INTO by_status
SELECT c.status, SUM(o.amount)
FROM orders AS o JOIN customers AS c ON c.name = o.customer
GROUP BY c.status;
