-- rule: aggregate by attached window
-- the maximum of the counts of a window
SELECT window_start, window_end, MAX(n) FROM (SELECT window_start, window_end, k, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE ev, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, k) GROUP BY window_start, window_end;
-- not by a column that was computed of one
SELECT x, window_end, MAX(n) FROM (SELECT window_start + INTERVAL '1' SECOND AS x, window_end, k, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE ev, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, k) GROUP BY x, window_end;
