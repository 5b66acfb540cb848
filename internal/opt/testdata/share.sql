-- rule: share equal sub-plans
-- a CTE that is used twice
WITH x AS (SELECT a, COUNT(*) AS n FROM t GROUP BY a) SELECT l.n FROM x l JOIN x r ON l.a = r.n;
-- not aggregates that differ by their filter
SELECT l.n FROM (SELECT a, COUNT(*) AS n FROM t WHERE b > 1 GROUP BY a) l JOIN (SELECT a, COUNT(*) AS n FROM t WHERE b > 2 GROUP BY a) r ON l.a = r.a;
-- not what is drawn
SELECT l.x FROM (SELECT RAND() AS x, a FROM small) l JOIN (SELECT RAND() AS x, a FROM r) r ON l.a = r.a;
