-- rule: merge calcs
-- projections and filters in a row
SELECT x + 1 FROM (SELECT a * 2 AS x, b FROM t WHERE b > 1) WHERE x > 5;
-- not volatile ones: it would be drawn twice
SELECT x, x + 1 FROM (SELECT RAND() AS x FROM t);
