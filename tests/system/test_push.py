#!/usr/bin/env python3
"""Pushes of the real program that must not count twice, and records in quarantine.

    test_push.py HONEYGUIDE
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.api import Server  # noqa: E402

import datetime  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import random  # noqa: E402
import tempfile  # noqa: E402
import threading  # noqa: E402
import unittest  # noqa: E402

BINARY = sys.argv.pop(1)
SEED = int(os.environ.get("HG_TEST_SEED", random.randrange(2**32)))


def cowrie(second, session="c0ffee000001", **members):
    """One line of a made-up sensor: documentation addresses."""
    line = {"eventid": "cowrie.login.failed", "src_ip": "203.0.113.9", "session": session, "sensor": "sensor.example",
            "timestamp": f"2025-01-08T21:{second // 60 % 60:02}:{second % 60:02}.000000Z", "username": "root", "password": "hunter2"}
    return json.dumps({**line, **members}) + "\n"


def rows(start, n):
    return "".join(cowrie(s) for s in range(start, start + n))


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.state = pathlib.Path(self.folder.name) / "state"
        self.start()

    def start(self):
        self.server = Server([BINARY, "serve", "--state", str(self.state), "--listen", "127.0.0.1:0"])

    def tearDown(self):
        self.assertEqual(self.server.stop(), 0, "".join(self.server.errors))
        self.folder.cleanup()

    def push(self, body, key=None, **query):
        return self.server.push(body, headers={} if key is None else {"Idempotency-Key": key}, **query)

    def read(self):
        """Records read of all sources, as the accounts say."""
        return sum(s["counts"]["read"] for s in self.server.get("sources", window="all").json["sources"])


class Keys(Case):
    def test_twice_counts_once(self):
        first = self.push(rows(0, 50), '"batch 1"')
        self.assertEqual((first.status, first.json["decoded"], first.json["repeated"]), (200, 50, False))
        self.push(rows(50, 5), '"batch 2"')
        again = self.push(rows(0, 50), '"batch 1"')
        self.assertEqual(again.json, {**first.json, "repeated": True})
        self.assertEqual(self.read(), 55)

    def test_across_a_restart(self):
        first = self.push(rows(0, 50), "k-1")
        self.assertEqual(self.server.stop(), 0)
        self.start()
        again = self.push(rows(0, 50), '"k-1"')
        self.assertEqual(again.json, {**first.json, "repeated": True})
        self.assertEqual(self.read(), 50)

    def test_after_a_kill(self):
        first = self.push(rows(0, 50), "k-1")
        self.server.process.kill()
        self.server.process.wait()
        self.server.stop()  # closes its pipes
        self.start()
        again = self.push(rows(0, 50), "k-1")
        self.assertEqual(again.json, {**first.json, "repeated": True})
        self.assertEqual(self.read(), 50)

    def test_another_body_is_refused(self):
        self.push(rows(0, 5), "k-1")
        other = self.push(rows(0, 6), "k-1")
        self.assertEqual((other.status, other.type), (422, "application/problem+json"))
        self.assertEqual(self.push(rows(0, 5), "k-1", source="elsewhere").json["repeated"], False)  # a key is of its source
        self.assertEqual(self.read(), 10)

    def test_same_rows_without_a_key_are_other_rows(self):
        for _ in range(2):
            self.assertEqual(self.push(rows(0, 5)).json["repeated"], False)
        self.assertEqual(self.read(), 10)

    def test_an_unreadable_batch_is_remembered_too(self):
        answers = [self.push("no json\n" * 3, "k-bad") for _ in range(2)]
        self.assertEqual([a.status for a in answers], [400, 400])
        self.assertEqual(self.read(), 3)

    def test_at_once(self):
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(self.push(rows(0, 100), "k-same"))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        good = [a for a in answers if a.status == 200]
        self.assertEqual(len([a for a in good if not a.json["repeated"]]), 1)
        self.assertEqual(len({a.json["sequence"] for a in good}), 1)
        self.assertEqual(self.read(), 100)

    def test_bad_keys(self):
        for key in ("", '""', "a b", "x" * 256):
            self.assertEqual(self.push(rows(0, 1), key).status, 400)
        self.assertEqual(self.read(), 0)


class Quarantine(Case):
    def test_kept_and_tried_again(self):
        answer = self.push(rows(0, 5) + '{"torn": \n' + rows(5, 5), source="sensor.json")
        self.assertEqual((answer.json["decoded"], answer.json["malformed"]), (10, 1))
        kept = self.server.get("quarantine").json
        record = kept["records"][0]
        self.assertEqual((len(kept["records"]), record["source"], record["reason"], record["record"]), (1, "sensor.json", "invalid_json", '{"torn": '))
        self.assertEqual(record["offset"], len(rows(0, 5)))
        self.assertEqual(kept["quarantine"]["records"], 1)
        retried = self.server.ask("POST", "/api/v1/quarantine/retry", b"{}", {"Content-Type": "application/json"})
        self.assertEqual((retried.status, [retried.json[k] for k in ("read", "decoded", "malformed")]), (200, [1, 0, 1]))
        self.assertEqual(len(self.server.get("quarantine").json["records"]), 1)
        for number, status in ((record["number"], 200), (record["number"] + 1, 404)):
            body = json.dumps({"number": number}).encode()
            self.assertEqual(self.server.ask("POST", "/api/v1/quarantine/retry", body, {"Content-Type": "application/json"}).status, status)
        self.assertEqual(self.read(), 11)  # another try reads nothing anew


class Late(Case):
    def test_late_events_are_counted_stored_and_shown(self):
        now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)

        def body(*minutes_ago):
            stamps = [(now - datetime.timedelta(minutes=m)).isoformat().replace("+00:00", "Z") for m in minutes_ago]
            return "".join(cowrie(0, timestamp=s) for s in stamps)

        learned = self.push(body(*(60 - i / 20 for i in range(900))))
        self.assertEqual((learned.json["decoded"], learned.json["late"]), (900, 0))
        self.assertEqual(self.server.get("health").json["status"], "ok")
        answer = self.push(body(9, 8, 7, 3, 8, 3, 4))  # 8 is five minutes behind 3, 4 is one
        self.assertEqual((answer.json["decoded"], answer.json["late"]), (7, 1))
        events = self.server.get("events", window="all").json["events"]
        self.assertEqual([e["late"] for e in events[:7]], [False, False, True, False, False, False, False])
        self.assertEqual(self.server.get("sources", window="all").json["sources"][0]["counts"]["late"], 1)


if __name__ == "__main__":
    print(f"seed {SEED}", flush=True)
    unittest.main()
