-- An INSERT of a statement set goes while a column gets another name: the others keep
-- their state, though the source which they share reads less.
SET 'parallelism.default' = '1'; SET 'pipeline.name' = 'bids';
-- old
CREATE TABLE bids (auction INT, price INT, bidder INT) WITH ('connector' = 'datagen', 'number-of-rows' = '100');
CREATE TABLE highest (auction INT, price INT, PRIMARY KEY (auction) NOT ENFORCED) WITH ('connector' = 'print');
CREATE TABLE bidders (bidder INT) WITH ('connector' = 'print');
CREATE TABLE auctions (auction INT) WITH ('connector' = 'print');
EXECUTE STATEMENT SET BEGIN
INSERT INTO highest SELECT auction, MAX(price) FROM bids GROUP BY auction;
INSERT INTO bidders SELECT DISTINCT bidder FROM bids;
INSERT INTO auctions SELECT DISTINCT auction FROM bids;
END;
-- new
CREATE TABLE bids (auction INT, amount BIGINT, bidder INT) WITH ('connector' = 'datagen', 'number-of-rows' = '100');
CREATE TABLE highest (auction INT, price BIGINT, PRIMARY KEY (auction) NOT ENFORCED) WITH ('connector' = 'print');
CREATE TABLE bidders (bidder INT) WITH ('connector' = 'print');
CREATE TABLE auctions (auction INT) WITH ('connector' = 'print');
EXECUTE STATEMENT SET BEGIN
INSERT INTO highest SELECT auction, MAX(amount) FROM bids GROUP BY auction;
INSERT INTO auctions SELECT DISTINCT auction FROM bids;
END;
-- diff
bids
  kept           TableSourceScan(default_catalog.default_database.bids): column price is named amount; column amount widened from INT to BIGINT
  kept           GroupAggregate(MAX(amount) AS EXPR$1): column price is named amount; column amount widened from INT to BIGINT
  kept           Calc(auction, EXPR$1 AS price)
  kept           Sink(default_catalog.default_database.highest): column price widened from INT to BIGINT
  kept           Calc(auction)
  kept           GroupAggregate
  kept           Sink(default_catalog.default_database.auctions)
  dropped        Calc(auction, price)
  dropped        Calc(bidder)
  dropped        GroupAggregate
  dropped        Sink(default_catalog.default_database.bidders)
  not corrected  Sink(default_catalog.default_database.bidders): the rows that the old plan wrote to default_catalog.default_database.bidders stay
