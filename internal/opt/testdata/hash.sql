-- rule: hash join with the smaller side built (batch)
-- right is smaller
SELECT t.s FROM t JOIN small ON t.a = small.a;
-- left is smaller
SELECT t.s FROM small LEFT JOIN t ON t.a = small.a;
-- NOT IN holds the right side
SELECT f FROM small WHERE a NOT IN (SELECT a FROM t);
-- a hint names the larger side
SELECT /*+ BROADCAST(t) */ t.s FROM t JOIN small ON t.a = small.a;
-- a hint that the type of the join rules out
SELECT /*+ BROADCAST(small), SHUFFLE_HASH(t) */ t.s FROM small LEFT JOIN t ON t.a = small.a;
-- the first name counts
SELECT /*+ SHUFFLE_HASH(x, y) */ x.s FROM t x JOIN small AS y ON x.a = y.a;
