-- rule: outer join to inner
-- a comparison is unknown for padded rows
SELECT t.s FROM t LEFT JOIN r ON t.a = r.a WHERE r.d > 1;
-- a full join keeps the padding that passes
SELECT t.s FROM t FULL JOIN r ON t.a = r.a WHERE t.b > 1;
-- both sides are looked at
SELECT t.s FROM t FULL JOIN r ON t.a = r.a WHERE t.b + r.d > 1;
-- every branch looks at the right side
SELECT t.s FROM t LEFT JOIN r ON t.a = r.a WHERE r.d > 1 OR r.e IS NOT NULL;
-- the key of a join above
SELECT t.s FROM t LEFT JOIN r ON t.a = r.a JOIN small ON r.d = small.a;
-- an aggregate that is compared
SELECT s FROM t WHERE b < (SELECT SUM(d) FROM r WHERE r.a = t.a);
-- not a test for null
SELECT t.s FROM t LEFT JOIN r ON t.a = r.a WHERE r.d IS NULL;
-- not what makes something of null
SELECT t.s FROM t LEFT JOIN r ON t.a = r.a WHERE COALESCE(r.d, 2) > 1;
-- not a branch that looks at the left side
SELECT t.s FROM t LEFT JOIN r ON t.a = r.a WHERE r.d > 1 OR t.b > 1;
-- not a count, which is 0
SELECT s FROM t WHERE b > (SELECT COUNT(*) FROM r WHERE r.a = t.a);
-- not the left side of an outer join above
SELECT t.s FROM t LEFT JOIN r ON t.a = r.a LEFT JOIN small ON r.d = small.a;
