#!/usr/bin/env python3
"""Checks the answers of random queries against Apache Flink.

    go run ./test/random -n 200 -dump /tmp/q.jsonl
    python3 test/random/against_flink.py /tmp/q.jsonl http://127.0.0.1:8083

The second argument is the address of a running SQL gateway (Flink's
bin/sql-gateway.sh, beside a cluster). Queries run in batch mode over views of
VALUES. Those that Flink does not take are counted and skipped.
"""
import json
import signal
import sys
import time
import urllib.error
import urllib.request

from against_duckdb import rows_of

SCHEMA = {
    "t1": "id BIGINT, a INT, b INT, s STRING, d DECIMAL(10, 2)",
    "t2": "id BIGINT, a INT, c INT, s STRING",
    "t3": "a INT, x BIGINT, s STRING, f BOOLEAN",
    "nn": "a INT, x BIGINT, s STRING",
    "u": "id INT, a INT, s STRING",
    "uk": "id INT, a INT, s STRING",
    "w": "id INT, a INT, s STRING",
}


class Refused(Exception):
    """Flink does not take a statement."""


class Gateway:
    """A session of a SQL gateway."""

    def __init__(self, url):
        self.base = url.rstrip("/") + "/v2"
        conf = {"execution.runtime-mode": "batch", "parallelism.default": "1"}
        self.session = self.call("POST", "/sessions", {"properties": conf})["sessionHandle"]

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        req = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(req, timeout=300) as r:
                return json.loads(r.read() or b"{}")
        except urllib.error.HTTPError as e:
            raise Refused(e.read().decode()) from e

    def run(self, sql):
        """Runs a statement and gives its rows."""
        at = f"/sessions/{self.session}/operations/"
        op = self.call("POST", f"/sessions/{self.session}/statements", {"statement": sql})["operationHandle"]
        rows, path = [], f"{at}{op}/result/0"
        while path:
            page = self.call("GET", path + ("&" if "?" in path else "?") + "rowFormat=JSON")
            if page["resultType"] == "NOT_READY":
                time.sleep(0.02)
                continue
            rows += [r["fields"] for r in page.get("results", {}).get("data", [])]
            path = None if page["resultType"] == "EOS" else page["nextResultUri"].split("/v2", 1)[1].split("?")[0]
        return rows


def literal(v, typ):
    if v is None:
        return f"CAST(NULL AS {typ})"
    return "CAST('" + str(v).replace("'", "''") + f"' AS {typ})"


def load(gateway, tables):
    for name, columns in SCHEMA.items():
        cols = [c.strip().split(" ", 1) for c in columns.replace("(10, 2)", "(10;2)").split(",")]
        cols = [(n, t.replace(";", ", ")) for n, t in cols]
        rows = tables[name] or [[None] * len(cols)]
        values = ", ".join("(" + ", ".join(literal(v, t) for v, (_, t) in zip(row, cols)) + ")" for row in rows)
        names = ", ".join(n for n, _ in cols)
        where = "" if tables[name] else " WHERE FALSE"
        gateway.run(f"CREATE TEMPORARY VIEW {name} AS SELECT * FROM (VALUES {values}) AS v ({names}){where}")


def compare(gateway, path, count):
    loaded = None
    for line in open(path):
        case = json.loads(line)
        if case["tables"] != loaded:
            for name in SCHEMA if loaded else ():
                gateway.run(f"DROP TEMPORARY VIEW {name}")
            loaded = case["tables"]
            load(gateway, loaded)
        try:
            want = gateway.run(case["sql"])
        except Refused as e:
            causes = [p for p in str(e).split("\\n") if p.startswith("Caused by")]
            reason = (causes[-1] if causes else str(e))[:160]
            count["skipped"][reason] = count["skipped"].get(reason, 0) + 1
            continue
        count["done"] += 1
        if rows_of(case["rows"]) != rows_of(want):
            count["wrong"] += 1
            print(json.dumps({t: loaded[t] for t in SCHEMA}))
            print(case["sql"])
            print("weir ", rows_of(case["rows"]))
            print("flink", rows_of(want))
            print(flush=True)


def main():
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also where a shell has it ignored
    count = {"done": 0, "wrong": 0, "skipped": {}}
    try:
        compare(Gateway(sys.argv[2]), sys.argv[1], count)
    except KeyboardInterrupt:
        pass  # what was compared so far counts
    skipped = count["skipped"]
    print(f"{count['done']} compared, {count['wrong']} differ, {sum(skipped.values())} skipped", file=sys.stderr)
    for reason, n in sorted(skipped.items(), key=lambda kv: -kv[1])[:10]:
        print(f"  {n} {reason}", file=sys.stderr)
    return count["wrong"] > 0


if __name__ == "__main__":
    sys.exit(main())
