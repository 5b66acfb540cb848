DROP TABLE IF EXISTS every, bare, pair;
CREATE TABLE every (
  id BIGINT PRIMARY KEY, s SMALLINT, i INTEGER, b BIGINT, r REAL, d DOUBLE PRECISION, n NUMERIC(20,6), nn NUMERIC, flag BOOLEAN,
  c CHAR(5), v VARCHAR(40), txt TEXT, by BYTEA, u UUID, js JSONB, da DATE, ti TIME, tz TIMETZ, ts TIMESTAMP, t3 TIMESTAMP(3), tstz TIMESTAMPTZ,
  iv INTERVAL, ia INTEGER[], ta TEXT[], bits BIT(3), inet INET, old_name TEXT, gone INTEGER
);
ALTER TABLE every REPLICA IDENTITY FULL;
-- A table whose rows before a change the log does not hold.
CREATE TABLE bare (id BIGINT PRIMARY KEY, v TEXT);
INSERT INTO every (id, v, n) VALUES (1, 'snapshot', 1.5), (2, NULL, NULL);
INSERT INTO bare VALUES (1, 'a'), (2, 'b');
