-- rule: recognise window join
-- by start, end and key
SELECT l.v, r.w FROM TABLE(TUMBLE(TABLE ev, DESCRIPTOR(ts), INTERVAL '10' SECOND)) l JOIN TABLE(TUMBLE(TABLE ev2, DESCRIPTOR(ts), INTERVAL '10' SECOND)) r ON l.window_start = r.window_start AND l.window_end = r.window_end AND l.k = r.k;
-- not of different windows
SELECT l.v, r.w FROM TABLE(TUMBLE(TABLE ev, DESCRIPTOR(ts), INTERVAL '10' SECOND)) l JOIN TABLE(TUMBLE(TABLE ev2, DESCRIPTOR(ts), INTERVAL '20' SECOND)) r ON l.window_start = r.window_start AND l.window_end = r.window_end;
-- not by the start only
SELECT l.v, r.w FROM TABLE(TUMBLE(TABLE ev, DESCRIPTOR(ts), INTERVAL '10' SECOND)) l JOIN TABLE(TUMBLE(TABLE ev2, DESCRIPTOR(ts), INTERVAL '10' SECOND)) r ON l.window_start = r.window_start AND l.k = r.k;
