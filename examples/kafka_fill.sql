-- The orders of the café of orders.sql, into the topic `orders` of a broker on this
-- machine. The stream ends by itself after a minute.
CREATE TABLE source (
  order_id BIGINT,
  drink_id INT,
  cups     INT
) WITH (
  'connector' = 'datagen',
  'rows-per-second' = '100',
  'fields.order_id.kind' = 'sequence',
  'fields.order_id.start' = '1',
  'fields.order_id.end' = '6000',
  'fields.drink_id.min' = '1',
  'fields.drink_id.max' = '4',
  'fields.cups.min' = '1',
  'fields.cups.max' = '3'
);

CREATE TABLE orders (
  order_id BIGINT,
  drink    STRING,
  cups     INT
) WITH (
  'connector' = 'kafka',
  'topic' = 'orders',
  'properties.bootstrap.servers' = 'localhost:9092',
  'format' = 'json'
);

INSERT INTO orders
SELECT order_id, ELT(drink_id, 'espresso', 'flat white', 'green tea', 'orange juice'), cups FROM source;
