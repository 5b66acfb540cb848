-- Each bid with its auction as it was at the bid's time.
CREATE VIEW auctions AS SELECT id, category, reserve, `dateTime` FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY `dateTime` DESC) AS row_num FROM auction) WHERE row_num = 1;
SELECT B.auction, B.price, B.`dateTime`, A.category, A.reserve
FROM bid AS B JOIN auctions FOR SYSTEM_TIME AS OF B.`dateTime` AS A ON B.auction = A.id;
