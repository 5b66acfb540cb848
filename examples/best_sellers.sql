-- The two best-selling items of each city, from a CSV file that needs no DDL.
SET 'execution.runtime-mode' = 'batch';

WITH revenue AS (
  SELECT city, item, SUM(quantity * CAST(price AS DECIMAL(10, 2))) AS revenue
  FROM 'examples/data/sales.csv'
  GROUP BY city, item
)
SELECT city, place, item, revenue
FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY city ORDER BY revenue DESC) AS place
  FROM revenue
)
WHERE place <= 2
ORDER BY city, place;
