#!/usr/bin/env bash
# Larger than memory: a skewed aggregate in streaming mode and TPC-H queries in
# batch mode, each with all memory and with less and less. Prints seconds, CPU
# seconds, the largest resident set and what was spilled, and compares answers.
#
# usage: test/bench/spill.sh WEIR [FOLDER]     FOLDER: of TPC-H tables (weir bench tpch --write), made if need be
set -euo pipefail
weir=$1
data=${2:-$(mktemp -d)/tpch}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
rows=${ROWS:-20000000}

run() { # name, command...
  local name=$1
  shift
  /usr/bin/time -o "$out/time" -f '%e %U %S %M' "$@" >"$out/log" 2>&1 || { cat "$out/log"; exit 1; }
  read -r s u k m <"$out/time"
  printf '%-28s %8s s %8.1f cpu s %6d MB resident  %s\n' "$name" "$s" "$(echo "$u + $k" | bc)" $((m / 1024)) \
    "$(sed -n 's/^warning: bytes spilled to disk: /spilled bytes: /p' "$out/log")"
}

# Keys are drawn by Zipf's law with exponent 1.0 from 30 million: N^u is log-uniform.
cat >"$out/zipf.sql" <<SQL
CREATE TABLE draws (u DOUBLE, v BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000000000',
  'number-of-rows' = '$rows', 'fields.u.min' = '0', 'fields.u.max' = '1', 'fields.v.min' = '0', 'fields.v.max' = '9');
CREATE TABLE sums (k BIGINT, n BIGINT, s BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'blackhole');
INSERT INTO sums SELECT k, COUNT(*), SUM(v) FROM (SELECT CAST(POWER(30000000, u) AS BIGINT) AS k, v FROM draws) GROUP BY k;
SQL
for m in "16 gb" "200 mb" "100 mb" "50 mb"; do
  run "zipf aggregate, $m" "$weir" run --set "taskmanager.memory.process.size=$m" "$out/zipf.sql"
done

[ -d "$data/lineitem" ] || "$weir" bench tpch --scale 1 --write "$data"
for q in q9 q18 q21; do
  for m in "16 gb" "100 mb" "32 mb"; do
    rm -rf "$out/got"
    run "TPC-H $q, $m" "$weir" bench tpch --scale 1 --input "$data" --queries $q --answers "$out/got" --set "taskmanager.memory.process.size=$m"
    sort "$out/got"/$q* >"$out/$q.now"
    [ -f "$out/$q.want" ] || cp "$out/$q.now" "$out/$q.want"
    cmp "$out/$q.want" "$out/$q.now"
  done
done
