-- rule: factor common conjuncts out of OR
-- the key is in both branches
SELECT t.s FROM t, r WHERE (t.a = r.a AND t.b = 1) OR (t.a = r.a AND t.b = 2 AND r.d = 3);
-- a branch that is the common part makes the others needless
SELECT s FROM t WHERE (a = 1) OR (a = 1 AND b = 2);
-- not with nothing in common
SELECT s FROM t WHERE (a = 1 AND b = 2) OR (a = 2 AND b = 1);
