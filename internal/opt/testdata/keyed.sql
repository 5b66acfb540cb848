-- rule: leave upserts as they are
-- a table that is written by the same key
INSERT INTO out SELECT id, v, 'x' FROM ups;
-- with a filter by key
INSERT INTO out SELECT id, v, 'x' FROM ups WHERE id > 3;
-- below a join by the key, which keeps the row anyway
SELECT t.a, ups.v FROM t JOIN ups ON t.a = ups.id;
-- not below a join by another column
SELECT t.a, ups.id FROM t JOIN ups ON t.a = ups.v;
-- not with another: a row that no longer passes must be taken back
INSERT INTO out SELECT id, v, 'x' FROM ups WHERE v > 3;
-- not by another key
INSERT INTO out SELECT v, id, 'x' FROM ups;
-- not for who adds up
INSERT INTO out SELECT id, CAST(SUM(v) AS INT), 'x' FROM ups GROUP BY id;
-- not for a reader, who sees each change
SELECT * FROM ups
