-- rule: prune columns
-- only what is read is read
SELECT t.b FROM t JOIN r ON t.a = r.a WHERE t.c > 1;
-- COUNT wants rows, not columns
SELECT COUNT(*) FROM t;
-- an aggregate that nobody wants
SELECT n FROM (SELECT a, COUNT(*) AS n, SUM(b) AS m FROM t GROUP BY a);
-- the rank is not wanted
SELECT a FROM (SELECT a, b, c, ROW_NUMBER() OVER (PARTITION BY a ORDER BY b) AS rn FROM t) WHERE rn <= 3;
-- a set operation compares all its columns, but no others
SELECT a FROM (SELECT a, b FROM t INTERSECT SELECT a, d FROM r);
-- a union
SELECT a FROM (SELECT a, b FROM t UNION ALL SELECT a, d FROM r);
