SELECT a, count(*) AS n, sum(CASE WHEN b > 10 THEN 1 ELSE 0 END) s
FROM orders o
  JOIN customers c ON o.id = c.id AND o.x = c.y
  LEFT JOIN u ON TRUE
WHERE a > 1 AND b BETWEEN 2 AND 3 AND c IS NOT NULL
GROUP BY a, b
HAVING count(*) > 1
ORDER BY n DESC
LIMIT 10;
