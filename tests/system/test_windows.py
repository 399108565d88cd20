#!/usr/bin/python3
"""What `honeyguide features --windows` prints, counted anew from the events in it: test_windows.py BINARY."""
import collections
import csv
import io
import math
import os
import struct
import subprocess
import sys
import tempfile
import unittest
from datetime import datetime, timezone

BINARY = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else "build/src/app/honeyguide"
SEED = int(os.environ.get("HG_SEED", "20100613"))
ROWS = 16000

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
WIDTHS = {"10s": 1, "1m": 6, "10m": 60, "1h": 360}  # of a sub-bucket, in seconds; a window is ten of them
SUMS = ("packets_sent", "packets_received", "bytes_sent", "bytes_received")


def run(*args):
    return subprocess.run([BINARY, *args], capture_output=True, timeout=300, check=True).stdout.decode()


def microseconds(text):
    delta = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc) - EPOCH
    return (delta.days * 86400 + delta.seconds) * 1_000_000 + delta.microseconds


def float32(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def integer(text):
    return int(text) if text else None


class Event:
    def __init__(self, row):
        self.us = microseconds(row["event_time"])
        self.second = self.us // 1_000_000
        self.source, self.destination, self.port = row["source_ip"] or None, row["destination_ip"] or None, integer(row["destination_port"])
        self.failed = integer(row["failed"])
        self.sums = [integer(row[name]) or 0 for name in SUMS]

    def entities(self):
        return {"source": self.source, "target": (self.destination, self.port) if self.destination and self.port is not None else None,
                "pair": (self.source, self.destination) if self.source and self.destination else None}


class Entity:
    """Its events of the last hour, and what the definitions ask of those before."""

    def __init__(self):
        self.events, self.gaps = [], []
        self.top = self.first = self.last = None

    def see(self, event):
        self.last = self.top
        low = (event.second // 360 - 9) * 360
        if self.top is None or event.us >= self.top:
            if self.top is not None and self.top // 1_000_000 >= low:
                self.gaps.append((event.second, (event.us - self.top) // 1000))
            self.top = event.us
        self.first = event.us if self.first is None else min(self.first, event.us)
        self.events.append(event)
        low = (self.top // 1_000_000 // 360 - 9) * 360
        self.events = [e for e in self.events if e.second >= low]
        self.gaps = [gap for gap in self.gaps if gap[0] >= low]

    def window(self, kind, width):
        low = (self.top // 1_000_000 // width - 9) * width
        held = [e for e in self.events if e.second >= low]
        peers = {"source": lambda e: e.destination, "target": lambda e: e.source, "pair": lambda e: None}[kind]
        ports = (lambda e: None) if kind == "target" else (lambda e: e.port)
        distinct = [len({of(e) for e in held} - {None}) for of in (peers, ports)]
        known = [e.failed for e in held if e.failed is not None]
        return [len(held), sum(known), len(known), *distinct, *(sum(e.sums[i] for e in held) for i in range(len(SUMS)))]

    def rhythm(self):
        n, total, squares = len(self.gaps), sum(ms for _, ms in self.gaps), sum(ms * ms for _, ms in self.gaps)
        if n < 2:
            return None, None
        regular = 1.0 / (1.0 + math.sqrt(float(n * squares - total * total)) / total) if total else None
        return float32(total / n / 1000.0), regular and float32(regular)


class Windows(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.TemporaryDirectory()
        cls.logs = os.path.join(cls.tmp.name, "logs")
        print(f"seed {SEED}", file=sys.stderr)
        run("generate", "--out", cls.logs, "--rows", str(ROWS), "--seed", str(SEED))
        cls.files = [os.path.join(cls.logs, name) for name in ("iscx.csv", "eve.json", "cowrie.json", "dionaea.json")]

    @classmethod
    def tearDownClass(cls):
        cls.tmp.cleanup()

    def check(self, rows):
        entities = collections.defaultdict(Entity)
        number = lambda text: float(text) if text else None  # noqa: E731
        for i, row in enumerate(rows):
            event = Event(row)
            for kind, key in event.entities().items():
                if key is None:
                    self.assertEqual("", row[f"{kind}_1h_events"], f"row {i}")
                    continue
                entity = entities[kind, key]
                entity.see(event)
                for name, width in WIDTHS.items():
                    printed = [int(row[f"{kind}_{name}_{what}"]) for what in ("events", "failed", "known", "peers", "ports", *SUMS)]
                    self.assertEqual(entity.window(kind, width), printed, f"row {i}: {kind} {key}, {name}")
                rhythm = [row[f"{kind}_interval_s"], row[f"{kind}_regularity"]]
                self.assertEqual(entity.rhythm(), tuple(None if text == "" else float32(float(text)) for text in rhythm), f"row {i}: {kind}")
                self.assertEqual((event.us - entity.first) / 1e6, number(row[f"{kind}_first_seen_s"]), f"row {i}: {kind}")
                last = None if entity.last is None else (event.us - entity.last) / 1e6
                self.assertEqual(last, number(row[f"{kind}_last_seen_s"]), f"row {i}: {kind}")
        return entities

    def test_each_window_is_what_a_recount_finds(self):
        rows = list(csv.DictReader(io.StringIO(run("features", "--windows", *self.files))))
        self.assertGreater(len(rows), ROWS * 9 // 10)
        entities = self.check(rows)
        self.assertGreater(len(entities), 1000)
        self.assertGreater(max(int(row["source_10m_peers"] or 0) for row in rows), 10)
        self.assertTrue(any(row["pair_regularity"] for row in rows))

    def test_threads_change_nothing(self):
        one, two = (run("features", "--windows", "--threads", n, *self.files) for n in ("1", "2"))
        self.assertEqual(one, two)

    def test_the_columns_are_the_windows(self):
        """Each behaviour column of a file is the window's count, from when an hour has passed since the first event on."""
        log = self.files[0]
        windows = list(csv.DictReader(io.StringIO(run("features", "--windows", log))))
        features = list(csv.DictReader(io.StringIO(run("features", log))))
        self.assertEqual(len(windows), len(features))
        names = {"src": "source", "dst": "target", "pair": "pair"}
        counts = {"events": "events", "targets": "peers", "sources": "peers", "ports": "ports", "bytes_sent": "bytes_sent"}
        since, checked = None, collections.Counter()
        for window, feature in zip(windows, features):
            us = microseconds(window["event_time"])
            since = us if since is None else min(since, us)
            for column, text in feature.items():
                of, _, rest = column.partition("_")
                if of not in names or column in ("src_is_private", "dst_is_private", "dst_port_is_common"):
                    continue
                if rest == "is_new":
                    expected = float(float(window[f"{names[of]}_first_seen_s"]) < 3600)
                else:
                    what, _, span = rest.rpartition("_")
                    key = f"{names[of]}_{span}_"
                    if what == "failed":
                        known = int(window[key + "known"])
                        expected = float32(int(window[key + "failed"]) / known) if known else None
                    elif what in ("interval", "regularity"):
                        text_of = window[f"pair_{what}_s" if what == "interval" else "pair_regularity"]
                        expected = float32(float(text_of)) if text_of else None
                    else:
                        expected = float32(float(window[key + counts[what]]))
                if us - since < 3600 * 1_000_000:
                    expected = None
                self.assertEqual(expected, float32(float(text)) if text else None, column)
                checked[column] += expected is not None
        self.assertEqual(20, len(checked))
        for column, n in checked.items():
            self.assertGreater(n, 0, column)


if __name__ == "__main__":
    unittest.main(verbosity=1)
