"""Helpers of checkpoints.sh: percentiles of what a command or a folder shows."""

import datetime
import json
import mmap
import os
import subprocess
import sys
import threading
import time


def at(xs, q):
    xs = sorted(xs)
    return xs[min(int(q * len(xs)), len(xs) - 1)] if xs else float("nan")


def line(xs):
    return f"p50 {at(xs, 0.5):.1f} ms, p99 {at(xs, 0.99):.1f} ms, longest {max(xs, default=float('nan')):.1f} ms ({len(xs):,} samples)"


def disk(folder):
    """The disk's own rate, past the page cache, and what a sync costs it."""
    path = os.path.join(folder, "disk-probe")
    block = mmap.mmap(-1, 1 << 20)
    block.write(os.urandom(1 << 20))
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_DIRECT", 0), 0o600)
    try:
        n, begun = 1024, time.time()
        for _ in range(n):
            os.write(fd, block)
        os.fdatasync(fd)
        print(f"disk: {n / (time.time() - begun):.0f} MB/s in sequence")
    finally:
        os.close(fd)
        os.remove(path)
    for size in (4 << 10, 256 << 10):
        fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        times = []
        for _ in range(300):
            os.write(fd, block[:size])
            begun = time.time()
            os.fsync(fd)
            times.append(1e3 * (time.time() - begun))
        os.close(fd)
        os.remove(path)
        print(f"disk: fsync after {size >> 10} KB: {line(times)}")


def show(weir, folder, last=0):
    """What the job in folder tells, None if it does not run."""
    args = [weir, "job", "show", "--output", "json"] + (["--last", str(last)] if last else [])
    out = subprocess.run(args + [folder], capture_output=True, text=True)
    try:
        return json.loads(out.stdout)
    except ValueError:
        return None


def rows(st):
    """The rows that the aggregate has taken."""
    return max((o["RowsIn"] for o in st["Operators"] if o["StateBytes"] > 0), default=0)


def until(f, seconds, pause=0.05):
    end = time.time() + seconds
    while time.time() < end:
        if x := f():
            return x
        time.sleep(pause)
    sys.exit("gave up waiting")


def settle(weir, folder, keys, samples):
    """Waits for a job over so many keys to be filled, and then for samples."""
    until(lambda: (st := show(weir, folder)) and rows(st) >= keys, 3600, 0.5)
    before, now = 0, 0
    while before == 0 or now - before > 150_000 * 2:  # what is drawn is late, or the filling goes on
        before = rows(show(weir, folder))
        time.sleep(2)
        now = rows(show(weir, folder))
    begun = show(weir, folder)
    time.sleep(0.1 * samples)
    st = show(weir, folder, samples)
    k = st["Checkpoints"]
    state = sum(o["StateBytes"] for o in st["Operators"])
    print(
        f"{keys:,} keys, {state / 1e6:.0f} MB: {k['Count']:,} checkpoints of {k['BytesInAll'] / max(k['Count'], 1) / 1e3:.0f} kB, "
        f"p50 {k['P50']:.1f} ms, p99 {k['P99']:.1f} ms, longest {k['Max']:.1f} ms; alignment p99 {k['AlignP99']:.1f} ms; "
        f"{(rows(st) - rows(begun)) / (0.1 * samples):,.0f} rows/s",
        flush=True,
    )


def slowly(rate):
    """Reads standard input at so many bytes a second, without end."""
    while os.read(0, max(rate // 50, 1)):
        time.sleep(0.02)


def filled(weir, folder, keys):
    """Waits until a job has taken so many rows."""
    begun = time.time()
    st = until(lambda: (s := show(weir, folder)) and rows(s) >= keys and s, 7200, 0.1)
    state = sum(o["StateBytes"] for o in st["Operators"])
    print(f"{keys:,} keys, {state / 1e6:,.0f} MB of state, filled in {time.time() - begun:.1f} s", flush=True)


def recovered(weir, folder, begun, process):
    st = until(lambda: (s := show(weir, folder)) and s["Epoch"] > 0 and s, 600, 0.02)
    took = time.time() - float(begun)
    with open(f"/proc/{process}/stat") as f:
        user, system = (int(x) / os.sysconf("SC_CLK_TCK") for x in f.read().rsplit(")", 1)[1].split()[11:13])
    r = st["Recovery"]
    print(
        f"after kill -9 the first checkpoint {took:.2f} s after the start ({user:.2f} s of user, {system:.2f} s of system): "
        f"images of {r['ImageBytes'] / 1e6:,.0f} MB in {r['ImageMs'] / 1e3:.2f} s, a tail of {r['LogBytes'] / 1e6:,.0f} MB, "
        f"{r['LogChanges']:,} changes, in {r['LogMs'] / 1e3:.2f} s; {rows(st):,} rows since",
        flush=True,
    )


class Watch(threading.Thread):
    """Notes when files become visible in a folder."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.folder, self.seen, self.over = folder, {}, False
        self.start()

    def run(self):
        while not self.over:
            now = time.time()
            try:
                names = os.listdir(self.folder)
            except FileNotFoundError:
                names = []
            for n in names:
                if not n.startswith((".", "_")):
                    self.seen.setdefault(n, now)
            time.sleep(0.002)


def latency(folder, seconds):
    """From the time in a row (first column, UTC) to when its file was there."""
    w = Watch(folder)
    time.sleep(float(seconds))
    w.over = True
    w.join()
    delays = []
    first = min(w.seen.values(), default=0)  # what was there before it looked
    for name, seen in w.seen.items():
        if seen == first:
            continue
        with open(os.path.join(folder, name)) as f:
            for row in f:
                t = datetime.datetime.fromisoformat(row.split(",")[0].strip('"').rstrip("Z").strip())
                delays.append(1e3 * (seen - t.replace(tzinfo=datetime.timezone.utc).timestamp()))
    print(f"from the generator to a committed file: {line(delays)}", flush=True)


def rescales(weir, state, folder):
    """The longest time without a new file while the job is rescaled."""
    w = Watch(folder)
    time.sleep(3)
    for n in (2, 1):
        begun = time.time()
        out = subprocess.run([weir, "job", "rescale", state, str(n)], capture_output=True, text=True, check=True)
        time.sleep(3)
        times = sorted(t for t in w.seen.values() if t > begun - 1)
        gap = max(b - a for a, b in zip(times, times[1:]))
        print(f"rescale to {n}: longest gap in output {1e3 * gap:.0f} ms ({out.stdout.strip()})", flush=True)


def median(path):
    """Medians of the columns of lines `name none|epochs seconds cpu written-MB`, beside each other."""
    runs = {}
    for text in open(path):
        name, kind, *xs = text.split()
        runs.setdefault(name, {}).setdefault(kind, []).append([float(x) for x in xs])
    print(f"{'':<12} {'s':>7} {'with':>7} {'ratio':>6} {'cpu s':>7} {'with':>7} {'ratio':>6} {'MB written':>11} {'MB/s':>6}")
    for name, kinds in runs.items():
        mid = {k: [at(c, 0.5) for c in zip(*xs)] for k, xs in kinds.items()}
        a, b = mid["none"], mid["epochs"]
        print(
            f"{name:<12} {a[0]:7.2f} {b[0]:7.2f} {a[0] / b[0]:6.0%} {a[1]:7.2f} {b[1]:7.2f} {a[1] / b[1]:6.0%} "
            f"{b[2] - a[2]:11.0f} {(b[2] - a[2]) / b[0]:6.0f}"
        )


if __name__ == "__main__":
    command, *args = sys.argv[1:]
    {
        "disk": disk,
        "settle": lambda w, d, k, n: settle(w, d, int(k), int(n)),
        "slowly": lambda r: slowly(int(r)),
        "recovered": recovered,
        "filled": lambda w, d, k: filled(w, d, int(k)),
        "latency": latency,
        "rescales": rescales,
        "median": median,
    }[command](*args)
