-- rule: look up by key
-- by key, with a filter and a condition on both sides
SELECT n.k, d.name FROM now n LEFT JOIN dim FOR SYSTEM_TIME AS OF n.p AS d ON n.k = d.id AND d.lim > 5 AND d.lim < n.k;
-- by a constant
SELECT n.k, d.name FROM now n JOIN dim FOR SYSTEM_TIME AS OF n.p AS d ON d.id = 5;
-- not of a table that cannot be read by key
SELECT n.k, d.f FROM now n JOIN small FOR SYSTEM_TIME AS OF n.p AS d ON n.k = d.a;
-- not without an equation
SELECT n.k, d.name FROM now n JOIN dim FOR SYSTEM_TIME AS OF n.p AS d ON n.k < d.id
