-- Queries that look alike and are not the same: a condition that keeps another from
-- failing, a column that may be NULL, AND for OR.
SET 'parallelism.default' = '1';
CREATE TABLE bids (auction INT, price INT, bidder INT NOT NULL) WITH ('connector' = 'datagen', 'number-of-rows' = '100');
CREATE TABLE a (auction INT, n BIGINT, PRIMARY KEY (auction) NOT ENFORCED) WITH ('connector' = 'print');
-- old
SET 'pipeline.name' = 'guarded';
INSERT INTO a SELECT auction, COUNT(*) FROM bids WHERE price / bidder > 1 AND bidder <> 0 GROUP BY auction;
SET 'pipeline.name' = 'null';
INSERT INTO a SELECT auction, COUNT(*) FROM bids GROUP BY auction;
SET 'pipeline.name' = 'or';
INSERT INTO a SELECT auction, COUNT(*) FROM bids WHERE price > 1 AND bidder < 2 GROUP BY auction;
-- new
SET 'pipeline.name' = 'guarded';
INSERT INTO a SELECT auction, COUNT(*) FROM bids WHERE bidder <> 0 AND price / bidder > 1 GROUP BY auction;
SET 'pipeline.name' = 'null';
INSERT INTO a SELECT auction, COUNT(price) FROM bids GROUP BY auction;
SET 'pipeline.name' = 'or';
INSERT INTO a SELECT auction, COUNT(*) FROM bids WHERE price > 1 OR bidder < 2 GROUP BY auction;
-- diff
guarded
  rebuilt        TableSourceScan(default_catalog.default_database.bids): read from its beginning
  rebuilt        Calc(bidder <> 0 AND (price / bidder) > 1): from TableSourceScan(default_catalog.default_database.bids)
  rebuilt        GroupAggregate(COUNT(*) AS EXPR$1): from TableSourceScan(default_catalog.default_database.bids)
  rebuilt        Calc(auction, EXPR$1 AS n): from TableSourceScan(default_catalog.default_database.bids)
  rebuilt        Sink(default_catalog.default_database.a): from TableSourceScan(default_catalog.default_database.bids)
  dropped        TableSourceScan(default_catalog.default_database.bids)
  dropped        Calc((price / bidder) > 1 AND bidder <> 0)
  dropped        GroupAggregate(COUNT(*) AS EXPR$1)
  dropped        Calc(auction, EXPR$1 AS n)
  dropped        Sink(default_catalog.default_database.a)
  corrected      Sink(default_catalog.default_database.a): rows in default_catalog.default_database.a that only the old plan gives are taken back

null
  rebuilt        TableSourceScan(default_catalog.default_database.bids): read from its beginning
  rebuilt        GroupAggregate(COUNT(price) AS EXPR$1): from TableSourceScan(default_catalog.default_database.bids) (COUNT(price) AS EXPR$1 is new in it)
  rebuilt        Calc(auction, EXPR$1 AS n): from TableSourceScan(default_catalog.default_database.bids)
  rebuilt        Sink(default_catalog.default_database.a): from TableSourceScan(default_catalog.default_database.bids)
  dropped        TableSourceScan(default_catalog.default_database.bids)
  dropped        GroupAggregate(COUNT(*) AS EXPR$1)
  dropped        Calc(auction, EXPR$1 AS n)
  dropped        Sink(default_catalog.default_database.a)
  corrected      Sink(default_catalog.default_database.a): rows in default_catalog.default_database.a that only the old plan gives are taken back

or
  rebuilt        TableSourceScan(default_catalog.default_database.bids): read from its beginning
  rebuilt        Calc(price > 1 OR bidder < 2): from TableSourceScan(default_catalog.default_database.bids)
  rebuilt        GroupAggregate(COUNT(*) AS EXPR$1): from TableSourceScan(default_catalog.default_database.bids)
  rebuilt        Calc(auction, EXPR$1 AS n): from TableSourceScan(default_catalog.default_database.bids)
  rebuilt        Sink(default_catalog.default_database.a): from TableSourceScan(default_catalog.default_database.bids)
  dropped        TableSourceScan(default_catalog.default_database.bids)
  dropped        Calc(price > 1 AND bidder < 2)
  dropped        GroupAggregate(COUNT(*) AS EXPR$1)
  dropped        Calc(auction, EXPR$1 AS n)
  dropped        Sink(default_catalog.default_database.a)
  corrected      Sink(default_catalog.default_database.a): rows in default_catalog.default_database.a that only the old plan gives are taken back
