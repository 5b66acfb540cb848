-- A query whose result is shown: what is edited above the aggregate comes from its state.
SET 'parallelism.default' = '1';
CREATE TABLE bids (auction INT, price INT) WITH ('connector' = 'datagen', 'number-of-rows' = '100');
-- old
SELECT auction, COUNT(*) AS n FROM bids GROUP BY auction;
-- new
SELECT auction, n * 2 FROM (SELECT auction, COUNT(*) AS n FROM bids GROUP BY auction) WHERE n > 1;
-- diff
query
  kept           TableSourceScan(default_catalog.default_database.bids)
  kept           GroupAggregate(COUNT(*) AS EXPR$1)
  rebuilt        Calc(EXPR$1 > 1): from the state of GroupAggregate(COUNT(*) AS EXPR$1)
  rebuilt        Sink(result): from the state of GroupAggregate(COUNT(*) AS EXPR$1)
  dropped        Calc(auction, EXPR$1 AS n)
  dropped        Sink(result)
