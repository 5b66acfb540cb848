-- rule: semi join with groups as inner join (batch)
-- the groups are unique by the key
SELECT t.s FROM t, r WHERE t.a = r.a AND t.b IN (SELECT a FROM small GROUP BY a HAVING SUM(f) > 3);
-- not an anti join
SELECT t.s FROM t, r WHERE t.a = r.a AND NOT EXISTS (SELECT 1 FROM small WHERE small.a = t.a);
