-- rule: push filters down
-- to the side of an inner join that it looks at
SELECT t.s FROM t JOIN r ON t.a = r.a WHERE t.b > 1 AND r.d < 5;
-- of a left join only to the left side
SELECT t.s FROM t LEFT JOIN r ON t.a = r.a WHERE t.b > 1 AND r.d IS NULL;
-- not below a full join, what holds for padded rows as well
SELECT t.s FROM t FULL JOIN r ON t.a = r.a WHERE t.b IS NULL AND r.d IS NULL;
-- below an aggregate by its keys, but not by its results
SELECT * FROM (SELECT a, COUNT(*) AS n FROM t GROUP BY a) WHERE a > 1 AND n > 2;
-- not below an aggregate without groups, which has a row all the same
SELECT * FROM (SELECT COUNT(*) AS n FROM t) WHERE 1 = CAST(n AS INT);
-- below OVER by its partition
SELECT * FROM (SELECT a, b, COUNT(*) OVER (PARTITION BY a) AS n FROM t) WHERE a = 1 AND b = 2;
-- not below LIMIT: other rows would move up
SELECT * FROM (SELECT a, b FROM t ORDER BY a LIMIT 3) WHERE b > 1;
-- not a volatile condition
SELECT t.s FROM t JOIN r ON t.a = r.a WHERE RAND() < 0.5;
-- below the aggregate of grouping sets, above the expansion that nulls its keys
SELECT * FROM (SELECT a, b, COUNT(*) AS n FROM t GROUP BY GROUPING SETS ((a), (b))) WHERE a > 1;
-- to all inputs of a union
SELECT * FROM (SELECT a FROM t UNION ALL SELECT d FROM r) WHERE a > 1;
-- below UNNEST, what looks at the row
SELECT k, x FROM arr CROSS JOIN UNNEST(xs) AS e (x) WHERE k = 1 AND x = 2;
-- below a window function
SELECT * FROM TABLE(TUMBLE(TABLE ev, DESCRIPTOR(ts), INTERVAL '10' SECOND)) WHERE k = 1;
-- not below sessions, which it would tear apart
SELECT * FROM TABLE(SESSION(TABLE ev, DESCRIPTOR(ts), INTERVAL '10' SECOND)) WHERE k = 1;
-- below Top-N by its partition
SELECT a, b FROM (SELECT a, b, ROW_NUMBER() OVER (PARTITION BY a ORDER BY b) AS rn FROM t) WHERE rn <= 3 AND a = 1 AND b > 1;
