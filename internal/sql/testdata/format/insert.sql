INSERT INTO a_rather_long_sink_name
SELECT window_start, window_end, name, count(*), sum(price)
FROM TABLE(tumble(TABLE bids, DESCRIPTOR(ts), INTERVAL '10' SECOND))
GROUP BY window_start, window_end, name;
