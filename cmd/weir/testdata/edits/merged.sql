-- Two INSERTs that were jobs become a statement set: it goes on with the state of one.
SET 'parallelism.default' = '1'; SET 'pipeline.name' = 'bids';
CREATE TABLE bids (auction INT, price INT) WITH ('connector' = 'datagen', 'number-of-rows' = '100');
CREATE TABLE counts (auction INT, n BIGINT, PRIMARY KEY (auction) NOT ENFORCED) WITH ('connector' = 'print');
CREATE TABLE sums (auction INT, s INT, PRIMARY KEY (auction) NOT ENFORCED) WITH ('connector' = 'print');
-- old
INSERT INTO counts SELECT auction, COUNT(*) FROM bids GROUP BY auction;
INSERT INTO sums SELECT auction, SUM(price) FROM bids GROUP BY auction;
-- new
EXECUTE STATEMENT SET BEGIN
INSERT INTO sums SELECT auction, SUM(price) FROM bids GROUP BY auction;
INSERT INTO counts SELECT auction, COUNT(*) FROM bids GROUP BY auction;
END;
-- diff
bids
  note           a job goes on with the state of one job only: what is written to default_catalog.default_database.sums begins anew, and its state in bids stays there, unused
  rebuilt        TableSourceScan(default_catalog.default_database.bids): read from its beginning
  rebuilt        GroupAggregate(SUM(price) AS EXPR$1): from TableSourceScan(default_catalog.default_database.bids) (SUM(price) AS EXPR$1 is new in it)
  rebuilt        Calc(auction, EXPR$1 AS s): from TableSourceScan(default_catalog.default_database.bids)
  rebuilt        Sink(default_catalog.default_database.sums): from TableSourceScan(default_catalog.default_database.bids)
  kept           TableSourceScan(default_catalog.default_database.bids)
  kept           GroupAggregate(COUNT(*) AS EXPR$1)
  kept           Calc(auction, EXPR$1 AS n)
  kept           Sink(default_catalog.default_database.counts)

bids
  dropped        TableSourceScan(default_catalog.default_database.bids)
  dropped        GroupAggregate(SUM(price) AS EXPR$1)
  dropped        Calc(auction, EXPR$1 AS s)
  dropped        Sink(default_catalog.default_database.sums)
  not corrected  Sink(default_catalog.default_database.sums): the rows that the old plan wrote to default_catalog.default_database.sums stay
