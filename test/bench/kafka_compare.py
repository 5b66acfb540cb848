#!/usr/bin/env python3
"""CPU of reading a topic of JSON bids, and of copying it exactly once, in weir and in
Flink, in turn on one broker. Prints a line a run and the medians.

The topic is loaded with `weir bench kafka-load`. Flink's TaskManager runs on this
machine; its connector's jar is added in the session.
"""
import argparse, os, statistics, subprocess, tempfile, time

import flink_gateway

COLUMNS = "auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, `dateTime` TIMESTAMP(3), extra STRING"


def tables(brokers, topic, copy, out):
    """The table that is read, and that which is written: a topic, or none if out is empty."""
    kafka = f"'connector' = 'kafka', 'properties.bootstrap.servers' = '{brokers}', 'format' = 'json'"
    read = f"CREATE TABLE bids ({COLUMNS}) WITH ({kafka}, 'topic' = '{topic}', 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset')"
    write = "'connector' = 'blackhole'"
    if out:
        write = f"{kafka}, 'topic' = '{copy}', 'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = '{out}', 'properties.transaction.timeout.ms' = '600000'"
    return [read, f"CREATE TABLE o ({COLUMNS}) WITH ({write})"]


def weir(a, copies, k):
    """One run of weir: seconds, CPU seconds of the process."""
    sets = ["SET 'parallelism.default' = '2'"]
    if copies:
        sets.append(f"SET 'execution.checkpointing.interval' = '{a.interval} ms'")
    text = ";\n".join(sets + tables(a.brokers, a.topic, a.topic + "-copy", f"weir-{os.getpid()}-{k}" if copies else "") + ["INSERT INTO o SELECT * FROM bids"]) + ";\n"
    with tempfile.TemporaryDirectory() as d:
        script = os.path.join(d, "job.sql")
        with open(script, "w") as f:
            f.write(text)
        t = time.time()
        p = subprocess.Popen([a.weir, "run"] + (["--state-dir", os.path.join(d, "state")] if copies else []) + [script], stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(p.pid, 0)
        if status:
            raise SystemExit("weir failed")
        return time.time() - t, used.ru_utime + used.ru_stime


def cpu():
    """CPU seconds that the TaskManagers have used."""
    total = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline") as f:
                if "TaskManagerRunner" not in f.read():
                    continue
            with open(f"/proc/{pid}/stat") as f:
                fields = f.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def flink(a, copies, k):
    """One run of Flink: seconds, CPU seconds of the TaskManager."""
    settings = {"execution.runtime-mode": "streaming", "parallelism.default": "2"}
    if copies:
        settings["execution.checkpointing.interval"] = f"{a.interval} ms"
        settings["execution.checkpointing.checkpoints-after-tasks-finish.enabled"] = "true"
    s = flink_gateway.Session(a.gateway, a.jobmanager, settings)
    try:
        if a.jar:
            s.run(f"ADD JAR '{a.jar}'")
        for t in tables(a.brokers, a.topic, a.topic + "-copy", f"flink-{os.getpid()}-{k}" if copies else ""):
            s.run(t)
        t, c = time.time(), cpu()
        s.insert("INSERT INTO o SELECT * FROM bids", 300)
        return time.time() - t, cpu() - c
    finally:
        s.close()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--weir", default="bin/weir")
    p.add_argument("--brokers", default="localhost:9092")
    p.add_argument("--topic", default="bids")
    p.add_argument("--gateway", default="http://127.0.0.1:8083")
    p.add_argument("--jobmanager", default="http://127.0.0.1:8081")
    p.add_argument("--jar", help="flink-sql-connector-kafka, if it is not on Flink's class path")
    p.add_argument("--interval", default="100", help="ms between checkpoints of the copies")
    p.add_argument("--runs", type=int, default=3)
    a = p.parse_args()
    for what, copies in (("into blackhole", False), ("exactly once to a topic", True)):
        took = {}
        for k in range(a.runs):
            for name, run in (("weir", weir), ("Flink", flink)):
                seconds, used = run(a, copies, k)
                took.setdefault(name, []).append((seconds, used))
                print(f"{what}: {name} {seconds:.2f} s, CPU {used:.2f} s", flush=True)
        m = {name: [statistics.median(x[i] for x in xs) for i in (0, 1)] for name, xs in took.items()}
        print(f"{what}, medians: weir {m['weir'][0]:.2f} s, CPU {m['weir'][1]:.2f} s; Flink {m['Flink'][0]:.2f} s, CPU {m['Flink'][1]:.2f} s; "
              f"CPU ratio {m['Flink'][1] / m['weir'][1]:.1f}", flush=True)


main()
