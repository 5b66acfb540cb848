WITH x AS (
  SELECT a, b
  FROM t
  WHERE a IN (SELECT c FROM a_long_table_name WHERE d = 'something long' AND e = 'something else')
), y AS (SELECT 1)
SELECT *
FROM x, y
UNION ALL
SELECT *
FROM (SELECT a_long_column_name, another_long_column_name, third_long_column_name FROM the_table) z;
