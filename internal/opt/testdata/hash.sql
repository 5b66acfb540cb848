-- rule: hash join with the smaller side built (batch)
-- right is smaller
SELECT t.s FROM t JOIN small ON t.a = small.a;
-- left is smaller
SELECT t.s FROM small LEFT JOIN t ON t.a = small.a;
-- NOT IN holds the right side
SELECT f FROM small WHERE a NOT IN (SELECT a FROM t);
