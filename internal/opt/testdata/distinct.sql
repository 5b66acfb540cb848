-- rule: split distinct aggregates of few groups

-- one group
SELECT COUNT(DISTINCT a), SUM(b) FILTER (WHERE a > 1) FROM t;
-- by day
SELECT CAST(ts AS DATE), COUNT(DISTINCT k), COUNT(*) FROM ev GROUP BY CAST(ts AS DATE);
-- two distinct arguments, one of them aggregated otherwise too
SELECT COUNT(DISTINCT a), SUM(DISTINCT b) FILTER (WHERE a > 1), MAX(b), COUNT(*) FROM t;
-- not by a key of unknown size
SELECT s, COUNT(DISTINCT a) FROM t GROUP BY s;
-- not what cannot be put together from parts
SELECT COUNT(DISTINCT a), AVG(b) FROM t;
-- not where nothing is distinct
SELECT COUNT(a), MAX(DISTINCT b) FROM t;
