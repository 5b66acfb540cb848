-- A query asks for less of the aggregates that there are, another for more.
SET 'parallelism.default' = '1';
CREATE TABLE bids (auction INT, price INT) WITH ('connector' = 'datagen', 'number-of-rows' = '100');
CREATE TABLE a (auction INT, n BIGINT, PRIMARY KEY (auction) NOT ENFORCED) WITH ('connector' = 'print');
CREATE TABLE b (auction INT, n BIGINT, most INT, PRIMARY KEY (auction) NOT ENFORCED) WITH ('connector' = 'print');
-- old
SET 'pipeline.name' = 'counts';
INSERT INTO a SELECT auction, COUNT(*) + SUM(price) FROM bids GROUP BY auction;
SET 'pipeline.name' = 'extremes';
INSERT INTO b SELECT auction, COUNT(*), MIN(price) FROM bids GROUP BY auction;
-- new
SET 'pipeline.name' = 'counts';
INSERT INTO a SELECT auction, COUNT(*) FROM bids GROUP BY auction;
SET 'pipeline.name' = 'extremes';
INSERT INTO b SELECT auction, COUNT(*), MAX(price) - MIN(price) FROM bids GROUP BY auction;
-- diff
counts
  kept           TableSourceScan(default_catalog.default_database.bids)
  kept           GroupAggregate(COUNT(*) AS EXPR$1, SUM(price) AS EXPR$2)
  rebuilt        Calc(auction, EXPR$1): from the state of GroupAggregate(COUNT(*) AS EXPR$1, SUM(price) AS EXPR$2)
  rebuilt        Calc(auction, EXPR$1 AS n): from the state of GroupAggregate(COUNT(*) AS EXPR$1, SUM(price) AS EXPR$2)
  rebuilt        Sink(default_catalog.default_database.a): from the state of GroupAggregate(COUNT(*) AS EXPR$1, SUM(price) AS EXPR$2)
  dropped        Calc(auction, EXPR$1 + EXPR$2 AS n)
  dropped        Sink(default_catalog.default_database.a)
  corrected      Sink(default_catalog.default_database.a): rows in default_catalog.default_database.a that only the old plan gives are taken back

extremes
  rebuilt        TableSourceScan(default_catalog.default_database.bids): read from its beginning
  rebuilt        GroupAggregate(COUNT(*) AS EXPR$1, MAX(price) AS EXPR$2, MIN(price) AS EXPR$3): from TableSourceScan(default_catalog.default_database.bids) (MAX(price) AS EXPR$2 is new in it)
  rebuilt        Calc(auction, EXPR$1 AS n, EXPR$2 - EXPR$3 AS most): from TableSourceScan(default_catalog.default_database.bids)
  rebuilt        Sink(default_catalog.default_database.b): from TableSourceScan(default_catalog.default_database.bids)
  dropped        TableSourceScan(default_catalog.default_database.bids)
  dropped        GroupAggregate(COUNT(*) AS EXPR$1, MIN(price) AS EXPR$2)
  dropped        Calc(auction, EXPR$1 AS n, EXPR$2 AS most)
  dropped        Sink(default_catalog.default_database.b)
  corrected      Sink(default_catalog.default_database.b): rows in default_catalog.default_database.b that only the old plan gives are taken back
