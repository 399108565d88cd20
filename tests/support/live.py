"""The real program, killed and started again: what the tests of recovery, rotation, sources and bounds share."""
import contextlib
import http.client
import json
import os
import pathlib
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

from api import Server

BINARY = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "build/src/app/honeyguide"
LONG = os.environ.get("HG_LONG") == "1"
SEED = int(os.environ.get("HG_SEED") or random.randrange(1 << 32))
LOGS = ("iscx.csv", "cowrie.json", "dionaea.json", "eve.json")


def run(*args, timeout=300):
    done = subprocess.run([BINARY, *map(str, args)], capture_output=True, timeout=timeout)
    if done.returncode != 0:
        raise AssertionError(f"honeyguide {args[0]}: {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.stdout.decode().strip()


def until(condition, seconds=30, what="it", pause=0.02):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(pause)
    raise AssertionError(f"{what() if callable(what) else what} did not happen within {seconds} s")


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(type=kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def say(text):
    print(text, file=sys.stderr, flush=True)


def committed(state):
    """Records in the accounts of a state directory, as committed: decoded, skipped and malformed."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{state}/honeyguide.db?mode=ro", uri=True, timeout=20)) as db:
            accounts = [row[0] for row in db.execute("SELECT counts FROM input")]
    except sqlite3.OperationalError:  # killed before it was there
        return 0
    counts = (line.split() for account in accounts for line in account.splitlines())
    return sum(int(number) for name, number in counts if name in ("decoded", "skipped", "malformed"))


def uncommitted(server):
    """Records that the server says it has taken in and not committed; None: it doesn't answer."""
    connection = server.connect(5)
    try:
        connection.request("GET", "/api/v1/health")
        return json.loads(connection.getresponse().read())["uncommitted"]
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def kill_in_flight(server, state, patience=0.0):
    """Kills it -9, if it can be within `patience` seconds while it has uncommitted records, and gives how many these were. Nothing is
    claimed where a commit may have come between the question and the kill."""
    end = time.monotonic() + patience
    while True:
        before, taken = committed(state), uncommitted(server)
        if taken or time.monotonic() >= end:
            break
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    server.stop()
    return taken if taken and committed(state) == before else 0


def is_followed(state):
    """Whether the state says since when some log is followed. Before it does, a program that is killed was never there: what is rotated
    until the next start is taken for an old archive."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{state}/honeyguide.db?mode=ro", uri=True, timeout=20)) as db:
            return db.execute("SELECT count(*) FROM source_mark").fetchone()[0] > 0
    except sqlite3.OperationalError:
        return False


def streams(state):
    """(next offset, what its account says and where in the order of events it stands) of each stream."""
    with contextlib.closing(sqlite3.connect(f"file:{state}/honeyguide.db?mode=ro", uri=True, timeout=20)) as db:
        firsts = {}
        for table in ("event", "recent"):
            for number, first in db.execute(f"SELECT input, min(sequence) FROM {table} GROUP BY input"):
                firsts[number] = min(first, firsts.get(number, first))
        for number, offset, counts in db.execute("SELECT input, next_offset, counts FROM input"):
            yield offset, f"input {number} from sequence {firsts.get(number)}: " + ", ".join(counts.splitlines())


def difference(one, other):
    """The first rows in which two state directories differ, of each table that the digest is over, for who reads a failure."""
    queries = ("SELECT identity, format, next_offset, counts, first_event_us, last_event_us FROM input ORDER BY identity",
               "SELECT time_us, hex(id), kind, session, score, severity, hex(alert) FROM event ORDER BY sequence",
               "SELECT time_us, hex(id), kind, session, score, severity, hex(alert) FROM recent ORDER BY sequence",
               "SELECT hex(id), first_us, last_us, count FROM alert ORDER BY id", "SELECT * FROM rollup WHERE dim <> 6 ORDER BY dim, minute, key",
               "SELECT * FROM reliability ORDER BY week_us, source")
    out = []
    with contextlib.closing(sqlite3.connect(f"file:{one}/honeyguide.db?mode=ro", uri=True)) as a, \
            contextlib.closing(sqlite3.connect(f"file:{other}/honeyguide.db?mode=ro", uri=True)) as b:
        for query in queries:
            left, right = a.execute(query).fetchall(), b.execute(query).fetchall()
            at = next((i for i, (x, y) in enumerate(zip(left, right)) if x != y), min(len(left), len(right)))
            if left != right:
                out.append(f"{query}\n  row {at} of {len(left)} and {len(right)}:\n  {left[at:at + 2]}\n  {right[at:at + 2]}")
    return "\n".join(out) or "no difference in what is compared here"


def has_open(pid, path):
    """Whether the process has the file open that the path names now."""
    inode = os.stat(path).st_ino
    for fd in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(OSError):
            if os.stat(f"/proc/{pid}/fd/{fd}").st_ino == inode:
                return True
    return False


def records_of(log):
    """Of a file that was not cut, and whose records have a line each."""
    return len(pathlib.Path(log).read_bytes().splitlines()) - str(log).endswith(".csv")


def counted(server):
    """Records counted by all sources, without those that were known: decoded, skipped, malformed."""
    counts = [s["counts"] for s in server.get("sources").json["sources"]]
    return {name: sum(c[name] for c in counts) for name in ("decoded", "skipped", "malformed")}


def total(server):
    return sum(counted(server).values())


def rss_anon(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return next(int(line.split()[1]) * 1024 for line in f if line.startswith("RssAnon"))


def all_alerts(server):
    cursor = {}
    while cursor is not None:
        page = server.get("alerts", window="all", limit=500, **cursor).json
        yield from page["alerts"]
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else None


class Case(unittest.TestCase):
    """A test class with a room of its own, logs, and a model of them."""

    ROWS = 30000

    @classmethod
    def setUpClass(cls):
        cls.room = tempfile.TemporaryDirectory()
        cls.dir = pathlib.Path(cls.room.name)
        run("generate", "--out", cls.dir / "logs", "--rows", cls.ROWS, "--seed", SEED % 1000 + 1)
        cls.logs = [str(cls.dir / "logs" / name) for name in LOGS]
        cls.model = cls.dir / "model"
        run("train", "--model", cls.model, *cls.logs)
        cls.events = len((cls.dir / "logs" / "truth.csv").read_bytes().splitlines()) - 1
        cls.with_model = ("--model", str(cls.model))

    @classmethod
    def tearDownClass(cls):
        cls.room.cleanup()

    def path(self, name):
        """A new path of this test's own."""
        place = self.dir / self.id().rsplit(".", 1)[1]
        place.mkdir(exist_ok=True)
        return place / name

    def serve(self, state, *options, port=0, **more):
        server = Server([BINARY, "serve", "--state", str(state), "--listen", f"127.0.0.1:{port}", *map(str, options)], **more)
        self.addCleanup(server.stop)
        return server

    def kill(self, server):
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        server.stop()

    def wait_for(self, server, events, seconds=60):
        until(lambda: server.get("health").json["sequence"] >= events, seconds, f"{events} events")

    def wait_for_records(self, server, records, seconds=30):
        until(lambda: total(server) >= records, seconds, what=lambda: f"{records} records counted (now {counted(server)})")

    def end(self, server, state):
        """The digest after a clean end."""
        status = server.stop()
        self.assertEqual(status, 0, server.errors)
        return run("digest", "--state", state)

    def followed(self, state, paths, *options):
        """The digest after following the files to their ends, undisturbed."""
        server = self.serve(state, *options, *paths)
        self.wait_for_records(server, sum(map(records_of, paths)), 60)
        return self.end(server, state)
