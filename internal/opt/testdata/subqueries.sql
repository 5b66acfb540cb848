-- rule: subqueries to joins
-- EXISTS is a semi join
SELECT s FROM t WHERE EXISTS (SELECT 1 FROM r WHERE r.a = t.a AND r.d > 1);
-- NOT EXISTS is an anti join
SELECT s FROM t WHERE NOT EXISTS (SELECT 1 FROM r WHERE r.a = t.a);
-- NOT IN knows about nulls: its comparison is the first key, the correlation comes behind it
SELECT s FROM t WHERE a NOT IN (SELECT d FROM r WHERE r.e = t.c);
-- NOT IN over columns without nulls
SELECT s FROM t WHERE c NOT IN (SELECT e FROM r);
-- NOT IN of a pair: unknown counts as a match
SELECT s FROM t WHERE (a, b) NOT IN (SELECT a, d FROM r);
-- a scalar aggregate is grouped by the correlation; COUNT over nothing is 0
SELECT s, (SELECT COUNT(*) FROM r WHERE r.a = t.a) FROM t;
-- EXISTS over an aggregate without groups is always true
SELECT s FROM t WHERE EXISTS (SELECT MAX(d) FROM r WHERE r.a = t.a);
-- an aggregate compared by an order is grouped by the outer values
SELECT s, (SELECT SUM(d) FROM r WHERE r.e < t.c) FROM t;
-- more than one row is an error
SELECT s, (SELECT d FROM r WHERE r.a + 1 = t.a) FROM t;
-- IN in an expression over nullable columns is three-valued
SELECT a IN (SELECT d FROM r) FROM t;
-- IN in an expression, correlated by an order
SELECT a IN (SELECT d FROM r WHERE r.e < t.c) FROM t;
-- IN in an expression over columns without nulls
SELECT c IN (SELECT e FROM r) FROM t;
-- an inequality with ALL
SELECT s FROM t WHERE a <> ALL (SELECT d FROM r);
-- LATERAL with an aggregate keeps rows without a match
SELECT s, n FROM t, LATERAL (SELECT COUNT(*) AS n FROM r WHERE r.a = t.a) AS x;
-- ORDER BY and LIMIT for each outer row is a Top-N
SELECT s, x.d FROM t LEFT JOIN LATERAL (SELECT d FROM r WHERE r.a = t.a ORDER BY d LIMIT 2) AS x ON TRUE;
-- a subquery in a subquery refers to the outermost query
SELECT s FROM t WHERE EXISTS (SELECT 1 FROM r WHERE r.a = t.a AND EXISTS (SELECT 1 FROM small WHERE small.f = r.d AND small.a = t.b));
-- HAVING over an aggregate without groups
SELECT s FROM t WHERE EXISTS (SELECT COUNT(*) FROM r WHERE r.a = t.a HAVING COUNT(*) > 1);
