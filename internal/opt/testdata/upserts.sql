-- rule: complete upsert sources
-- the rows before updates
SELECT SUM(v) FROM ups;
-- not a full changelog
SELECT SUM(v) FROM log;
