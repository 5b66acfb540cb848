-- The projection above a full join is edited: the join gives its rows from state.
SET 'parallelism.default' = '2';
CREATE TABLE orders (id INT NOT NULL, customer INT NOT NULL, amount INT) WITH ('connector' = 'datagen', 'number-of-rows' = '100');
CREATE TABLE payments (id INT NOT NULL, paid INT) WITH ('connector' = 'datagen', 'number-of-rows' = '100');
CREATE TABLE open (id INT, amount INT, paid INT) WITH ('connector' = 'print');
-- old
INSERT INTO open SELECT COALESCE(o.id, p.id), amount, paid FROM orders o FULL JOIN payments p ON o.id = p.id;
-- new
INSERT INTO open SELECT COALESCE(o.id, p.id), amount * 100, paid FROM orders o FULL JOIN payments p ON o.id = p.id;
-- diff
insert-into_open
  kept           TableSourceScan(default_catalog.default_database.orders)
  kept           TableSourceScan(default_catalog.default_database.payments)
  kept           Join(joinType=[FullOuterJoin], on=[id = id])
  rebuilt        Calc(CASE WHEN id IS NOT NULL THEN id ELSE id END AS id, amount * 100 AS amount, paid): from the state of Join(joinType=[FullOuterJoin], on=[id = id])
  rebuilt        Sink(default_catalog.default_database.open): from the state of Join(joinType=[FullOuterJoin], on=[id = id])
  dropped        Calc(CASE WHEN id IS NOT NULL THEN id ELSE id END AS id, amount, paid)
  dropped        Sink(default_catalog.default_database.open)
  corrected      Sink(default_catalog.default_database.open): rows in default_catalog.default_database.open that only the old plan gives are taken back
