-- rule: expand grouping sets
-- an aggregate of a key reads its copy
SELECT a, b, COUNT(a), SUM(c) FROM t GROUP BY ROLLUP (a, b);
-- not a plain GROUP BY
SELECT a, COUNT(*) FROM t GROUP BY a;
