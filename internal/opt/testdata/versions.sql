-- rule: read versions of views
-- a view of the last rows is its input
SELECT e.v, h.w FROM ev AS e JOIN versions FOR SYSTEM_TIME AS OF e.ts AS h ON e.k = h.k;
-- not: its input takes versions back
SELECT e.v, h.w FROM ev AS e JOIN dedup FOR SYSTEM_TIME AS OF e.ts AS h ON e.k = h.k;
