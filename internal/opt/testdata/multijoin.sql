-- rule: join many inputs at once
-- three inputs with one key
SELECT t.b, r.d, small.f FROM t JOIN r ON t.a = r.a JOIN small ON r.a = small.a;
-- asked for: outer joins, a condition on several inputs
SELECT /*+ MULTI_JOIN(t, r, small) */ t.b, r.d, small.f FROM t LEFT JOIN r ON t.a = r.a AND r.d > 1 LEFT JOIN small ON t.a = small.a AND small.f > r.d + t.b;
-- asked for: a key that a later join does not compare becomes a condition
SELECT /*+ MULTI_JOIN(t, r, small) */ t.b, r.e, small.f FROM t JOIN r ON t.a = r.a AND t.b = r.d JOIN small ON t.a = small.a;
-- not with two inputs
SELECT t.b, r.d FROM t JOIN r ON t.a = r.a;
-- not with another key
SELECT t.b, r.d, small.f FROM t JOIN r ON t.a = r.a JOIN small ON r.d = small.a;
-- not with an outer join, unless asked for
SELECT t.b, r.d, small.f FROM t JOIN r ON t.a = r.a LEFT JOIN small ON r.a = small.a
