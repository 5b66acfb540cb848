#!/usr/bin/env python3
"""Compares weir's Nexmark results with Flink's (q6, q13: DuckDB's), query by query.

usage: nexmark_compare.py results   --data DIR [--mode streaming,batch] [q0 q1 ...]
       nexmark_compare.py checksums --set 1M --data DIR | --set gen1M  [--update] [q0 q1 ...]
How to run it, and what counts as equal: README.md in this folder.
"""
import argparse, csv, json, os, re, shutil, subprocess, sys

import flink_gateway

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
QUERIES = [f"q{i}" for i in range(24)] + [f"cep{i}" for i in range(4)]

BID = "auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, `dateTime` TIMESTAMP(3), extra VARCHAR"
AUCTION = "id BIGINT, itemName VARCHAR, description VARCHAR, initialBid BIGINT, reserve BIGINT, `dateTime` TIMESTAMP(3), expires TIMESTAMP(3), seller BIGINT, category BIGINT, extra VARCHAR"
PERSON = "id BIGINT, name VARCHAR, emailAddress VARCHAR, creditCard VARCHAR, city VARCHAR, state VARCHAR, `dateTime` TIMESTAMP(3), extra VARCHAR"
TABLES = {"person": PERSON, "auction": AUCTION, "bid": BID}

COUNTS = ", ".join(f"c{i} BIGINT" for i in range(1, 13))
WINDOW = "bidder BIGINT, bid_count BIGINT, starttime TIMESTAMP(3), endtime TIMESTAMP(3)"
# Columns of each result, in order, as declared to Flink's sink.
SINKS = {
    "q0": "auction BIGINT, bidder BIGINT, price BIGINT, t TIMESTAMP(3), extra VARCHAR",
    "q1": "auction BIGINT, bidder BIGINT, price DECIMAL(23, 3), t TIMESTAMP(3), extra VARCHAR",
    "q2": "auction BIGINT, price BIGINT",
    "q3": "name VARCHAR, city VARCHAR, state VARCHAR, id BIGINT",
    "q4": "category BIGINT, final BIGINT",
    "q5": "auction BIGINT, num BIGINT",
    "q6": "seller BIGINT, avg_price BIGINT",
    "q7": "auction BIGINT, price BIGINT, bidder BIGINT, t TIMESTAMP(3), extra VARCHAR",
    "q8": "id BIGINT, name VARCHAR, starttime TIMESTAMP(3)",
    "q9": "id BIGINT, itemName VARCHAR, description VARCHAR, initialBid BIGINT, reserve BIGINT, t TIMESTAMP(3), expires TIMESTAMP(3), seller BIGINT, category BIGINT, extra VARCHAR, "
          "auction BIGINT, bidder BIGINT, price BIGINT, bid_t TIMESTAMP(3), bid_extra VARCHAR",
    "q11": WINDOW,
    "q12": WINDOW,
    "q13": "auction BIGINT, bidder BIGINT, price BIGINT, t TIMESTAMP(3), v VARCHAR",
    "q14": "auction BIGINT, bidder BIGINT, price DECIMAL(23, 3), bidTimeType VARCHAR, t TIMESTAMP(3), extra VARCHAR, c_counts BIGINT",
    "q15": "d VARCHAR, " + COUNTS,
    "q16": "channel VARCHAR, d VARCHAR, m VARCHAR, " + COUNTS,
    "q17": "auction BIGINT, d VARCHAR, c1 BIGINT, c2 BIGINT, c3 BIGINT, c4 BIGINT, mn BIGINT, mx BIGINT, av BIGINT, sm BIGINT",
    "q18": "auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, t TIMESTAMP(3), extra VARCHAR",
    "q19": "auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, t TIMESTAMP(3), extra VARCHAR, rank_number BIGINT",
    "q20": "auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, t TIMESTAMP(3), extra VARCHAR, itemName VARCHAR, description VARCHAR, initialBid BIGINT, reserve BIGINT, "
           "auction_t TIMESTAMP(3), expires TIMESTAMP(3), seller BIGINT, category BIGINT, auction_extra VARCHAR",
    "q21": "auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, channel_id VARCHAR",
    "q22": "auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, dir1 VARCHAR, dir2 VARCHAR, dir3 VARCHAR",
    "q23": "bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, bid_extra VARCHAR, person_id BIGINT, name VARCHAR, emailAddress VARCHAR, creditCard VARCHAR, city VARCHAR, state VARCHAR, "
           "person_extra VARCHAR, itemName VARCHAR, description VARCHAR, initialBid BIGINT, reserve BIGINT, auction_t TIMESTAMP(3), expires TIMESTAMP(3), seller BIGINT, category BIGINT, auction_extra VARCHAR",
    "cep0": "auction BIGINT, bidder BIGINT, start_tstamp TIMESTAMP(3), bottom_tstamp TIMESTAMP(3), end_tstamp TIMESTAMP(3)",
    "cep1": "auction BIGINT, bidder BIGINT, start_tstamp TIMESTAMP(3), end_tstamp TIMESTAMP(3), avg_price BIGINT",
    "cep2": "auction BIGINT, bidder BIGINT, start_tstamp TIMESTAMP(3), end_tstamp TIMESTAMP(3), avg_price BIGINT",
    "cep3": "auction BIGINT, bidder BIGINT, drop_time TIMESTAMP(3), drop_diff BIGINT",
}
# Queries whose streaming result is a changelog, which Flink's file sink refuses: printed and folded.
UPDATING = {"q4", "q9", "q15", "q16", "q17", "q18", "q19"}
# Where ties leave other columns open: the columns (by number) that must agree,
# and the bid (as columns of the result) that must be a bid of the input.
TIES = {
    "q9": ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13], {"auction": 10, "bidder": 11, "price": 12, "dateTime": 13, "extra": 14}),
    "q18": ([0, 1, 5], {"auction": 0, "bidder": 1, "price": 2, "channel": 3, "url": 4, "dateTime": 5, "extra": 6}),
    "q19": ([0, 2, 7], {"auction": 0, "bidder": 1, "price": 2, "channel": 3, "url": 4, "dateTime": 5, "extra": 6}),
}
# Not supported by Flink in a mode: q6's OVER on an updating input, q13's lookup
# into a table without lookups.
NOT_IN_FLINK = {("q6", "streaming"), ("q13", "streaming"), ("q13", "batch"), ("q11", "batch")}


def columns(query):
    """Name and type of each column of a result."""
    return [c.split(" ", 1) for c in re.split(r", (?![0-9])", SINKS[query])]


def ddl(data):
    """The tables over Parquet files; the same text for both engines."""
    out = []
    for t, cols in TABLES.items():
        out.append(f"CREATE TABLE {t} ({cols}, WATERMARK FOR `dateTime` AS `dateTime` - INTERVAL '4' SECOND) WITH ("
                   f"'connector' = 'filesystem', 'path' = 'file://{data}/parquet/{t}', 'format' = 'parquet', 'parquet.utc-timezone' = 'true')")
    return out


def statements(query, out):
    """weir's own text of a query, q12 on the event clock."""
    path = os.path.join(ROOT, "cmd/weir/internal/bench/nexmark", query + ".sql")
    text = "\n".join(l for l in open(path).read().splitlines() if not l.startswith("--"))
    text = text.replace("${OUT}", out)
    if query == "q12":
        text = text.replace("PROCTIME() AS p_time", "`dateTime` AS p_time")
    return [s.strip().rstrip(";") for s in text.split(";\n") if s.strip()]


class Failed(Exception):
    """An engine refused or broke."""


def run_weir(a, query, mode, out):
    """weir's folded result as a Parquet file (q10: the folder that it wrote)."""
    side = ["CREATE TABLE side_source (key BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '10000', 'rows-per-second' = '100000000', "
            "'fields.key.kind' = 'sequence', 'fields.key.start' = '0', 'fields.key.end' = '9999')",
            "CREATE VIEW side_input AS SELECT key, CAST(key AS STRING) AS `value` FROM side_source"]
    script = ";\n".join(ddl(a.data) + (side if query == "q13" else []) + statements(query, out)) + ";\n"
    cmd = [a.weir, "run", "--mode", mode, "--parallelism", str(a.parallelism), "--output", "parquet", "-"]
    with open(out + ".parquet", "wb") as f:
        r = subprocess.run(cmd, input=script.encode(), stdout=f, stderr=subprocess.PIPE)
    if r.returncode != 0:
        raise Failed("weir: " + r.stderr.decode()[-600:])
    return out if query == "q10" else f"SELECT * FROM read_parquet('{out}.parquet')"


def run_flink(a, query, mode, out):
    """Flink's result: files of its sink, or its printed changelog folded."""
    stmts = statements(query, "file://" + out)
    s = flink_gateway.Session(a.gateway, a.jobmanager, {"execution.runtime-mode": mode, "pipeline.name": f"compare-{query}"})
    printed = mode == "streaming" and query in UPDATING
    ident = f"{query}x{os.getpid()}"
    try:
        for st in ddl(a.data) + stmts[:-1]:
            s.run(st)
        if query == "q10":
            s.insert(stmts[-1], a.timeout)
            return out
        w = f"'connector' = 'print', 'print-identifier' = '{ident}'" if printed else \
            f"'connector' = 'filesystem', 'path' = 'file://{out}', 'format' = 'parquet', 'parquet.utc-timezone' = 'true', 'parquet.write.int64.timestamp' = 'true'"
        s.run(f"CREATE TABLE sink ({SINKS[query]}) WITH ({w})")
        start = flink_gateway.outputs(a.flink_log)
        s.insert("INSERT INTO sink " + stmts[-1], a.timeout)
    except RuntimeError as e:
        raise Failed("Flink: " + str(e))
    finally:
        s.close()
    if printed:
        return from_print(query, flink_gateway.folded(a.flink_log, start, ident), out)
    return f"SELECT * FROM read_parquet('{out}/*')"


def from_print(query, rows, out):
    """Writes folded rows to a text file that DuckDB reads with the result's types."""
    cols = columns(query)
    with open(out + ".txt", "w") as f:
        for text, n in rows.items():
            cells = text.split(", ")
            if len(cells) != len(cols):
                raise Failed(f"cannot split a printed row of {query}: {text}")
            f.write(("\x01".join("\\N" if c == "null" else c for c in cells) + "\n") * n)
    types = ", ".join(f"'c{i}': '{t}'" for i, (_, t) in enumerate((c[0], re.sub(r"\(3\)", "", c[1])) for c in cols))
    return f"SELECT * FROM read_csv('{out}.txt', delim='\x01', header=false, quote='', escape='', nullstr='\\N', columns={{{types}}})"


def run_duckdb(db, query, out):
    """DuckDB's answer where Flink has none."""
    if query == "q13":
        return 'SELECT auction, bidder, price, "dateTime", CAST(auction % 10000 AS VARCHAR) FROM bid'
    return f"""SELECT seller, CAST(trunc(sum(price) OVER w / count(price) OVER w) AS BIGINT) FROM (
        SELECT A.seller, B.price, B."dateTime", row_number() OVER (PARTITION BY A.id, A.seller ORDER BY B.price DESC) AS rn
        FROM auction A JOIN bid B ON A.id = B.auction WHERE B."dateTime" BETWEEN A."dateTime" AND A.expires) WHERE rn <= 1
        WINDOW w AS (PARTITION BY seller ORDER BY "dateTime" ROWS BETWEEN 10 PRECEDING AND CURRENT ROW)"""


# Sellers whose q6 rows depend on which of several equals came first: an auction
# with its highest price at two times, or two auctions won at the same time.
Q6_TIED = """CREATE OR REPLACE TEMP TABLE tied AS WITH j AS (SELECT A.id, A.seller, B.price, B."dateTime" AS t FROM auction A JOIN bid B ON A.id = B.auction
    WHERE B."dateTime" BETWEEN A."dateTime" AND A.expires), m AS (SELECT id, max(price) AS p FROM j GROUP BY id),
  won AS (SELECT DISTINCT j.id, j.seller, j.t FROM j JOIN m ON j.id = m.id AND j.price = m.p)
  SELECT seller FROM won GROUP BY id, seller HAVING count(*) > 1 UNION SELECT seller FROM won GROUP BY seller, t HAVING count(*) > 1"""


def only_in(db, x, y):
    """How many rows of x, a multiset, are not in y, and one of them."""
    sql = f"(SELECT * FROM ({x})) EXCEPT ALL (SELECT * FROM ({y}))"
    n = db.execute(f"SELECT count(*) FROM ({sql})").fetchone()[0]
    return n, (db.execute(f"{sql} LIMIT 1").fetchone() if n else None)


def compare(db, query, mine, theirs):
    """Compares two relations. Gives the number of rows and what differs, if anything."""
    names = [f"c{i}" for i in range(len(columns(query)))]
    casts = ", ".join(f"CAST({n} AS {re.sub('TIMESTAMP.3.', 'TIMESTAMP', c[1])}) AS {n}" for n, c in zip(names, columns(query)))
    for view, sql in (("mine", mine), ("theirs", theirs)):
        db.execute(f"CREATE OR REPLACE TEMP TABLE {view} AS SELECT {casts} FROM ({sql}) AS r({', '.join(names)})")
    rows = [db.execute(f"SELECT count(*) FROM {v}").fetchone()[0] for v in ("mine", "theirs")]
    keys, problems, note = names, [], ""
    where = ""
    if query in TIES:
        keys = [names[i] for i in TIES[query][0]]
        bid = TIES[query][1]
        want = ", ".join(f'"{c}"' for c in bid)
        for v in ("mine", "theirs"):
            n, row = only_in(db, f"SELECT {', '.join(names[i] for i in bid.values())} FROM {v}", f"SELECT {want} FROM bid")
            if n:
                problems.append(f"{n} rows of {v} are no bids: {row}")
    if query == "q6":
        n, row = only_in(db, "SELECT c0 FROM mine", "SELECT c0 FROM theirs")
        if n:
            problems.append(f"sellers differ: {row}")
        db.execute(Q6_TIED)
        where = " WHERE c0 NOT IN (SELECT seller FROM tied)"
        note = f"{db.execute('SELECT count(*) FROM mine' + where).fetchone()[0]} rows without ties compared in full"
    k = ", ".join(keys)
    for x, y in (("mine", "theirs"), ("theirs", "mine")):
        n, row = only_in(db, f"SELECT {k} FROM {x}{where}", f"SELECT {k} FROM {y}{where}")
        if n:
            problems.append(f"{n} rows only in {x}: {row}")
    if rows[0] != rows[1]:
        problems.append(f"{rows[0]} rows against {rows[1]}")
    return rows[0], problems, note


def compare_files(mine, theirs):
    """Compares q10's folders: the same partitions, each with the same records.
    Not the same bytes: Flink puts quotes around text that has no need of them."""
    def read(root):
        parts = {}
        for d, _, files in os.walk(root):
            for f in files:
                if f.startswith(("_", ".")):
                    continue
                with open(os.path.join(d, f), newline="") as h:
                    parts.setdefault(os.path.relpath(d, root), []).extend(csv.reader(h))
        return {k: sorted(v) for k, v in parts.items()}
    m, t = read(mine), read(theirs)
    problems = [f"partitions differ: {sorted(m)[:3]} against {sorted(t)[:3]}"] if m.keys() != t.keys() else []
    problems += [f"lines of {k} differ: {next(((x, y) for x, y in zip(m[k], t[k]) if x != y), 'number')}" for k in m if k in t and m[k] != t[k]][:3]
    return sum(map(len, m.values())), problems, f"{len(m)} partitions"


def fresh(a, name):
    """An empty place for a run's output."""
    out = os.path.join(a.work, name)
    shutil.rmtree(out, ignore_errors=True)
    return out


def results(a):
    """The command `results`."""
    import duckdb
    db = duckdb.connect()
    db.execute("SET threads=2")
    for t in TABLES:
        db.execute(f"CREATE VIEW {t} AS SELECT * FROM read_parquet('{a.data}/parquet/{t}/*.parquet')")
    bad = 0
    for q in a.queries or QUERIES:
        for mode in a.mode.split(","):
            try:
                mine = run_weir(a, q, mode, fresh(a, f"weir-{q}-{mode}"))
            except Failed as e:
                bad += 1
                print(f"{q}\t{mode}\tfailed\t{e}", flush=True)
                continue
            peers = [] if (q, mode) in NOT_IN_FLINK else [("flink " + mode, lambda m=mode: run_flink(a, q, m, fresh(a, f"flink-{q}-{m}")))]
            if q in ("q6", "q13"):
                peers.append(("duckdb", lambda: run_duckdb(db, q, "")))
            if q == "q11" and mode == "batch":
                peers.append(("flink streaming", lambda: run_flink(a, q, "streaming", fresh(a, f"flink-{q}-s"))))
            for name, run in peers:
                try:
                    theirs = run()
                    n, problems, note = compare_files(mine, theirs) if q == "q10" else compare(db, q, mine, theirs)
                    bad += bool(problems)
                    print(f"{q}\tweir {mode} = {name}\t{'DIFFERS: ' + '; '.join(problems) if problems else 'equal'}\t{n} rows\t{note}", flush=True)
                except Failed as e:
                    print(f"{q}\tweir {mode} = {name}\tnot comparable: {e}", flush=True)
    return bad


def checksums(a):
    """The command `checksums`: weir against its stored checksums, in every mode and at every parallelism."""
    path = os.path.join(HERE, "nexmark_expected.tsv")
    want = {}
    if os.path.exists(path):
        for line in open(path):
            if line.strip() and not line.startswith("#"):
                s, q, rows, sum_ = line.rstrip("\n").split("\t")
                want[s, q] = (rows, sum_)
    bad = 0
    for q in a.queries or QUERIES:
        for mode in a.mode.split(","):
            for p in a.parallel.split(","):
                cmd = [a.weir, "bench", "nexmark", "--queries", q, "--mode", mode, "--parallelism", p, "--clock", "event", "--output", "json"]
                cmd += ["--input", a.data] if a.data else ["--events", "1000000", "--seed", "42", "--rate", "10000"]
                for again in range(a.times):
                    r = subprocess.run(cmd, capture_output=True, text=True)
                    if r.returncode != 0:
                        bad += 1
                        print(f"{q}\t{mode} {p}\tfailed\t{r.stderr[-400:]}", flush=True)
                        continue
                    j = json.loads(r.stdout)
                    got = (str(j["rows"]), j.get("checksum") or "-")
                    if a.update and (a.set, q) not in want:
                        want[a.set, q] = got
                    ok = want.get((a.set, q)) == got
                    bad += not ok
                    print(f"{q}\t{mode} {p}\t{'equal' if ok else 'DIFFERS: want %s' % (want.get((a.set, q)),)}\t{got[0]}\t{got[1]}\t{j['cpu_s']} s", flush=True)
    if a.update:
        with open(path, "w") as f:
            f.write("# data set, query, rows, checksum: of `weir bench nexmark --clock event`; see README.md\n")
            for (s, q), (rows, sum_) in sorted(want.items(), key=lambda e: (e[0][0], e[0][1].rstrip("0123456789") != "q", int(e[0][1].lstrip("qcep")))):
                f.write(f"{s}\t{q}\t{rows}\t{sum_}\n")
    return bad


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("command", choices=["results", "checksums"])
    p.add_argument("queries", nargs="*")
    p.add_argument("--weir", default="weir", help="the binary")
    p.add_argument("--data", default="", help="folder with parquet/person, parquet/auction, parquet/bid")
    p.add_argument("--mode", default="streaming,batch")
    p.add_argument("--parallelism", type=int, default=2, help="of results")
    p.add_argument("--parallel", default="1,2,4", help="parallelisms of checksums")
    p.add_argument("--times", type=int, default=2, help="runs of each, of checksums")
    p.add_argument("--set", default="gen1M", help="name of the data set in nexmark_expected.tsv")
    p.add_argument("--update", action="store_true", help="store checksums of queries that have none yet")
    p.add_argument("--gateway", default="http://127.0.0.1:18083")
    p.add_argument("--jobmanager", default="http://127.0.0.1:18081")
    p.add_argument("--flink-log", default=os.path.join(os.environ.get("BENCH_HOME", ""), "flink/log"))
    p.add_argument("--work", default="nexmark-compare", help="folder for results, kept")
    p.add_argument("--timeout", type=float, default=600, help="seconds for a job of Flink")
    a = p.parse_intermixed_args()
    a.data = a.data and os.path.abspath(a.data)
    a.work = os.path.abspath(a.work)
    os.makedirs(a.work, exist_ok=True)
    sys.exit(1 if (results if a.command == "results" else checksums)(a) else 0)


main()
