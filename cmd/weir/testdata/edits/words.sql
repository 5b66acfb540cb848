-- Queries say the same in other words, so nothing changes; but of the last one something
-- above what is said in other words is edited.
SET 'parallelism.default' = '1'; SET 'pipeline.name' = 'words';
CREATE TABLE bids (auction INT, price INT, bidder INT NOT NULL, channel STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen', 'number-of-rows' = '100');
CREATE TABLE auctions (id INT, seller INT) WITH ('connector' = 'datagen', 'number-of-rows' = '100');
CREATE TABLE counts (auction INT, n BIGINT, PRIMARY KEY (auction) NOT ENFORCED) WITH ('connector' = 'print');
CREATE TABLE chosen (auction INT, price INT) WITH ('connector' = 'print');
CREATE TABLE sold (price INT, seller INT) WITH ('connector' = 'print');
CREATE TABLE best (auction INT, price INT, PRIMARY KEY (auction) NOT ENFORCED) WITH ('connector' = 'print');
CREATE TABLE sums (auction INT, s INT, PRIMARY KEY (auction) NOT ENFORCED) WITH ('connector' = 'print');
CREATE TABLE hourly (auction INT, h TIMESTAMP(3), n BIGINT) WITH ('connector' = 'print');
-- old
EXECUTE STATEMENT SET BEGIN
INSERT INTO counts SELECT auction, COUNT(*) FROM bids GROUP BY auction;
INSERT INTO chosen SELECT auction, price FROM bids WHERE price > 10 AND channel IN ('a', 'b', 'c') AND bidder BETWEEN 1 AND 9;
INSERT INTO sold SELECT b.price, a.seller FROM bids AS b JOIN auctions AS a ON b.auction = a.id AND b.bidder = a.seller;
INSERT INTO best SELECT auction, price FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY price DESC) AS n FROM bids) WHERE n = 1;
INSERT INTO hourly SELECT auction, window_start, COUNT(*) FROM TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '1' HOUR) WHERE price > bidder GROUP BY auction, window_start, window_end;
INSERT INTO sums SELECT auction, SUM(price + bidder) FROM bids WHERE price > 10 AND bidder = 7 GROUP BY auction;
END;
-- new
EXECUTE STATEMENT SET BEGIN
insert into counts select x.auction, count(bidder) as number_of_bids from bids as x group by x.auction;
INSERT INTO chosen SELECT auction, price FROM bids WHERE bidder <= 9 AND bidder >= 1 AND 10 < price AND (channel = 'c' OR channel = 'a' OR channel = 'b');
INSERT INTO sold SELECT b.price, a.seller FROM bids AS b, auctions AS a WHERE a.seller = b.bidder AND a.id = b.auction;
INSERT INTO best SELECT auction, CAST(price AS INT) FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY price DESC) AS place FROM bids) WHERE place <= 1;
INSERT INTO hourly SELECT auction, window_start, COUNT(1) FROM TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '60' MINUTE) WHERE bidder < price GROUP BY auction, window_start, window_end;
INSERT INTO sums SELECT auction, SUM(bidder + price) * 2 FROM bids WHERE (7 = bidder) AND NOT (price <= 10) GROUP BY auction;
END;
-- diff
words
  kept           TableSourceScan(default_catalog.default_database.bids)
  kept           Calc(auction)
  kept           GroupAggregate(COUNT(*) AS EXPR$1)
  kept           Calc(auction, EXPR$1 AS n)
  kept           Sink(default_catalog.default_database.counts)
  kept           Calc(price > 10 AND channel IN ('a', 'b', 'c') AND bidder >= 1 AND bidder <= 9)
  kept           Sink(default_catalog.default_database.chosen)
  kept           Calc(auction, price, bidder)
  kept           TableSourceScan(default_catalog.default_database.auctions)
  kept           Join(joinType=[InnerJoin], on=[auction = id, bidder = seller])
  kept           Calc(price, seller)
  kept           Sink(default_catalog.default_database.sold)
  kept           Calc(auction, price)
  kept           Rank(rankType=[ROW_NUMBER], rankRange=[rankStart=1, rankEnd=1], partitionBy=[auction], orderBy=[price DESC])
  kept           Sink(default_catalog.default_database.best)
  kept           Calc(price > bidder)
  kept           WindowAggregate(TUMBLE(ts, 3600000 ms), COUNT(*) AS EXPR$3)
  kept           Calc(auction, window_start AS h, EXPR$3 AS n)
  kept           Sink(default_catalog.default_database.hourly)
  kept           Calc(price > 10 AND bidder = 7)
  kept           GroupAggregate(SUM($f1) AS EXPR$1)
  rebuilt        Calc(auction, EXPR$1 * 2 AS s): from the state of GroupAggregate(SUM($f1) AS EXPR$1)
  rebuilt        Sink(default_catalog.default_database.sums): from the state of GroupAggregate(SUM($f1) AS EXPR$1)
  dropped        Calc(auction, EXPR$1 AS s)
  dropped        Sink(default_catalog.default_database.sums)
  corrected      Sink(default_catalog.default_database.sums): rows in default_catalog.default_database.sums that only the old plan gives are taken back
