#!/usr/bin/env python3
"""Checks the answers of random queries against DuckDB.

    go run ./test/random -n 5000 -dump /tmp/q.jsonl
    python3 test/random/against_duckdb.py /tmp/q.jsonl

Each line of the file has tables, a query and weir's rows. Queries that DuckDB
does not take are counted and skipped.
"""
import decimal
import json
import re
import sys

SCHEMA = {
    "t1": "id BIGINT, a INT, b INT, s VARCHAR, d DECIMAL(10, 2)",
    "t2": "id BIGINT, a INT, c INT, s VARCHAR",
    "t3": "a INT, x BIGINT, s VARCHAR, f BOOLEAN",
    "nn": "a INT, x BIGINT, s VARCHAR",
    "u": "id INT, a INT, s VARCHAR",
    "uk": "id INT, a INT, s VARCHAR",
    "w": "id INT, a INT, s VARCHAR",
}


def norm(v):
    """One spelling for a value, whichever side it comes from."""
    if v is None:
        return "NULL"
    if isinstance(v, bool):
        return str(v).upper()
    text = str(v)
    if isinstance(v, (int, float, decimal.Decimal)) or re.fullmatch(r"-?\d+(\.\d+)?", text):
        d = decimal.Decimal(text)
        return format(d.normalize() if d else decimal.Decimal(0), "f")
    return text


def rows_of(rows):
    return sorted([norm(v) for v in row] for row in rows)


def main():
    import duckdb  # here, so that others can use what is above without it

    con = duckdb.connect()
    con.execute("SET default_null_order = 'nulls_first_on_asc_last_on_desc'; SET threads = 1")
    con.execute("CREATE MACRO char_length(x) AS length(x)")
    loaded, done, skipped, wrong = None, 0, {}, 0
    for line in open(sys.argv[1]):
        case = json.loads(line)
        if case["tables"] != loaded:
            loaded = case["tables"]
            for name, cols in SCHEMA.items():
                con.execute(f"CREATE OR REPLACE TABLE {name} ({cols})")
                for row in loaded[name]:
                    con.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(row))})", row)
        try:
            want = con.execute(case["sql"]).fetchall()
        except duckdb.Error as e:
            reason = str(e).splitlines()[0][:90]
            skipped[reason] = skipped.get(reason, 0) + 1
            continue
        done += 1
        if rows_of(case["rows"]) != rows_of(want):
            wrong += 1
            print(json.dumps({t: loaded[t] for t in SCHEMA}))
            print(case["sql"])
            print("weir  ", rows_of(case["rows"]))
            print("duckdb", rows_of(want))
            print()
    print(f"{done} compared, {wrong} differ, {sum(skipped.values())} skipped", file=sys.stderr)
    for reason, n in sorted(skipped.items(), key=lambda kv: -kv[1])[:10]:
        print(f"  {n} {reason}", file=sys.stderr)
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main())
