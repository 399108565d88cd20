"""The real program, killed and started again: what the tests of recovery, rotation, sources and bounds share."""
import contextlib
import os
import pathlib
import random
import shutil
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


def bookmarks(state):
    """How far each stream was read, as committed: {identity: (name, next_offset)}. Reads a copy: opening a log that a dead process
    left behind would change it."""
    with tempfile.TemporaryDirectory() as room:
        for suffix in ("", "-wal"):
            with contextlib.suppress(FileNotFoundError):
                shutil.copy(os.path.join(state, "honeyguide.db" + suffix), room)
        with contextlib.closing(sqlite3.connect(os.path.join(room, "honeyguide.db"))) as db:
            try:
                return {row[0]: row[1:] for row in db.execute("SELECT identity, name, next_offset FROM input")}
            except sqlite3.OperationalError:  # killed before the schema was there
                return {}


def positions(pid, paths):
    """How far the process has read in those of the files that it has open, by path: renamed ones are known by their inode."""
    inodes = {}
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            inodes[os.stat(path).st_ino] = path
    found = {}
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            path = inodes.get(os.stat(f"/proc/{pid}/fd/{fd}").st_ino)
            if path is not None:
                with open(f"/proc/{pid}/fdinfo/{fd}", encoding="ascii") as info:
                    found[path] = max(found.get(path, 0), int(info.readline().split()[1]))
        except OSError:
            pass
    return found


def records_between(path, first, last):
    """Whole records of one line each that begin at or after `first` and end before `last`."""
    if last <= first:
        return 0
    with open(path, "rb") as f:
        f.seek(max(first - 1, 0))
        data = f.read(last - max(first - 1, 0))
    if first > 0:  # a bookmark stands behind the first byte of the last record taken: its end is not one in flight
        data = data[data.find(b"\n") + 1:] if b"\n" in data else b""
    return data.count(b"\n")


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
