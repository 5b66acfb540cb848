SET TIME ZONE 'UTC';
SELECT json_build_object('id', id, 's', s, 'i', i, 'b', b, 'r', r, 'd', d, 'n', n::text, 'nn', nn::text, 'flag', flag, 'c', c, 'v', v, 'txt', txt, 'by', encode(by, 'base64'),
  'u', u, 'js', js::text, 'da_days', da - '1970-01-01'::date, 'ti_micros', (EXTRACT(EPOCH FROM ti) * 1000000)::bigint, 'tz', tz::text,
  'ts_micros', (EXTRACT(EPOCH FROM ts) * 1000000)::bigint, 't3_millis', (EXTRACT(EPOCH FROM t3) * 1000)::bigint,
  'tstz', to_char(tstz, 'YYYY-MM-DD HH24:MI:SS.US'), 'ia', ia, 'ta', ta, 'inet', inet, 'added', added, 'new_name', new_name)
FROM every ORDER BY id;
