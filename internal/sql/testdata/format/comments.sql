-- head

-- more
SELECT
  a, -- first
  b, /* second */
  -- third
  c
FROM t; -- tail
-- after

SELECT 1; -- end
