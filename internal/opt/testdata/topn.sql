-- rule: recognise Top-N and deduplication
-- ROW_NUMBER with a bound
SELECT a, b FROM (SELECT a, b, ROW_NUMBER() OVER (PARTITION BY a ORDER BY b DESC) AS rn FROM t) WHERE rn <= 3;
-- a literal first, the number is wanted, a further condition
SELECT * FROM (SELECT a, b, ROW_NUMBER() OVER (PARTITION BY a ORDER BY b) AS rn FROM t) WHERE 3 > rn AND b > 1;
-- a range
SELECT a FROM (SELECT a, RANK() OVER (ORDER BY b) AS rn FROM t) WHERE rn BETWEEN 2 AND 4;
-- DENSE_RANK keeps ties
SELECT a FROM (SELECT a, DENSE_RANK() OVER (ORDER BY b) AS rn FROM t) WHERE rn = 1;
-- the last row by time is deduplication
SELECT k, v FROM (SELECT k, v, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS rn FROM ev) WHERE rn = 1;
-- by window: final when it closes
SELECT k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, k ORDER BY v) AS rn
  FROM TABLE(TUMBLE(TABLE ev, DESCRIPTOR(ts), INTERVAL '10' SECOND))) WHERE rn <= 2;
-- no number is so small
SELECT a FROM (SELECT a, ROW_NUMBER() OVER (ORDER BY b) AS rn FROM t) WHERE rn = 1 AND rn < 0;
-- not without an upper bound
SELECT a FROM (SELECT a, ROW_NUMBER() OVER (ORDER BY b) AS rn FROM t) WHERE rn >= 2;
-- not of a bound that is a column
SELECT a FROM (SELECT a, ROW_NUMBER() OVER (ORDER BY b) AS rn FROM t) WHERE rn <= a;
-- not of two numbers at once
SELECT a FROM (SELECT a, ROW_NUMBER() OVER (ORDER BY b) AS rn, COUNT(*) OVER (ORDER BY b) AS n FROM t) WHERE rn <= 2;
