-- rule: delta join
-- by an index on both sides, with a filter and another condition
INSERT INTO out SELECT a.id, a.lim, b.name FROM dim a JOIN dim2 b ON a.id = b.id AND a.name = b.name AND a.lim < b.lim WHERE a.lim > 5;
-- not by other columns
INSERT INTO out SELECT a.id, a.lim, b.name FROM dim a JOIN dim2 b ON a.lim = b.lim;
-- not without an index
INSERT INTO out SELECT a.id, a.lim, CAST(b.d AS STRING) FROM dim a JOIN r b ON a.id = b.a;
-- not an outer join
INSERT INTO out SELECT a.id, a.lim, b.name FROM dim a LEFT JOIN dim2 b ON a.id = b.id;
-- not below an aggregate, which would count rows twice
INSERT INTO out SELECT a.id, MAX(a.lim), MAX(b.name) FROM dim a JOIN dim2 b ON a.id = b.id GROUP BY a.id
