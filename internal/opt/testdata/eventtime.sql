-- rule: forget unused watermarks

-- a filter looks at no watermark
SELECT k FROM ev WHERE v > 1;
-- one side of a join only
SELECT w.window_start, w.n, e.k FROM ev2 e JOIN (SELECT window_start, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE ev, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end) w ON w.n = e.k;
-- not: windows close by it
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE ev, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
