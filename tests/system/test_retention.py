"""Retention, against the real program: test_retention.py BINARY. What is too old goes, what is left answers as before, and kill -9 hurts neither."""
import contextlib
import datetime
import json
import pathlib
import random
import sqlite3
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import live  # noqa: E402
from live import SEED, run, say, total  # noqa: E402

START = datetime.datetime(2026, 3, 6, 0, 0, tzinfo=datetime.timezone.utc)
HOURS, AN_HOUR = 12, 3000
SPAN = 4096  # events go in runs of so many, and a commit more


def line(number):
    at = START + datetime.timedelta(hours=number / AN_HOUR)
    return json.dumps({"eventid": "cowrie.login.failed", "src_ip": f"198.51.100.{random.Random(number).randrange(1, 200)}", "src_port": 50000, "dst_ip": "192.0.2.10",
                       "dst_port": 22, "session": f"{number:012x}", "username": "root", "password": f"guess{number}", "protocol": "ssh",
                       "timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")})


def stored(state):
    with contextlib.closing(sqlite3.connect(f"file:{state}/honeyguide.db?mode=ro", uri=True)) as db:
        return db.execute("SELECT count(*), min(time_us), max(time_us) FROM event").fetchone()


class Retention(live.Case):
    ROWS = 3000

    def push_hours(self, server, first, last):
        step = AN_HOUR // 3
        for begin in range(first * AN_HOUR, last * AN_HOUR, step):
            answer = server.push("".join(line(i) + "\n" for i in range(begin, begin + step)), source="honeypot")
            self.assertEqual(answer.json["decoded"], step)

    def test_the_old_go(self):
        state = self.path("state")
        options = (*self.with_model, "--keep", "2h", "--recent", "2000")
        server = self.serve(state, *options)
        self.push_hours(server, 0, 6)
        self.kill(server)
        server = self.serve(state, *options)
        self.push_hours(server, 6, HOURS)
        n, oldest, newest = stored(state)
        self.assertEqual(n, round((newest - oldest) / 3.6e9 * AN_HOUR) + 1, "no hole between the oldest and the newest")
        self.assertGreaterEqual(newest - oldest, 2 * 3.6e9)
        self.assertLessEqual(newest - oldest, (2 + 2 * (SPAN + AN_HOUR) / AN_HOUR) * 3.6e9)
        summary = server.get("summary", window="all").json
        begun = datetime.datetime.fromisoformat(summary["range"]["from"].replace("Z", "+00:00"))
        self.assertGreaterEqual(begun, START + datetime.timedelta(hours=HOURS - 4))
        self.assertLess(summary["now"]["events"], 4 * AN_HOUR)
        page = server.get("events", window="all", limit=500).json
        self.assertEqual(len(page["events"]), 500)
        self.assertEqual(total(server), HOURS * AN_HOUR)  # the account of what was read stays whole
        self.assertEqual(server.push(line(0) + "\n", source="honeypot").status, 200)  # older than all that is kept
        server.stop()

    def test_nothing_goes_unasked(self):
        state = self.path("state")
        server = self.serve(state, *self.with_model, "--recent", "2000")
        self.push_hours(server, 0, 4)
        server.stop()
        self.assertEqual(stored(state)[0], 4 * AN_HOUR)

    def test_what_is_no_limit(self):
        for option, value in (("--keep", "5m"), ("--keep", "long"), ("--keep-bytes", "1MiB"), ("--keep-bytes", "-1"), ("--min-free", "1GB")):
            with self.assertRaisesRegex(AssertionError, f"honeyguide serve: 2: .*{option} takes "):
                run("serve", "--state", self.path("state"), option, value)


if __name__ == "__main__":
    say(f"seed {SEED}")
    unittest.main()
