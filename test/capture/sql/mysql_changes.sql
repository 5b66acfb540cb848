-- What happens while the tools capture. SLEEP gives them time to see a table as it was
-- before it is changed: Canal asks the server for the columns of the rows that it reads.
USE shop;
SET time_zone = '+02:00';
INSERT INTO every VALUES (3, -128, 255, -32768, 65535, -8388608, 16777215, -2147483648, 4294967295, -9223372036854775808, 18446744073709551615,
  1.5, -2.25e-300, 12345678901234.567890, 1234567890123456789012345678.0123456789, TRUE, b'1', b'10100000000000000001',
  'char', 'äöü € 😀 \\ " '' tab\t nl\n cr\r end', REPEAT('long text, ', 3000), 'café',
  X'00FF10', X'DEADBEEF', X'00010203FEFF', 'très grand', 'a,c d', '{"k": [1, 2.5, null, "é", {"x": true}]}',
  '2024-02-29', '23:59:58', '12:34:56.789012', '2024-02-29 12:34:56', '2024-02-29 12:34:56.789', '2024-02-29 12:34:56.789012', '2024-06-30 23:59:59.123', 2024,
  'three', 3, 33);
INSERT INTO every VALUES (4, 127, 0, 32767, 0, 8388607, 0, 2147483647, 0, 9223372036854775807, 0,
  -3.25, 1e15, -0.000001, -0.0000000001, FALSE, b'0', b'1',
  '', '', '', '', X'', X'', X'', 'small', '', '[]',
  '1000-01-01', '-838:59:59', '00:00:00', '1970-01-01 00:00:00', '1969-12-31 23:59:59.999', '9999-12-31 23:59:59.999999', '1970-01-02 00:00:00', 1901,
  '', 0, 0);
INSERT INTO every (id) VALUES (5);
-- An update of some columns, from and to NULL, and of all rows in one transaction.
UPDATE every SET i = 7, v = NULL, js = '{"a": 1}' WHERE id = 3;
UPDATE every SET v = 'now a text', `dec` = 0, ts = '2024-03-31 03:30:00' WHERE id = 5;
START TRANSACTION;
UPDATE every SET s = COALESCE(s, 0) + 1 WHERE id NOT IN (3, 4);
UPDATE every SET s = s - 1 WHERE id = 4;
DELETE FROM every WHERE id = 2;
INSERT INTO every (id, v) VALUES (2, 'again');
COMMIT;
START TRANSACTION;
INSERT INTO every (id, v) VALUES (99, 'never');
ROLLBACK;
-- Keys that change.
UPDATE every SET id = 30 WHERE id = 3;
INSERT INTO pair VALUES (1, 'y', 20), (2, 'x', 30), (3, 'é', NULL);
UPDATE pair SET b = 'z', n = n + 1 WHERE a = 1 AND b = 'y';
UPDATE pair SET a = a + 10;
DELETE FROM pair WHERE b = 'x';
REPLACE INTO pair VALUES (13, 'é', 5), (14, 'new', 6);
INSERT INTO pair VALUES (14, 'new', 7) ON DUPLICATE KEY UPDATE n = 8;
DELETE FROM every WHERE id = 4;
INSERT INTO every (id, t, v) VALUES (4, 1, 'other');
SELECT SLEEP(3);
-- Columns that come, change their names and types, and go.
ALTER TABLE every ADD COLUMN added VARCHAR(10) NOT NULL DEFAULT 'dflt' AFTER i;
UPDATE every SET added = 'set' WHERE id = 1;
SELECT SLEEP(3);
ALTER TABLE every CHANGE COLUMN old_name new_name VARCHAR(40), MODIFY COLUMN t INT;
UPDATE every SET new_name = CONCAT('n', id), t = 1000 + id;
SELECT SLEEP(3);
ALTER TABLE every DROP COLUMN gone;
UPDATE every SET i = COALESCE(i, 0) + 1, added = CONCAT(added, '!');
INSERT INTO every (id, v, new_name) VALUES (6, 'after the changes', 'six');
SELECT SLEEP(3);
SET SESSION binlog_row_image = 'MINIMAL';
INSERT INTO lean VALUES (1, 10, 'x'), (2, 20, 'y'), (3, 30, NULL);
UPDATE lean SET a = 11 WHERE id = 1;
UPDATE lean SET b = NULL WHERE id = 2;
DELETE FROM lean WHERE id = 3;
SET SESSION binlog_row_image = 'FULL';
CREATE TABLE other (id INT PRIMARY KEY);
INSERT INTO other VALUES (1);
TRUNCATE TABLE other;
DROP TABLE other;
SELECT SLEEP(1);
