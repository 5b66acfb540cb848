-- rule: check versions (batch)
-- what batch would fold has no versions
SELECT e.v, h.w FROM ev AS e JOIN dedup FOR SYSTEM_TIME AS OF e.ts AS h ON e.k = h.k;
-- not: the changes of a table are its versions
SELECT e.v, h.w FROM ev AS e JOIN rates FOR SYSTEM_TIME AS OF e.ts AS h ON e.k = h.k;
