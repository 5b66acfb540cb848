#!/usr/bin/env bash
# What checkpoints cost: throughput with and without, how long they take as the
# state grows and as a sink lags, recovery, latency, and rescaling under load.
#
# usage: test/bench/checkpoints.sh WEIR DATA [PART...]
#   DATA   the folder of Nexmark's files, see README.md
#   PART   disk throughput keys slow recovery latency rescale; all without one;
#          pressure is keys and slow with the first of KEYS, long is throughput over
#          LONG events, which it writes itself, and LONG times 3 rows of the aggregate
# KEYS="1000000 10000000 50000000", WIDTH=0 (of a text that recovery keeps with each key), SAMPLES=1000, REPEAT=3, EVENTS=10000000,
# LONG=20000000 and QUERIES="q4 q5 q9 q18" may be set, REST=10 (seconds that recovery rests), COLD=1 has it begin with nothing of the state in the
# page cache (which root may empty). Everything is kept in TMPDIR while it runs.
set -euo pipefail
weir=$(realpath "$1")
data=$2
shift 2
[ $# -gt 0 ] || set -- disk throughput keys slow recovery latency rescale
here=$(dirname "$(realpath "$0")")
keys=${KEYS:-1000000 10000000 50000000}
width=${WIDTH:-0}
samples=${SAMPLES:-1000}
repeat=${REPEAT:-3}
events=${EVENTS:-10000000}
long=${LONG:-20000000}
queries=${QUERIES:-q4 q5 q9 q18}
out=$(mktemp -d)
job=
trap 'end; rm -rf "$out"' EXIT

help() { python3 "$here/checkpoints.py" "$@"; }

# end ends the job that runs, as a power cut of the process would.
end() {
  [ -z "$job" ] || kill -9 "$job" 2>/dev/null || true
  [ -z "$job" ] || wait "$job" 2>/dev/null || true
  job=
}

# start runs a script in the background, with an epoch every 100 ms.
start() {
  "$weir" run --state-dir "$out/state" --parallelism "${2:-2}" --set execution.checkpointing.interval=100ms "$1" >"$out/log" 2>&1 &
  job=$!
}

# timed runs a command and notes its seconds, CPU seconds and MB written.
timed() { # name, none|epochs, command...
  local name=$1 kind=$2
  shift 2
  /usr/bin/time -o "$out/time" -f '%e %U %S %O' "$@" >"$out/log" 2>&1 || { cat "$out/log"; exit 1; }
  awk -v n="$name" -v k="$kind" 'END {printf "%s %s %s %.3f %.1f\n", n, k, $1, $2 + $3, $4 * 512 / 1e6}' "$out/time" >>"$out/runs"
}

part_disk() { help disk "$out"; }

part_throughput() {
  cat >"$out/aggregate.sql" <<SQL
CREATE TABLE draws (k BIGINT, v BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000000000',
  'number-of-rows' = '$((3 * events))', 'fields.k.min' = '0', 'fields.k.max' = '9999999', 'fields.v.min' = '0', 'fields.v.max' = '9');
CREATE TABLE sums (k BIGINT, n BIGINT, s BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'blackhole');
INSERT INTO sums SELECT k, COUNT(*), SUM(v) FROM draws GROUP BY k;
SQL
  : >"$out/runs"
  local kind set
  for _ in $(seq "$repeat"); do
    for kind in none epochs; do
      for q in $queries; do
        rm -rf "$out/state"
        set=()
        [ $kind = none ] || set=(--set "execution.checkpointing.dir=$out/state" --set execution.checkpointing.interval=100ms)
        timed "$q" $kind "$weir" bench nexmark --queries "$q" --input "$data" --events "$events" --parallelism 2 --drop "${set[@]}"
      done
      rm -rf "$out/state"
      set=()
      [ $kind = none ] || set=(--state-dir "$out/state" --set execution.checkpointing.interval=100ms)
      timed aggregate $kind "$weir" run --parallelism 2 "${set[@]}" "$out/aggregate.sql"
    done
  done
  help median "$out/runs"
}

# written writes Nexmark's auctions and bids of so many events, in a part a subtask.
written() { # events, folder
  local t columns
  for t in auction bid; do
    columns="auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, \`dateTime\` TIMESTAMP(3), extra STRING"
    [ $t = bid ] || columns="id BIGINT, itemName STRING, description STRING, initialBid BIGINT, reserve BIGINT, \`dateTime\` TIMESTAMP(3), expires TIMESTAMP(3), seller BIGINT, category BIGINT, extra STRING"
    cat >"$out/write.sql" <<SQL
SET 'execution.runtime-mode' = 'batch';
CREATE TABLE generated ($columns) WITH ('connector' = 'nexmark', 'table' = '$t', 'events.num' = '$1');
CREATE TABLE files ($columns) WITH ('connector' = 'filesystem', 'path' = '$2/$t', 'format' = 'parquet', 'parquet.utc-timezone' = 'true');
INSERT INTO files SELECT * FROM generated;
SQL
    "$weir" run --parallelism 2 "$out/write.sql" >"$out/log" 2>&1 || { cat "$out/log"; exit 1; }
  done
}

part_long() {
  local data=$out/long events=$long
  written "$events" "$data"
  part_throughput
  rm -rf "$data"
}

# counts makes a script that counts by so many keys: all of them once, then 100,000
# rows a second drawn from them.
counts() { # keys, columns of the sink and its options
  cat <<SQL
CREATE TABLE fill (k BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000000000', 'number-of-rows' = '$1',
  'fields.k.kind' = 'sequence', 'fields.k.start' = '0', 'fields.k.end' = '$(($1 - 1))');
CREATE TABLE draws (k BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100000', 'fields.k.min' = '0', 'fields.k.max' = '$(($1 - 1))');
CREATE TABLE counts (k BIGINT, n BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = '$2');
INSERT INTO counts SELECT k, n FROM (SELECT k, COUNT(*) AS n FROM (SELECT * FROM fill UNION ALL SELECT * FROM draws) GROUP BY k) ${3:-};
SQL
}

part_keys() {
  for n in $keys; do
    rm -rf "$out/state"
    counts "$n" blackhole >"$out/counts.sql"
    start "$out/counts.sql"
    help settle "$weir" "$out/state" "$n" "$samples"
    end
  done
}

# The sink takes a tenth of what the counts change: a pipe that is read slowly. What
# the keys are filled with does not go there.
part_slow() {
  local n=${keys%% *}
  rm -rf "$out/state"
  counts "$n" print "WHERE n > 1" >"$out/counts.sql"
  mkfifo "$out/pipe" 2>/dev/null || true
  help slowly 500000 <"$out/pipe" &
  local reader=$!
  "$weir" run --state-dir "$out/state" --parallelism 2 --set execution.checkpointing.interval=100ms "$out/counts.sql" >"$out/pipe" 2>"$out/log" &
  job=$!
  echo "a sink that takes 10,000 changes a second:"
  help settle "$weir" "$out/state" "$n" "$samples"
  end
  kill $reader 2>/dev/null || true
  wait $reader 2>/dev/null || true
}

# wide is counts, with a text of so many characters beside each count.
wide() { # keys, width
  counts "$1" blackhole | sed -e 's/ (k BIGINT)/ (k BIGINT, t STRING)/' -e "s/) WITH ('connector' = 'datagen'/&, 'fields.t.length' = '$2'/" \
    -e 's/n BIGINT,/n BIGINT, t STRING,/' -e 's/SELECT k, n FROM/SELECT k, n, t FROM/' -e 's/COUNT(\*) AS n/&, MAX(t) AS t/'
}

# A job is killed as soon as it has been filled at full speed, and again when it has
# rested for a while.
part_pressure() {
  local all=$keys
  keys=${keys%% *}
  part_keys
  part_slow
  keys=$all
}

part_recovery() {
  for n in $keys; do
    rm -rf "$out/state"
    if [ "$width" = 0 ]; then counts "$n" blackhole; else wide "$n" "$width"; fi >"$out/counts.sql"
    start "$out/counts.sql"
    help filled "$weir" "$out/state" "$n"
    end
    again
    end
    again
    sleep "${REST:-10}"
    end
    again
    end
  done
}

# again starts the job that was killed and tells when it is back.
again() {
  local begun
  [ -z "${COLD:-}" ] || { sync && echo 3 >/proc/sys/vm/drop_caches; } || echo "the page cache could not be emptied:"
  begun=$(date +%s.%N)
  start "$out/counts.sql"
  help recovered "$weir" "$out/state" "$begun" "$job"
}

# feed makes a script that writes 20,000 rows a second, each once, with their times.
feed() {
  rm -rf "$out/state" "$out/files"
  cat <<SQL
SET 'table.local-time-zone' = 'UTC';
CREATE TABLE events (k BIGINT, p AS PROCTIME(), ts AS CAST(CURRENT_TIMESTAMP AS TIMESTAMP_LTZ(3))) WITH ('connector' = 'datagen',
  'rows-per-second' = '20000', 'fields.k.min' = '0', 'fields.k.max' = '100000000');
CREATE TABLE files (ts TIMESTAMP_LTZ(3), k BIGINT) WITH ('connector' = 'filesystem', 'path' = '$out/files', 'format' = 'csv');
INSERT INTO files SELECT ts, k FROM (SELECT ts, k, ROW_NUMBER() OVER (PARTITION BY k ORDER BY p) AS n FROM events) WHERE n = 1;
SQL
}

part_latency() {
  feed >"$out/feed.sql"
  start "$out/feed.sql"
  sleep 3
  help latency "$out/files" "${SECONDS_OF_LATENCY:-30}"
  end
}

part_rescale() {
  feed >"$out/feed.sql"
  start "$out/feed.sql" 1
  sleep 3
  help rescales "$weir" "$out/state" "$out/files"
  end
}

for part in "$@"; do
  echo "== $part"
  "part_$part"
done
