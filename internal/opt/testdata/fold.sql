-- rule: fold constants
-- arithmetic, and a condition that is always true
SELECT a + (1 + 2) FROM t WHERE 1 = 1;
-- not what is drawn anew for each row
SELECT RAND() FROM t;
