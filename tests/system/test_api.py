#!/usr/bin/env python3
"""API and stream of the real program: every route, with every answer held against openapi.json.

    test_api.py HONEYGUIDE
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.api import Server, Stream  # noqa: E402

import datetime  # noqa: E402
import gzip  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import random  # noqa: E402
import socket  # noqa: E402
import subprocess  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
import unittest  # noqa: E402
import urllib.request  # noqa: E402

BINARY = sys.argv.pop(1)
SEED = int(os.environ.get("HG_TEST_SEED", random.randrange(2**32)))
ROWS = 20_000
READING = ("summary", "alerts", "events", "timeseries", "geo", "ports", "protocols", "sources", "quarantine")
HOSTILE = "=cmd|' /C calc'!A0 <img src=x onerror=alert(1)> \x1b]0;owned\x07 \u202egnp.exe"


def serve(state, *options):
    return Server([BINARY, "serve", "--state", str(state), "--listen", "127.0.0.1:0", *options])


def cowrie(second, session="c0ffee000001", **members):
    """One line of a made-up sensor: documentation addresses."""
    line = {"eventid": "cowrie.login.failed", "src_ip": "203.0.113.9", "session": session, "sensor": "sensor.example",
            "timestamp": f"2025-01-08T21:{second // 60 % 60:02}:{second % 60:02}.000000Z", "username": "root", "password": "hunter2"}
    return json.dumps({**line, **members})


def connect(second, session="c0ffee000001"):
    return cowrie(second, session, eventid="cowrie.session.connect", src_port=40000, dst_ip="192.0.2.1", dst_port=22, protocol="ssh")


def at(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def lines(*rows):
    return "".join(row + "\n" for row in rows)


class Generated(unittest.TestCase):
    """A company's logs, pushed; then asked about. The tests read only."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = pathlib.Path(cls.folder.name)
        subprocess.run([BINARY, "generate", "--out", cls.path / "logs", "--rows", str(ROWS), "--seed", str(SEED % 1000 + 1000)],
                       check=True, stdout=subprocess.DEVNULL, timeout=120)
        cls.server = serve(cls.path / "state")
        cls.counts = [cls.push_file(*item) for item in (("eve.json", "suricata"), ("cowrie.json", "cowrie"), ("dionaea.json", "dionaea"),
                                                        ("iscx.csv", "iscx"))]

    @classmethod
    def push_file(cls, name, kind):
        """Batches of 1,000 lines, a CSV as one; the sum of what the answers counted, checked against the file."""
        rows = (cls.path / "logs" / name).read_bytes().splitlines(keepends=True)
        step = len(rows) if kind == "iscx" else 1000
        total = dict.fromkeys(("read", "decoded", "skipped", "malformed", "duplicates"), 0)
        for start in range(0, len(rows), step):
            body, kind_of = b"".join(rows[start:start + step]), "text/csv" if kind == "iscx" else "application/x-ndjson"
            while True:
                answer = cls.server.push(gzip.compress(body, 1), kind, {"Content-Type": kind_of, "Content-Encoding": "gzip"}, source=name)
                if answer.status != 429:
                    break
                time.sleep(int(answer.headers["Retry-After"]))
            assert answer.status == 200, answer.body
            for key in total:
                total[key] += answer.json[key]
        assert total["read"] == total["decoded"] + total["skipped"] + total["malformed"]
        return {"name": name, **total}

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0, "".join(cls.server.errors)
        cls.folder.cleanup()

    def accepted(self):
        return sum(c["decoded"] - c["duplicates"] for c in self.counts)

    def test_the_sum_of_the_answers(self):
        self.assertGreater(self.accepted(), ROWS * 0.9)
        self.assertEqual(sum(c["malformed"] for c in self.counts), 0)
        summary = self.server.get("summary", window="all").json
        self.assertEqual(summary["state"], "live")
        self.assertEqual(summary["now"]["events"], self.accepted())
        self.assertGreater(summary["now"]["by_score"] + summary["now"]["by_both"], 0)
        self.assertGreater(summary["attackers"]["count"], 0)
        self.assertTrue(summary["model"]["sub_models"])
        alerts = self.server.get("alerts", window="all").json["alerts"]
        self.assertIn(summary["model"]["digest"], {alert["model"] for alert in alerts})

    def test_every_range(self):
        clock = self.server.get("summary").json["clock"]
        for path in READING:
            for query in ({}, {"window": "5m"}, {"window": "30d"}, {"window": "all"}, {"to": clock}, {"from_": clock},
                          {"from_": "2000-01-01T00:00:00Z", "to": "2001-01-01T00:00:00+01:00"}):
                if path == "quarantine" and query:
                    continue
                with self.subTest(path=path, query=query):
                    self.assertEqual(self.server.get(path, **query).status, 200)

    def test_everything_adds_up(self):
        for window in ("1h", "24h", "all"):
            with self.subTest(window=window):
                now = self.server.get("summary", window=window).json["now"]
                buckets = self.server.get("timeseries", window=window).json["buckets"]
                for key in ("events", "anomalous", "by_label", "by_score", "by_both", "high", "medium", "low"):
                    self.assertEqual(sum(b[key] for b in buckets), now[key], key)
                self.assertEqual(now["anomalous"], now["by_label"] + now["by_score"] + now["by_both"])
                for path in ("ports", "protocols"):
                    keys = self.server.get(path, window=window, limit=1000).json
                    self.assertEqual((keys["sum"]["events"], keys["sum"]["anomalous"]), (now["events"], now["anomalous"]))
                    self.assertEqual(keys["distinct"], len(keys["rows"])) if keys["distinct"] <= 1000 else None
                    order = [row["anomalous"] for row in keys["rows"]]
                    self.assertEqual(order, sorted(order, reverse=True))
                geo = self.server.get("geo", window=window).json
                placed = sum(row["anomalous"] for row in geo["countries"])
                self.assertEqual(placed + sum(geo["unlocated"].values()), now["anomalous"])

    def test_sources(self):
        sources = self.server.get("sources", window="all").json["sources"]
        self.assertEqual([s["name"] for s in sources], sorted(c["name"] for c in self.counts))
        for counts in self.counts:
            row = next(s for s in sources if s["name"] == counts["name"])
            self.assertEqual([row["counts"][key] for key in counts if key != "name"], [counts[key] for key in counts if key != "name"])
            self.assertEqual((row["kind"], row["events"]), ("push", counts["decoded"] - counts["duplicates"]))
            self.assertEqual(row["window"]["events"], row["events"])
            self.assertIn(row["state"], ("live", "idle"))  # what was generated happened in the past: never silent
            self.assertEqual((row["lag_seconds"], row["skew"]["state"]), (None, "unknown"))
        states = self.server.get("summary").json["sources"]
        self.assertEqual(states["total"], len(self.counts))
        self.assertEqual(sum(v for k, v in states.items() if k != "total"), states["total"])

    def test_gaps_agree(self):
        for window in ("24h", "all"):
            series = self.server.get("timeseries", window=window).json
            summary = self.server.get("summary", from_=series["range"]["from"], to=series["range"]["to"]).json
            seconds = sum((at(g["to"]) - at(g["from"])) for g in series["unobserved"])
            self.assertEqual(summary["unobserved_seconds"], seconds)
            for gap in series["unobserved"]:  # nothing was seen in them
                self.assertEqual(self.server.get("summary", from_=gap["from"], to=gap["to"]).json["now"]["events"], 0)

    def test_metrics(self):
        text = self.server.ask("GET", "/metrics").body.decode()
        for counts in self.counts:
            accepted = counts["decoded"] - counts["duplicates"]
            self.assertIn(f'honeyguide_records_total{{source="{counts["name"]}",outcome="accepted"}} {accepted}\n', text)
        self.assertIn(f'honeyguide_sequence {self.server.get("health").json["sequence"]}\n', text)

    def test_session(self):
        rows = self.pages("events", "events", window="all", limit=500)
        session = next(e["attributes"]["session"] for e in rows if e["dataset"] == "cowrie" and e["attributes"].get("session"))
        expected = [e["sequence"] for e in rows if e["attributes"].get("session") == session]
        found, query = [], {"window": "all", "session": session, "limit": 7}
        while True:
            answer = self.server.get("events", **query).json
            found += [e["sequence"] for e in answer["events"]]
            if answer["next_cursor"] is None:
                break
            query["cursor"] = answer["next_cursor"]
        self.assertEqual(found, expected)

    def pages(self, path, key, **query):
        rows, cursor = [], None
        while cursor is not None or not rows:
            answer = self.server.get(path, **query, **({"cursor": cursor} if cursor else {})).json
            rows += answer[key]
            cursor = answer["next_cursor"]
            if cursor is None:
                break
        return rows

    def test_alerts_by_pages(self):
        total = self.server.get("alerts", window="all").json["counts"]["total"]
        alerts = self.pages("alerts", "alerts", window="all", limit=97)
        self.assertEqual((len(alerts), len({a["alert_id"] for a in alerts})), (total, total))
        self.assertEqual(sum(a["count"] for a in alerts), self.server.get("summary", window="all").json["now"]["anomalous"])
        scored = [(-(a["score"] or 0), a["last_time"]) for a in alerts]
        self.assertEqual([s for s, _ in scored], sorted(s for s, _ in scored))
        for alert in alerts[:3] + alerts[-3:]:
            self.assertEqual(self.server.get("alerts/" + alert["alert_id"]).json["alert"], alert)
            events = self.pages(f"alerts/{alert['alert_id']}/events", "events", limit=61)
            self.assertEqual(len(events), alert["count"])
            self.assertIn(alert["event_id"], {e["event_id"] for e in events})
            self.assertEqual({e["alert_id"] for e in events}, {alert["alert_id"]})

    def test_events_by_pages(self):
        events = self.pages("events", "events", window="24h", limit=500)
        self.assertEqual(len(events), self.server.get("summary", window="24h").json["now"]["events"])
        order = [e["sequence"] for e in events]
        self.assertEqual(order, sorted(set(order), reverse=True))

    def test_answers_are_compressed_where_asked(self):
        def get(route, **headers):
            with urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{self.server.port}{route}", headers=headers), timeout=30) as answer:
                return answer.headers, answer.read()
        for route in ("/api/v1/alerts?window=all", "/api/v1/events?window=all&limit=100"):
            head, plain = get(route)
            self.assertIsNone(head["Content-Encoding"])
            for refused in ("gzip;q=0", "br"):
                self.assertEqual((None, plain), (lambda h, b: (h["Content-Encoding"], b))(*get(route, **{"Accept-Encoding": refused})))
            head, packed = get(route, **{"Accept-Encoding": "br, gzip"})
            self.assertEqual(("gzip", "Accept-Encoding"), (head["Content-Encoding"], head["Vary"]))
            self.assertEqual(plain, gzip.decompress(packed))
            self.assertLess(len(packed), len(plain) / 3)
        self.assertIsNone(get("/api/v1/views", **{"Accept-Encoding": "gzip"})[0]["Content-Encoding"], "it fits a packet")

    def test_order_of_the_keys(self):
        event = self.server.get("events", window="all", limit=1).json["events"][0]
        document = self.server.get("openapi.json").json
        self.assertEqual(list(event), document["components"]["schemas"]["Event"]["required"])

    def test_summary_is_fast(self):
        times = []
        connection = self.server.connect()
        for _ in range(100):
            began = time.monotonic()
            self.server.ask("GET", "/api/v1/summary", connection=connection)
            times.append(time.monotonic() - began)
        connection.close()
        self.assertLess(sorted(times)[98], 0.25)  # with an ample margin: the benchmark measures it


class Empty(unittest.TestCase):
    """A server of its own for each test."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.state = pathlib.Path(self.folder.name) / "state"
        self.server = serve(self.state)

    def tearDown(self):
        self.assertEqual(self.server.stop(), 0, "".join(self.server.errors))
        self.folder.cleanup()

    def test_nothing_seen(self):
        for path in READING:
            self.assertEqual(self.server.get(path).status, 200)
        summary = self.server.get("summary").json
        self.assertEqual((summary["state"], summary["clock"], summary["range"]["from"]), ("empty", None, None))
        health = self.server.get("health")
        self.assertEqual((health.status, health.json["status"], health.json["uncommitted"]), (200, "empty", 0))
        self.assertEqual(self.server.ask("GET", "/metrics").status, 200)

    def test_push(self):
        answer = self.server.push(lines(connect(0), cowrie(1), '{"cut": ', cowrie(2)))
        self.assertEqual(answer.status, 200)
        self.assertEqual([answer.json[k] for k in ("read", "decoded", "skipped", "malformed")], [4, 3, 0, 1])
        self.assertEqual(answer.json["reasons"], {"invalid_json": 1})
        self.assertEqual(answer.json["datasets"], {"cowrie": 3})

    def test_envelope(self):
        rows = [connect(0), cowrie(1), cowrie(2)]
        wrapped = [json.dumps({"source": "cowrie.json", "format": "cowrie", "offset": i * 1000, "record": row}) for i, row in enumerate(rows)]
        answer = self.server.push(lines(*wrapped), "envelope")
        self.assertEqual((answer.status, answer.json["decoded"]), (200, 3))
        self.assertEqual(self.server.push(lines('{"format": "cowrie"}'), "envelope").status, 400)

    def test_envelope_shift_keeps_to_the_calendar(self):
        for shift in (-9 * 10**18, 9 * 10**18):
            wrapped = json.dumps({"source": f"shifted {shift}", "format": "cowrie", "offset": 0, "record": connect(0), "shift_us": shift})
            answer = self.server.push(lines(wrapped), "envelope")
            self.assertEqual((answer.status, answer.json["reason"]), (400, "bad_number"))

    def test_nothing_could_be_read(self):
        answer = self.server.push("no json\nnor this\n")
        self.assertEqual((answer.status, answer.json["line"], answer.json["reason"]), (400, 1, "invalid_json"))
        self.assertEqual([answer.json["counts"][k] for k in ("read", "decoded", "skipped", "malformed")], [2, 0, 0, 2])
        self.assertEqual(self.server.push("", "cowrie").status, 400)
        self.assertEqual(self.server.push("a\n", "netflow").status, 400)

    def test_gzip(self):
        packed = gzip.compress(lines(connect(0), cowrie(1)).encode())
        self.assertEqual(self.server.push(packed, headers={"Content-Encoding": "gzip"}).json["decoded"], 2)
        self.assertEqual(self.server.push(packed[:-9], headers={"Content-Encoding": "gzip"}).status, 400)
        bomb = gzip.compress(b" " * (64 * 1024 * 1024 + 1), 9)
        self.assertEqual(self.server.push(bomb, headers={"Content-Encoding": "gzip"}).status, 413)
        self.assertEqual(self.server.push(b" " * (16 * 1024 * 1024 + 1)).status, 413)

    def test_edge(self):
        ask = self.server.ask
        self.assertEqual(ask("GET", "/api/v1/summary", headers={"Host": f"evil.example:{self.server.port}"}).status, 421)
        self.assertEqual(self.server.push(cowrie(0), headers={"Origin": "http://evil.example"}).status, 403)
        self.assertEqual(self.server.push(cowrie(0), headers={"Content-Type": "text/plain"}).status, 403)
        self.assertEqual(ask("DELETE", "/api/v1/events").status, 405)
        self.assertEqual(ask("GET", "/api/v1/nothing").status, 404)
        self.assertEqual(self.server.get("alerts/" + "0" * 32).status, 404)
        self.assertEqual(self.server.get("alerts", cursor="nonsense").status, 400)
        self.assertEqual(ask("HEAD", "/api/v1/summary").body, b"")
        self.assertEqual(ask("GET", "/").type, "text/html")

    def test_hostile_text_stays_text(self):
        hostile = cowrie(400, password=HOSTILE, username=HOSTILE)
        rows = [connect(0), *(cowrie(s) for s in range(1, 400)), hostile, cowrie(500)]  # enough to have learned
        self.assertEqual(self.server.push(lines(*rows), source=HOSTILE.translate({27: None, 7: None})).status, 200)
        answer = self.server.get("events", window="all")
        found = [e["attributes"] for e in answer.json["events"] if e["attributes"].get("password") == HOSTILE]
        self.assertEqual(len(found), 1)
        self.assertEqual((found[0]["password"], found[0]["username"]), (HOSTILE, HOSTILE))
        for answer in (answer, self.server.get("sources"), self.server.get("alerts", window="all")):
            self.assertEqual(answer.type, "application/json")
            for control in (b"\x1b", b"\x07", "\u202e".encode()):
                self.assertNotIn(control, answer.body)

    def test_stream(self):
        stream = Stream(self.server)
        first = stream.next()
        self.assertEqual((first["event"], first["data"]["sequence"]), ("commit", 0))
        self.server.push(lines(connect(0), *(cowrie(s) for s in range(1, 50))))
        self.server.push(lines(*(cowrie(s) for s in range(50, 99))))
        ids = [int(first["id"])]
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline and len(ids) < 3:
            message = stream.next()
            if message.get("event") == "commit":
                ids.append(int(message["id"]))
                if not message["data"]["learning"]:
                    break
        self.assertEqual(ids, sorted(ids))
        for last, expected in ((ids[-1], "commit"), (10**15, "resync"), ("x", "resync")):
            again = Stream(self.server, last)
            self.assertEqual(again.next()["event"], expected)
            again.close()
        self.server.process.terminate()
        while stream.next() is not None:
            pass
        stream.close()

    def test_restart(self):
        self.server.push(lines(connect(0), *(cowrie(s) for s in range(1, 200))))
        while self.server.get("health").json["status"] == "learning" and self.server.get("summary", window="all").json["now"]["events"] == 0:
            self.server.push(lines(*(cowrie(s) for s in range(200, 3000))))
        def all_of():
            return {path: self.server.get(path, **({} if path == "quarantine" else {"window": "all"})).json for path in READING}
        before = all_of()
        self.assertEqual(self.server.stop(), 0)
        self.server = serve(self.state)
        for path, after in all_of().items():
            for part in (before[path], after):
                for key in ("rate", "sources" if path == "summary" else None):
                    part.pop(key, None)
                for source in part.get("sources", ()):
                    for key in ("state", "rate", "lag_seconds", "skew"):  # of the run, not of the store
                        source.pop(key)
            self.assertEqual(after, before[path], path)

    def test_slow_client_is_cut_off(self):
        sock = socket.create_connection(("127.0.0.1", self.server.port))
        sock.settimeout(0.5)
        sock.sendall(b"GET / HTTP/1.1\r\nX-A: ")
        began, cut = time.monotonic(), False
        while not cut and time.monotonic() - began < 38:
            try:
                sock.sendall(b"a")
                cut = sock.recv(1000) == b""
            except TimeoutError:
                pass
            except OSError:
                cut = True
        sock.close()
        self.assertTrue(cut)
        self.assertGreater(time.monotonic() - began, 25)


class Loopback(unittest.TestCase):
    def test_token_beyond_loopback(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder)
            command = [BINARY, "serve", "--state", str(path / "state"), "--listen", "0.0.0.0:0"]
            refused = subprocess.run(command, capture_output=True, text=True, timeout=20)
            self.assertEqual(refused.returncode, 2)
            self.assertIn("token", refused.stderr)
            (path / "token").write_text("correct-horse-battery\n")
            server = Server([*command, "--token-file", str(path / "token")])
            self.addCleanup(server.stop)  # also where the test fails
            self.assertEqual(server.get("summary").status, 401)
            self.assertEqual(server.push(cowrie(0)).status, 401)
            answer = server.ask("GET", "/api/v1/summary", headers={"Authorization": "Bearer correct-horse-battery"})
            self.assertEqual(answer.status, 200)
            self.assertEqual(server.stop(), 0, "".join(server.errors))


if __name__ == "__main__":
    print(f"seed {SEED}", flush=True)
    unittest.main()
