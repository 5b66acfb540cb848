-- rule: split join condition
-- what looks at one side goes there where the join type allows it
SELECT t.s FROM t LEFT JOIN r ON t.a = r.a AND t.b + r.d > 3 AND r.d > 1 AND t.b < 2;
-- in WHERE equalities become keys, NULL-safe only where both sides may be null
SELECT t.s FROM t, r WHERE t.a IS NOT DISTINCT FROM r.a AND t.c IS NOT DISTINCT FROM r.d;
-- an expression gets a column
SELECT t.s FROM t, r WHERE t.a + 1 = r.d * 2;
-- not a condition on one side of a full join
SELECT t.s FROM t FULL JOIN r ON t.a = r.a AND t.b > 1;
-- not USING, whose keys the binder knows
SELECT a, s, d FROM t JOIN r USING (a);
-- not NATURAL FULL: the column of both
SELECT a, s, d FROM t NATURAL FULL JOIN r;
-- not a cross join
SELECT t.s FROM t CROSS JOIN r;
