-- A café's orders, as they come in, and what each drink earned every two
-- seconds. The stream ends by itself after twenty seconds.
CREATE TABLE orders (
  order_id   BIGINT,
  drink_id   INT,
  cups       INT,
  ordered_at AS LOCALTIMESTAMP,
  drink      AS ELT(drink_id, 'espresso', 'flat white', 'green tea', 'orange juice'),
  price      AS CASE drink_id WHEN 1 THEN 2.20 WHEN 2 THEN 3.80 WHEN 3 THEN 3.10 ELSE 4.50 END,
  WATERMARK FOR ordered_at AS ordered_at - INTERVAL '0.5' SECOND
) WITH (
  'connector' = 'datagen',
  'rows-per-second' = '100',
  'fields.order_id.kind' = 'sequence',
  'fields.order_id.start' = '1',
  'fields.order_id.end' = '2000',
  'fields.drink_id.min' = '1',
  'fields.drink_id.max' = '4',
  'fields.cups.min' = '1',
  'fields.cups.max' = '3'
);

SELECT
  DATE_FORMAT(window_start, 'HH:mm:ss') AS since,
  drink,
  COUNT(*)          AS orders,
  SUM(cups)         AS cups,
  SUM(cups * price) AS revenue
FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ordered_at), INTERVAL '2' SECOND))
GROUP BY window_start, window_end, drink;
