-- rule: nothing of nothing
-- a filter that never holds
SELECT s FROM t WHERE 1 = 2;
-- a side without rows
SELECT s FROM t JOIN (SELECT a FROM r WHERE FALSE) x ON t.a = x.a;
-- a total is a row all the same
SELECT COUNT(*) FROM t WHERE a > CAST(NULL AS INT);
-- not where a watermark flows
SELECT k, ts FROM ev WHERE 1 = 2;
-- not the right side of a left join
SELECT s FROM t LEFT JOIN (SELECT * FROM r) x ON t.a = x.a AND t.b > 1;
