-- rule: read a stream once
-- a table and its maximum
SELECT t.s FROM t JOIN (SELECT MAX(c) AS m FROM t) x ON t.c = x.m;
-- not different tables
SELECT t.s FROM t JOIN r ON t.a = r.a;
