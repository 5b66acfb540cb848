-- What is ordered every two seconds, from the topic that kafka_fill.sql writes to.
-- Event time is the time of the records. It goes on until Ctrl-C.
CREATE TABLE orders (
  order_id   BIGINT,
  drink      STRING,
  cups       INT,
  ordered_at TIMESTAMP_LTZ(3) METADATA FROM 'timestamp',
  WATERMARK FOR ordered_at AS ordered_at - INTERVAL '0.5' SECOND
) WITH (
  'connector' = 'kafka',
  'topic' = 'orders',
  'properties.bootstrap.servers' = 'localhost:9092',
  'scan.startup.mode' = 'latest-offset',
  'format' = 'json'
);

SELECT
  DATE_FORMAT(window_start, 'HH:mm:ss') AS since,
  drink,
  COUNT(*)  AS orders,
  SUM(cups) AS cups
FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ordered_at), INTERVAL '2' SECOND))
GROUP BY window_start, window_end, drink;
