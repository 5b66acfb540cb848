#!/usr/bin/env python3
"""Compare `weir bench tpch` with DuckDB: answers and times, side by side.

    python tpch_compare.py [--weir weir] [--scale 1] [--threads 2] [--rounds 3]

weir writes the tables as Parquet files, DuckDB loads them into memory; then
each query runs on both, in turn, so that a machine's ups and downs hit both.
Decimals are compared exactly where DuckDB's are decimals; where it computes in
DOUBLE (averages, quotients) to a unit of weir's last digit, doubles to 1e-9.
Needs the duckdb module. Exits with 1 if an answer differs.
"""
import argparse
import json
import math
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from decimal import Decimal

import duckdb

TABLES = "part supplier partsupp customer orders lineitem nation region".split()
QUERIES = os.path.join(os.path.dirname(__file__), "../../cmd/weir/internal/bench/tpch/queries")


def query(name, scale):
    with open(os.path.join(QUERIES, name + ".sql")) as f:
        text = f.read()
    text = text.replace("${FRACTION}", format(Decimal("0.0001") / Decimal(str(scale)), "f")).replace("`", '"')
    return re.sub(r"DATE ('[^']*') ([+-]) INTERVAL '(\d+)' (\w+)", r"CAST(DATE \1 \2 INTERVAL \3 \4 AS DATE)", text)


def same(a, b):
    """a is weir's value as JSON gives it, b DuckDB's."""
    if a is None or b is None:
        return a is b
    if isinstance(b, Decimal):
        return Decimal(a) == b
    if isinstance(b, float):
        digits = len(str(a).partition(".")[2])
        return math.isclose(float(a), b, rel_tol=1e-9, abs_tol=1.01 * 10.0**-digits if isinstance(a, str) else 0)
    if isinstance(b, int):
        return int(a) == b
    return str(a).rstrip(" ") == str(b).rstrip(" ")


def equal(ours, theirs):
    """Compare in any order: ties may come in either."""
    if len(ours) != len(theirs):
        return f"{len(ours)} rows against {len(theirs)}"
    if all(same(x, y) for a, b in zip(ours, theirs) for x, y in zip(a, b)):
        return ""
    left = list(theirs)
    for a in ours:
        for i, b in enumerate(left):
            if all(same(x, y) for x, y in zip(a, b)):
                del left[i]
                break
        else:
            return f"no match for {a}; left {left[:1]}"
    return ""


def weir(args, *more):
    cmd = [args.weir, "bench", "tpch", f"--scale={args.scale}", f"--parallelism={args.threads}", *more]
    return subprocess.run(cmd, check=True, stdout=subprocess.PIPE, text=True).stdout


def load(con, folder):
    for t in TABLES:
        con.execute(f"CREATE TABLE {t} AS SELECT * FROM read_parquet('{folder}/{t}/*')")


def cpu():
    r = resource.getrusage(resource.RUSAGE_SELF)
    return r.ru_utime + r.ru_stime


def duck(con, text, rounds):
    best = None
    for _ in range(rounds):
        c, t = cpu(), time.perf_counter()
        rows = con.execute(text).fetchall()
        t, c = time.perf_counter() - t, cpu() - c
        con.execute("DROP VIEW IF EXISTS revenue0")
        if best is None or t < best[0]:
            best = t, c
    return rows, *best


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--weir", default="weir", help="the binary")
    p.add_argument("--scale", type=float, default=1)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--queries", default="all")
    p.add_argument("--data", help="folder for the tables; kept and used again")
    args = p.parse_args()
    names = [f"q{i}" for i in range(1, 23)] if args.queries == "all" else args.queries.split(",")
    with tempfile.TemporaryDirectory() as tmp:
        data, answers = args.data or os.path.join(tmp, "data"), os.path.join(tmp, "answers")
        if not os.path.isdir(data):
            weir(args, f"--write={data}")
        con = duckdb.connect(config={"threads": args.threads})
        load(con, data)
        return compare(args, con, names, answers)


def compare(args, con, names, answers):
    print("| query | weir s | cpu s | DuckDB s | cpu s | ratio | equal |\n|---|--:|--:|--:|--:|--:|---|", flush=True)
    logs, bad = [], 0
    for name in names:
        rows, secs, used = duck(con, query(name, args.scale), args.rounds)
        r = json.loads(weir(args, f"--queries={name}", f"--rounds={args.rounds}", f"--answers={answers}", "--output=json"))
        with open(os.path.join(answers, name + ".jsonl")) as f:
            ours = [json.loads(line) for line in f]
        diff = equal(ours, rows)
        bad += diff != ""
        logs.append(math.log(max(r["seconds"], 0.001) / max(secs, 0.001)))
        print(f"| {name} | {r['seconds']:.3f} | {r['cpu_s']:.3f} | {secs:.3f} | {used:.3f} | {r['seconds'] / max(secs, 0.001):.2f} | {diff or 'yes'} |", flush=True)
    print(f"\ngeometric mean of the ratios: {math.exp(sum(logs) / len(logs)):.2f}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
