-- rule: pick among equal rows once
-- a Top-N is read by the query and by its subquery
SELECT v, (SELECT COUNT(*) FROM ev2 u WHERE u.w < d.k) FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS rn FROM ev) d WHERE rn = 1;
