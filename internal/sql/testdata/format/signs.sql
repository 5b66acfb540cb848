SELECT
  -a,
  - -a,
  a - -1,
  a - b,
  f(-1),
  t.*,
  count(*),
  m['a'],
  arr[1].x,
  x -> x + 1,
  CAST(a AS MAP<STRING, ARRAY<INT>>)
FROM t;
