#!/usr/bin/env bash
# Captures the streams of testdata anew; see README.md.
# usage: capture.sh WORK   (a folder for artifacts, classes and what comes out)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mkdir -p "$1" && cd "$1" && pwd)
out=$work/out
: "${MYSQL_HOST:=127.0.0.1}" "${MYSQL_PORT:=3306}" "${MYSQL_USER:=root}" "${MYSQL_PASSWORD:=}"
: "${PGHOST:=127.0.0.1}" "${PGPORT:=5432}" "${PGUSER:=postgres}" "${PGPASSWORD:=}" "${PGDATABASE:=postgres}"
export PGHOST PGPORT PGUSER PGPASSWORD PGDATABASE MYSQL_PWD=$MYSQL_PASSWORD
rm -rf "$out" && mkdir -p "$out" "$work/classes"
for tool in debezium canal maxwell; do
  [ -d "$work/lib/$tool" ] || mvn -q -B -f "$here/$tool.xml" dependency:copy-dependencies -DoutputDirectory="$work/lib/$tool"
done
javac -d "$work/classes" -cp "$work/lib/debezium/*" "$here/Debezium.java"
javac -d "$work/classes" -cp "$work/lib/canal/*" "$here/Canal.java"
javac -d "$work/classes" "$here/ScriptObjectMirror.java"

started=()
trap 'for p in "${started[@]}"; do kill "$p" 2>/dev/null || true; done' EXIT
# tool NAME CLASS ARGS..: starts a tool, whose log is NAME.log
tool() {
  local name=$1 lib=$2 class=$3
  shift 3
  (cd "$work" && exec java -Xmx400m -cp "$work/lib/$lib/*:$work/classes" "$class" "$@" >"$out/$name.out" 2>"$out/$name.log") &
  started+=($!)
}
# until_says FILE WORDS: waits until a log says something
until_says() { for _ in $(seq 240); do cat "$out/$1".* | grep -q "$2" && return; sleep 0.5; done; echo "$1 does not say '$2'" >&2; exit 1; }
mysql_run() { mysql -h"$MYSQL_HOST" -P"$MYSQL_PORT" -u"$MYSQL_USER" --default-character-set=utf8mb4 "$@"; }

tool canal canal Canal "$out/canal-json.jsonl" "$MYSQL_HOST" "$MYSQL_PORT" "$MYSQL_USER" "$MYSQL_PASSWORD" 'shop\..*'
tool maxwell maxwell com.zendesk.maxwell.Maxwell --host="$MYSQL_HOST" --port="$MYSQL_PORT" --user="$MYSQL_USER" --password="$MYSQL_PASSWORD" --producer=stdout --output_ddl=true \
  --filter='exclude: *.*, include: shop.*' --jdbc_options='useSSL=false&allowPublicKeyRetrieval=true'
until_says canal common_header_len
until_says maxwell 'Binlog connected'
mysql_run <"$here/sql/mysql_before.sql"
debezium_mysql=(connector.class=io.debezium.connector.mysql.MySqlConnector "database.hostname=$MYSQL_HOST" "database.port=$MYSQL_PORT" "database.user=$MYSQL_USER"
  "database.password=$MYSQL_PASSWORD" database.server.id=7302 'table.include.list=shop\.(every|pair|lean)' decimal.handling.mode=string bigint.unsigned.handling.mode=long database.allowPublicKeyRetrieval=true)
tool debezium-mysql debezium Debezium "$out/debezium-mysql.tsv" json "${debezium_mysql[@]}"
until_says debezium-mysql 'Connected to'
tool debezium-avro debezium Debezium "$out/debezium-avro.tsv" avro "${debezium_mysql[@]/7302/7303}" decimal.handling.mode=precise bigint.unsigned.handling.mode=precise
until_says debezium-avro 'Connected to'
sleep 2
mysql_run <"$here/sql/mysql_changes.sql" >/dev/null
sleep 5
mysql_run --batch --raw --skip-column-names <"$here/sql/mysql_dump.sql" >"$out/mysql.jsonl"

psql -q -v ON_ERROR_STOP=1 -f "$here/sql/postgres_before.sql"
tool debezium-postgres debezium Debezium "$out/debezium-postgres.tsv" json-with-schemas connector.class=io.debezium.connector.postgresql.PostgresConnector "database.hostname=$PGHOST" "database.port=$PGPORT" \
  "database.user=$PGUSER" "database.password=$PGPASSWORD" "database.dbname=$PGDATABASE" plugin.name=pgoutput slot.name=capture publication.name=capture slot.drop.on.stop=true \
  'table.include.list=public\.(every|bare)' decimal.handling.mode=string interval.handling.mode=string skipped.operations=none
until_says debezium-postgres 'Processing messages'
sleep 2
psql -q -v ON_ERROR_STOP=1 -f "$here/sql/postgres_changes.sql"
sleep 5
psql -q -At -v ON_ERROR_STOP=1 -f "$here/sql/postgres_dump.sql" >"$out/postgres.jsonl"
grep -v '^[^{]' "$out/maxwell.out" >"$out/maxwell-json.jsonl"
wc -lc "$out"/*.tsv "$out"/*.schemas "$out"/*.jsonl
