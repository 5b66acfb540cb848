SELECT price FROM bid WHERE EXISTS (SELECT * FROM auction WHERE id = auction) AND price > 1;
SELECT price FROM bid b WHERE b.auction NOT IN (SELECT id FROM auction WHERE auction.category = b.price);
SELECT price, price > (SELECT AVG(category) FROM auction) FROM bid;
SELECT price FROM bid WHERE price IN (SELECT seller FROM auction) OR channel = 'x';
SELECT price FROM bid WHERE price >= ALL (SELECT seller FROM auction);
SELECT price FROM bid b WHERE (auction, bidder) IN (SELECT id, seller FROM auction a WHERE EXISTS (SELECT 1 FROM logs WHERE logs.line = b.channel AND off = a.id));
SELECT channel, (SELECT COUNT(*) FROM auction WHERE CAST(id AS STRING) = channel) FROM bid GROUP BY channel;
SELECT NOT EXISTS (SELECT 1 FROM auction), (SELECT 1) + 1;
