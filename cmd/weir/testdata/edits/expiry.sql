-- A time-to-live is switched on for one job by the setting, off for another by the hint;
-- a third has a longer one.
SET 'parallelism.default' = '1';
CREATE TABLE bids (auction INT, price INT) WITH ('connector' = 'datagen', 'number-of-rows' = '100');
CREATE TABLE a (auction INT, n BIGINT, PRIMARY KEY (auction) NOT ENFORCED) WITH ('connector' = 'print');
CREATE TABLE b (auction INT, n BIGINT, PRIMARY KEY (auction) NOT ENFORCED) WITH ('connector' = 'print');
CREATE TABLE c (auction INT, n BIGINT, PRIMARY KEY (auction) NOT ENFORCED) WITH ('connector' = 'print');
-- old
SET 'pipeline.name' = 'on';
INSERT INTO a SELECT auction, COUNT(*) FROM bids GROUP BY auction;
SET 'pipeline.name' = 'off';
INSERT INTO b SELECT /*+ STATE_TTL('bids' = '1d') */ auction, COUNT(*) FROM bids GROUP BY auction;
SET 'pipeline.name' = 'longer';
INSERT INTO c SELECT /*+ STATE_TTL('bids' = '1d') */ auction, COUNT(*) FROM bids GROUP BY auction;
-- new
SET 'pipeline.name' = 'off';
INSERT INTO b SELECT auction, COUNT(*) FROM bids GROUP BY auction;
SET 'table.exec.state.ttl' = '1 d';
SET 'pipeline.name' = 'on';
INSERT INTO a SELECT auction, COUNT(*) FROM bids GROUP BY auction;
SET 'pipeline.name' = 'longer';
INSERT INTO c SELECT /*+ STATE_TTL('bids' = '2d') */ auction, COUNT(*) FROM bids GROUP BY auction;
-- diff
off
  kept           TableSourceScan(default_catalog.default_database.bids)
  kept           GroupAggregate(COUNT(*) AS EXPR$1): its rows expire no longer
  kept           Calc(auction, EXPR$1 AS n)
  kept           Sink(default_catalog.default_database.b)

on
  kept           TableSourceScan(default_catalog.default_database.bids)
  kept           GroupAggregate(COUNT(*) AS EXPR$1): its rows expire from now on
  kept           Calc(auction, EXPR$1 AS n)
  kept           Sink(default_catalog.default_database.a)

longer
  kept           TableSourceScan(default_catalog.default_database.bids)
  kept           GroupAggregate(COUNT(*) AS EXPR$1)
  kept           Calc(auction, EXPR$1 AS n)
  kept           Sink(default_catalog.default_database.c)
