SET TIME ZONE 'Europe/Berlin';
INSERT INTO every VALUES (3, -32768, -2147483648, -9223372036854775808, 1.5, -2.25e-300, 12345678901234.567890, 98765432109876543210.5, TRUE,
  'ch', 'äöü € 😀 \ " '' ', REPEAT('long text, ', 3000), '\x00ff10', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"k": [1, 2.5, null, "é"]}',
  '2024-02-29', '12:34:56.789012', '12:34:56+02', '2024-02-29 12:34:56.789012', '2024-02-29 12:34:56.789', '2024-06-30 23:59:59.123456+02',
  '1 year 2 days 3 hours', '{1,NULL,3}', '{a,"b c",NULL}', B'101', '10.0.0.1/8', 'three', 3);
INSERT INTO every (id, ts, tstz, da) VALUES (4, '1969-12-31 23:59:59.999999', '1969-12-31 23:59:59.999999Z', '0001-01-01');
INSERT INTO every (id) VALUES (5);
UPDATE every SET i = 7, v = NULL WHERE id = 3;
UPDATE every SET v = 'now a text', n = 0 WHERE id = 5;
BEGIN;
UPDATE every SET s = COALESCE(s, 0) + 1 WHERE id <> 3;
DELETE FROM every WHERE id = 2;
INSERT INTO every (id, v) VALUES (2, 'again');
COMMIT;
BEGIN;
INSERT INTO every (id, v) VALUES (99, 'never');
ROLLBACK;
UPDATE every SET id = 30 WHERE id = 3;
DELETE FROM every WHERE id = 4;
ALTER TABLE every ADD COLUMN added TEXT NOT NULL DEFAULT 'dflt';
UPDATE every SET added = 'set' WHERE id = 1;
ALTER TABLE every RENAME COLUMN old_name TO new_name;
UPDATE every SET new_name = 'n' || id;
ALTER TABLE every DROP COLUMN gone;
UPDATE every SET i = COALESCE(i, 0) + 1;
INSERT INTO every (id, v, new_name) VALUES (6, 'after the changes', 'six');
DELETE FROM bare WHERE id = 1;
INSERT INTO bare VALUES (3, 'c');
TRUNCATE TABLE bare;
INSERT INTO bare VALUES (4, 'd');
UPDATE bare SET v = 'dd' WHERE id = 4;
