-- The table as it is when Debezium takes its snapshot.
DROP DATABASE IF EXISTS shop;
CREATE DATABASE shop CHARACTER SET utf8mb4;
USE shop;
CREATE TABLE every (
  id INT NOT NULL PRIMARY KEY,
  t TINYINT, tu TINYINT UNSIGNED, s SMALLINT, su SMALLINT UNSIGNED, m MEDIUMINT, mu MEDIUMINT UNSIGNED,
  i INT, iu INT UNSIGNED, b BIGINT, bu BIGINT UNSIGNED,
  f FLOAT, d DOUBLE, `dec` DECIMAL(20,6), big DECIMAL(38,10), flag BOOLEAN, bit1 BIT(1), bit20 BIT(20),
  c CHAR(10), v VARCHAR(255), txt LONGTEXT, lat VARCHAR(40) CHARACTER SET latin1,
  bin BINARY(4), vb VARBINARY(20), bl BLOB,
  e ENUM('small', 'large', 'très grand'), st SET('a', 'b', 'c d'), js JSON,
  da DATE, ti TIME, ti6 TIME(6), dt DATETIME, dt3 DATETIME(3), dt6 DATETIME(6), ts TIMESTAMP(3) NULL, y YEAR,
  old_name VARCHAR(20), gone INT, extra SMALLINT
);
CREATE TABLE pair (a INT NOT NULL, b VARCHAR(20) NOT NULL, n INT, PRIMARY KEY (a, b));
-- A table whose rows before and after a change the log holds in part.
CREATE TABLE lean (id INT NOT NULL PRIMARY KEY, a INT, b VARCHAR(20));
INSERT INTO every (id, v, `dec`, old_name, gone) VALUES (1, 'snapshot', 1.5, 'one', 1), (2, NULL, NULL, NULL, NULL);
INSERT INTO pair VALUES (1, 'x', 10);
