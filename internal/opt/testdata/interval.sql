-- rule: recognise interval join
-- both bounds
SELECT ev.v, ev2.w FROM ev JOIN ev2 ON ev.k = ev2.k AND ev.ts BETWEEN ev2.ts - INTERVAL '5' SECOND AND ev2.ts + INTERVAL '1' SECOND;
-- the time is equal, the right side first
SELECT ev.v, ev2.w FROM ev LEFT JOIN ev2 ON ev2.ts = ev.ts AND ev.k = ev2.k;
-- not with one bound
SELECT ev.v, ev2.w FROM ev JOIN ev2 ON ev.k = ev2.k AND ev.ts > ev2.ts;
-- not of columns that are no time attributes
SELECT t.s FROM t JOIN r ON t.b BETWEEN r.d AND r.d + 1;
