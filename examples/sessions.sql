-- Visits of a web shop: clicks of one user with pauses under a second belong
-- together. A generated stream that ends by itself after ten seconds.
CREATE TABLE clicks (
  user_id INT,
  page_id INT,
  at      AS LOCALTIMESTAMP,
  page    AS ELT(page_id, 'home', 'search', 'item', 'basket', 'pay'),
  WATERMARK FOR at AS at - INTERVAL '0.2' SECOND
) WITH (
  'connector' = 'datagen',
  'rows-per-second' = '20',
  'number-of-rows' = '200',
  'fields.user_id.min' = '1',
  'fields.user_id.max' = '8',
  'fields.page_id.min' = '1',
  'fields.page_id.max' = '5'
);

SELECT user_id, COUNT(*) AS clicks, LISTAGG(page, ' > ') AS way,
  TIMESTAMPDIFF(SECOND, window_start, window_end) AS seconds
FROM TABLE(SESSION(TABLE clicks PARTITION BY user_id, DESCRIPTOR(at), INTERVAL '1' SECOND))
GROUP BY user_id, window_start, window_end;
