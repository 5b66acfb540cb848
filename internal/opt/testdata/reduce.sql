-- rule: aggregate only the groups that are wanted (batch)
-- few keys of a small table
SELECT f FROM small WHERE f < (SELECT SUM(b) FROM t WHERE t.a = small.a);
-- not where all groups are wanted
SELECT d FROM t JOIN (SELECT a, SUM(d) AS d FROM r GROUP BY a) x ON t.a = x.a;
