"""Runs statements through Flink's SQL gateway, and reads what its print sink wrote."""
import collections, glob, json, os, time, urllib.error, urllib.request


def http(method, url, body=None):
    """One JSON request; the server's words are the error."""
    data = None if body is None else json.dumps(body).encode()
    req = urllib.request.Request(url, method=method, data=data, headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(req, timeout=120) as r:
            return json.loads(r.read() or b"{}")
    except urllib.error.HTTPError as e:
        raise RuntimeError(cause(e.read().decode()))


def cause(text):
    """The innermost cause of a Java stack trace."""
    lines = [l for l in text.replace("\\n", "\n").replace("\\t", "\t").split("\n") if "Caused by" in l or "Exception" in l]
    return (lines[-1] if lines else text)[:600]


class Session:
    """A session of the gateway with settings of its own."""

    def __init__(self, gateway, jobmanager, settings):
        self.gateway, self.jobmanager = gateway, jobmanager
        self.handle = http("POST", f"{gateway}/v1/sessions", {"properties": settings})["sessionHandle"]

    def run(self, statement):
        """Runs a statement and gives its first page of results."""
        base = f"{self.gateway}/v1/sessions/{self.handle}"
        op = http("POST", f"{base}/statements", {"statement": statement})["operationHandle"]
        while http("GET", f"{base}/operations/{op}/status")["status"] not in ("FINISHED", "ERROR", "CANCELED"):
            time.sleep(0.05)
        return http("GET", f"{base}/operations/{op}/result/0?rowFormat=JSON")

    def insert(self, statement, timeout):
        """Runs an INSERT to the end of its job."""
        r = self.run(statement)
        job = r.get("jobID") or r["results"]["data"][0]["fields"][0]
        end = time.time() + timeout
        while True:
            state = http("GET", f"{self.jobmanager}/jobs/{job}")["state"]
            if state == "FINISHED":
                return
            if state in ("FAILED", "CANCELED"):
                e = http("GET", f"{self.jobmanager}/jobs/{job}/exceptions")
                entries = e.get("exceptionHistory", {}).get("entries", [])
                raise RuntimeError(f"job {state}: {cause(entries[0]['stacktrace'] if entries else '')}")
            if time.time() > end:
                http("PATCH", f"{self.jobmanager}/jobs/{job}?mode=cancel")
                raise RuntimeError(f"no end after {timeout} s")
            time.sleep(0.2)

    def close(self):
        try:
            http("DELETE", f"{self.gateway}/v1/sessions/{self.handle}")
        except (RuntimeError, OSError):
            pass


def outputs(log_dir):
    """Where each TaskManager's standard output ends now."""
    return {p: os.path.getsize(p) for p in glob.glob(os.path.join(log_dir, "*taskexecutor*.out"))}


def folded(log_dir, start, identifier):
    """The table that a print sink's changelog ends in: row text to number of
    times. What was printed before start (of outputs) is not read."""
    rows = collections.Counter()
    prefix = identifier + ":"
    for path in glob.glob(os.path.join(log_dir, "*taskexecutor*.out")):
        with open(path) as f:
            f.seek(start.get(path, 0))
            for line in f:
                if not line.startswith(prefix) and not line.startswith(identifier + ">"):
                    continue
                change = line.split("> ", 1)[1].rstrip("\n")
                rows[change[3:-1]] += 1 if change[:2] in ("+I", "+U") else -1
    rows = collections.Counter({r: n for r, n in rows.items() if n != 0})
    bad = [r for r, n in rows.items() if n < 0]
    if bad:
        raise RuntimeError(f"the changelog takes back what it never gave: {bad[0]}")
    return rows
