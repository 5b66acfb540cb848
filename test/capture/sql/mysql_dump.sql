-- The tables at the end, as the server tells them: a JSON object a line. Binary
-- columns are in base64, times as each format's columns in captures_test.go take them.
SET time_zone = '+00:00';
SELECT JSON_OBJECT('id', id, 't', t, 'tu', tu, 's', s, 'su', su, 'm', m, 'mu', mu, 'i', i, 'added', added, 'iu', iu, 'b', b, 'bu', bu,
  'f', f, 'd', d, 'dec', CAST(`dec` AS CHAR), 'big', CAST(big AS CHAR), 'flag', flag, 'bit1', bit1 + 0, 'bit20', bit20 + 0, 'bit20_bytes', REPLACE(TO_BASE64(REVERSE(UNHEX(LPAD(HEX(bit20 + 0), 6, '0')))), '\n', ''),
  'c', c, 'v', v, 'txt', txt, 'lat', CONVERT(lat USING utf8mb4), 'bin', REPLACE(TO_BASE64(bin), '\n', ''), 'vb', REPLACE(TO_BASE64(vb), '\n', ''), 'bl', REPLACE(TO_BASE64(bl), '\n', ''),
  'e', CONCAT(e), 'e_number', e + 0, 'st', CONCAT(st), 'st_number', st + 0, 'js', CAST(js AS CHAR),
  'da', CAST(da AS CHAR), 'ti', CAST(ti AS CHAR), 'ti6', CAST(ti6 AS CHAR), 'dt', CAST(dt AS CHAR), 'dt3', CAST(dt3 AS CHAR), 'dt6', CAST(dt6 AS CHAR), 'ts', CAST(ts AS CHAR),
  'da_days', DATEDIFF(da, '1970-01-01'), 'ti_micros', TIME_TO_SEC(ti) * 1000000, 'ti6_micros', TIME_TO_SEC(ti6) * 1000000 + MICROSECOND(ti6),
  'dt_millis', TIMESTAMPDIFF(SECOND, '1970-01-01', dt) * 1000, 'dt3_millis', TIMESTAMPDIFF(MICROSECOND, '1970-01-01', dt3) DIV 1000, 'dt6_micros', TIMESTAMPDIFF(MICROSECOND, '1970-01-01', dt6),
  'y', y + 0, 'new_name', new_name, 'extra', extra) FROM shop.every ORDER BY id;
SELECT JSON_OBJECT('a', a, 'b', b, 'n', n) FROM shop.pair ORDER BY a, b;
SELECT JSON_OBJECT('lean', id, 'a', a, 'b', b) FROM shop.lean ORDER BY id;
