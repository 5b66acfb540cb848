-- rule: order joins by size (batch)
-- the smallest first
SELECT t.s FROM t JOIN r ON t.a = r.a JOIN small ON r.d = small.f;
-- not over an outer join
SELECT t.s FROM t LEFT JOIN r ON t.a = r.a LEFT JOIN small ON r.d = small.f;
-- not two inputs
SELECT t.s FROM t JOIN r ON t.a = r.a;
