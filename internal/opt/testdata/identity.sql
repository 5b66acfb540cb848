-- rule: drop identity calc
-- all columns in their order
SELECT a, f FROM small;
-- not in another order
SELECT f, a FROM small;
-- not with other names
SELECT a AS x FROM small;
