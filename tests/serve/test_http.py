#!/usr/bin/env python3
"""The HTTP server over a backend made up for tests: every answer it can give, limits, streams, slow clients, its end.

    test_http.py SERVE_TOOL
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.api import Server, Stream  # noqa: E402
from serve.case import Case, TOOL  # noqa: E402

import gzip  # noqa: E402
import http.client  # noqa: E402
import socket  # noqa: E402
import subprocess  # noqa: E402
import tempfile  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402
import unittest  # noqa: E402

HOSTILE = 'p<img src=x onerror=alert(1)>"\\\x1b]0;\u202e=cmd|\' /C calc\''


class Routes(Case):
    def test_empty(self):
        for path in ("summary", "alerts", "events", "timeseries", "geo", "ports", "protocols", "sources", "quarantine", "health", "openapi.json"):
            for query in ({}, {"window": "all"}, {"from_": "2025-01-01T00:00:00Z", "to": "2025-01-02T00:00:00Z"}):
                if path in ("quarantine", "health", "openapi.json") and query:
                    continue
                with self.subTest(path=path, query=query):
                    self.assertEqual(self.server.get(path, **query).status, 200)
        self.assertIsNone(self.server.get("summary").json["range"]["from"])
        self.assertEqual(self.server.get("health").json["status"], "empty")

    def test_filled(self):
        self.fill()
        summary = self.server.get("summary").json
        self.assertEqual(summary["range"], {"from": "2025-01-08T20:02:00.000000Z", "to": "2025-01-08T21:02:00.000000Z", "window_seconds": 3600})
        self.assertEqual((summary["now"]["events"], summary["now"]["by_score"], summary["now"]["anomalous"]), (90, 30, 30))
        self.assertEqual((summary["now"]["mean_score"], summary["now"]["max_score"]), (0.75, 0.75))
        self.assertEqual(summary["attackers"], {"count": 5, "before": 0, "estimated": False, "error": 0})
        self.assertEqual(summary["alerts"]["high"], 30)
        self.assertIsNone(self.server.get("summary", window="all").json["before"])
        series = self.server.get("timeseries", bucket="1m").json
        self.assertEqual(len(series["buckets"]), 60)
        self.assertEqual(sum(b["events"] for b in series["buckets"]), 90)
        self.assertEqual([b["observed"] for b in series["buckets"]], [False] * 58 + [True] * 2)
        wide = self.server.get("timeseries", bucket="7m").json
        self.assertEqual(sum(b["events"] for b in wide["buckets"]), 90)
        geo = self.server.get("geo").json
        self.assertEqual((geo["points"][0]["latitude"], geo["points"][0]["country"], geo["points"][0]["anomalous"]), (52.5, "DE", 30))
        self.assertEqual((geo["countries"][0]["anomalous"], geo["unlocated"]["private"]), (15, 15))
        self.assertEqual(self.server.get("ports").json["rows"][0]["key"], "22")
        self.assertEqual(self.server.get("protocols").json["sum"]["events"], 90)
        source = self.server.get("sources").json["sources"][0]
        self.assertEqual((source["name"], source["kind"], source["formats"], source["window"]["events"], source["events"]),
                         ("push", "push", ["cowrie"], 90, 90))

    def test_cut_bucket(self):
        self.fill(90)
        cut = self.server.get("timeseries", from_="2025-01-08T21:01:00Z", to="2025-01-08T21:02:00Z", bucket="5m").json
        self.assertEqual([(b["time"], b["events"]) for b in cut["buckets"]], [("2025-01-08T21:00:00.000000Z", 31)])

    def test_burst(self):
        self.fill(840)
        self.fill(60, "odd")  # 60 in a minute where there were 20
        self.fill(60)
        buckets = self.server.get("timeseries", window="1h", bucket="1m").json["buckets"]
        self.assertEqual([b["time"] for b in buckets if b["burst"]], ["2025-01-08T21:14:00.000000Z"])
        later = self.server.get("timeseries", from_="2025-01-08T21:14:00Z", to="2025-01-08T21:15:00Z", bucket="1m").json["buckets"]
        self.assertEqual([b["burst"] for b in later], [True])  # what stands before the range counts
        self.assertFalse(any(b["burst"] for b in self.server.get("timeseries", bucket="5m").json["buckets"]))

    def test_a_cut_bucket_is_a_burst_by_what_it_shows(self):
        for _ in range(3):
            self.fill(780)  # 39 minutes, 60 odd ones in three
        self.fill(120, "odd")
        self.fill(60)
        for start, end, shown in (("21:39", "21:42", (140, True)), ("21:41", "21:42", (20, False)), ("21:39", "21:41", (120, True))):
            series = self.server.get("timeseries", from_=f"2025-01-08T{start}:00Z", to=f"2025-01-08T{end}:00Z", bucket="3m").json
            self.assertEqual([(b["anomalous"], b["burst"]) for b in series["buckets"]], [shown])

    def test_alert_and_its_events(self):
        self.fill(9)
        alert = self.server.get("alerts").json["alerts"][0]
        self.assertEqual(alert["reason"], "unusual duration")
        self.assertEqual(alert["features"][0], {"feature": "duration", "words": "duration", "unit": "s", "value": 3, "low": 0, "median": 1,
                                                "high": 2, "share": 1})
        self.assertEqual(self.server.get("alerts/" + alert["alert_id"]).json["alert"], alert)
        events = self.server.get(f"alerts/{alert['alert_id']}/events").json["events"]
        self.assertEqual([e["event_id"] for e in events], [alert["event_id"]])
        old = alert["alert_id"]
        for _ in range(5):
            self.fill(1000)  # more than an hour later it is out of the default window, but asking for an alert is asking for its events
        self.assertEqual(self.server.get("events", limit=500, from_="2025-01-08T21:00:00Z", to="2025-01-08T21:01:00Z").json["events"][-1]["sequence"], 3)
        self.assertEqual(len(self.server.get(f"alerts/{old}/events").json["events"]), 1)
        self.assertEqual(self.server.get(f"alerts/{old}/events", window="5m").json["events"], [])
        self.assertEqual(self.server.get("alerts/" + "0" * 32).status, 404)
        self.assertEqual(self.server.get("alerts/" + "0" * 32 + "/events").status, 404)
        self.assertEqual(self.server.get("alerts/1").status, 404)

    def pages(self, path, key, identity, **query):
        seen, cursor = [], None
        while True:
            answer = self.server.get(path, **query, **({"cursor": cursor} if cursor else {})).json
            self.assertLessEqual(len(answer[key]), query["limit"])
            seen += [row[identity] for row in answer[key]]
            cursor = answer["next_cursor"]
            if cursor is None:
                return seen

    def test_pages_are_complete(self):
        self.fill(100)
        for limit in (1, 7, 33, 500):
            with self.subTest(limit=limit):
                alerts = self.pages("alerts", "alerts", "alert_id", limit=limit)
                self.assertEqual((len(alerts), len(set(alerts))), (33, 33))
                events = self.pages("events", "events", "sequence", limit=limit)
                self.assertEqual(events, list(range(100, 0, -1)))
        self.assertEqual(self.server.get("alerts", cursor="nonsense!").status, 400)
        self.assertEqual(self.server.get("events", cursor="x" * 200).status, 400)

    def test_ring(self):
        self.fill(90)
        self.assertTrue(self.server.get("events").json["complete"])
        self.fill(900)
        self.assertFalse(self.server.get("events").json["complete"])

    def test_reliability(self):
        def reliability(**query):
            return self.server.get("reliability", **query).json
        empty = reliability()
        self.assertEqual((empty["sources"], empty["budget"]),
                         ([], {"mode": "total", "alerts_per_day": 20, "false_alarm_rate": None, "events_a_day": None}))
        self.assertEqual(empty["severities"], {"low": None, "medium": 1e-3, "high": 1e-4})
        for name, lines in (("b", 600), ("gone", 3), ("a", 3), ("b", 600)):
            self.server.push("x\n" * lines, source=name)
        answer = reliability()
        self.assertEqual([s["source"] for s in answer["sources"]], ["a", "b", "gone"])
        a, b, gone = answer["sources"]
        self.assertEqual((b["events_a_day"], b["rate_asked"]), (20000, 0.001))
        self.assertEqual((gone["events_a_day"], gone["rate_asked"]), (None, None))
        week = b["weeks"][0]
        self.assertEqual((week["from"], week["events"], week["alarms"], week["alerts"]), ("2025-01-06T00:00:00.000000Z", 1200, 400, 400))
        self.assertAlmostEqual(week["expected"], 12, 6)
        self.assertAlmostEqual(week["interval"][0], 361.76, 1)  # R: poisson.test(400)
        self.assertAlmostEqual(week["interval"][1], 441.18, 1)
        self.assertEqual(week["p_values"], [0] * 5 + [400] + [0] * 9 + [800] + [0] * 4)
        self.assertEqual([t["events"] for t in week["tails"]], [0, 0, 0])
        self.assertEqual(week["verdict"], "more")
        self.assertTrue(week["words"].startswith("More false alarms than asked: 400 instead of 12."), week["words"])
        self.assertEqual([w["verdict"] for s in (a, gone) for w in s["weeks"]], ["too_few", "too_few"])
        self.assertEqual(reliability(weeks=1)["sources"], answer["sources"])
        for weeks in ("0", "53", "x", "", "1&weeks=2", "-1"):
            self.assertEqual(self.server.ask("GET", "/api/v1/reliability?weeks=" + weeks).status, 400, weeks)

    def test_hostile_text_stays_text(self):
        self.fill(3, HOSTILE)
        answer = self.server.get("events")
        event = answer.json["events"][0]
        for text in (event["raw"], event["payload"], event["attributes"]["password"]):
            self.assertEqual(text, HOSTILE + " 2")
        self.assertNotIn(b"\x1b", answer.body)
        self.assertNotIn("\u202e".encode(), answer.body)

    def test_bad_parameters(self):
        self.fill(3)
        for path, query in (("summary", {"window": "1x"}), ("summary", {"windw": "1h"}), ("alerts", {"limit": 0}), ("alerts", {"limit": 501}),
                            ("timeseries", {"bucket": "10s"}), ("timeseries", {"window": "30d", "bucket": "1m"}), ("events", {"from_": "now"}),
                            ("health", {"x": 1}), ("geo", {"window": "all", "to": "2025-01-01T00:00:00Z"})):
            with self.subTest(path=path, query=query):
                answer = self.server.get(path, **query)
                self.assertEqual(answer.status, 400)
                self.assertIn(next(reversed(query)).rstrip("_") if "window" not in query or path == "timeseries" else "window", answer.json["detail"])

    def test_late(self):
        self.fill(4, "late")
        self.fill(2, "in time")
        self.assertEqual([e["late"] for e in self.server.get("events").json["events"]], [False] * 2 + [True] * 4)
        self.assertEqual(self.server.get("sources").json["sources"][0]["counts"]["late"], 4)
        self.assertEqual(self.server.get("summary").json["late"], 4)

    def test_session(self):
        self.server.push("".join(f"s{i // 3 % 7} {i}\n" for i in range(100)))
        expected = [i + 1 for i in range(99, -1, -1) if i // 3 % 7 == 3]
        for limit in (1, 5, 14, 15, 500):
            with self.subTest(limit=limit):
                self.assertEqual(self.pages("events", "events", "sequence", window="all", session="s3", limit=limit), expected)
        for nobody in ("s", "s33", ""):
            answer = self.server.get("events", window="all", session=nobody).json
            self.assertEqual((answer["events"], answer["next_cursor"], answer["complete"]), ([], None, True))
        alert = next(a for a in self.server.get("alerts", window="all").json["alerts"] if a["last_time"].endswith("21:00:03.000000Z"))
        for session, n in (("s0", 1), ("s3", 0)):
            self.assertEqual(len(self.server.get(f"alerts/{alert['alert_id']}/events", session=session).json["events"]), n)

    def test_session_among_many(self):
        self.server.push("wanted 1\n")
        for _ in range(22):
            self.fill(1000, "odd")  # anomalous ones are kept
        self.assertGreater(self.server.get("alerts", window="all").json["counts"]["total"], 20_500)
        answer = self.server.get("events", session="nobody", window="all").json
        self.assertEqual((answer["events"], answer["complete"], answer["next_cursor"]), ([], True, None))
        self.assertEqual(answer["count"], {"events": 0, "exact": True})

    def test_states(self):
        self.server.push("learn\n")
        self.assertEqual(self.server.get("summary").json["learning"], {"events": 5, "needed": 10})
        self.assertEqual(self.server.get("health").json["status"], "learning")
        self.assertEqual(self.server.push("stall\n").status, 503)
        self.assertEqual(self.server.get("summary").json["trouble"], "disk full")
        health = self.server.get("health")
        self.assertEqual((health.status, health.json["status"]), (503, "stalled"))


class Edge(Case):
    def test_host(self):
        for host in ("evil.example", f"evil.example:{self.server.port}", "127.0.0.1:1", "localhost"):
            for path in ("/", "/api/v1/summary"):
                self.assertEqual(self.server.ask("GET", path, headers={"Host": host}).status, 421)
        self.assertEqual(self.server.ask("GET", "/", headers={"Host": f"localhost:{self.server.port}"}).status, 200)

    def test_origin_and_type(self):
        own = f"http://127.0.0.1:{self.server.port}"
        self.assertEqual(self.server.push("a\n", headers={"Origin": own}).status, 200)
        for origin in ("http://evil.example", "null", own + "0"):
            self.assertEqual(self.server.push("a\n", headers={"Origin": origin}).status, 403)
        for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
            self.assertEqual(self.server.push("a\n", headers={"Content-Type": kind}).status, 403)
        self.assertEqual(self.server.get("summary").headers["Access-Control-Allow-Origin"], None)

    def test_methods_and_paths(self):
        for method, path, status, allow in (("POST", "/api/v1/summary", 405, "GET, HEAD"), ("DELETE", "/api/v1/events", 405, "GET, HEAD, POST"),
                                            ("OPTIONS", "/api/v1/events", 405, "GET, HEAD, POST"), ("PUT", "/", 405, "GET, HEAD"),
                                            ("GET", "/api/v2/summary", 404, None), ("GET", "/api", 404, None), ("GET", "/nothing", 404, None),
                                            ("GET", "/../etc/passwd", 404, None), ("GET", "/%2e%2e/%2e%2e/etc/passwd", 404, None)):
            with self.subTest(method=method, path=path):
                answer = self.server.ask(method, path)
                self.assertEqual((answer.status, answer.headers["Allow"]), (status, allow))

    def test_head(self):
        self.fill(3)
        for path in ("/", "/api/v1/summary", "/api/v1/alerts", "/api/v1/stream", "/api/v1/openapi.json"):
            answer = self.server.ask("HEAD", path)
            self.assertEqual((answer.status, answer.body), (200, b""))

    def test_page(self):
        page = self.server.ask("GET", "/")
        self.assertEqual((page.status, page.type), (200, "text/html"))
        self.assertNotIn(b"<script>", page.body)
        again = self.server.ask("GET", "/index.html", headers={"If-None-Match": f'"x", {page.headers["ETag"]}'})
        self.assertEqual((again.status, again.body), (304, b""))
        plain, packed = (self.server.ask("GET", "/api/v1/openapi.json", headers=h) for h in ({}, {"Accept-Encoding": "br, gzip;q=0.5"}))
        self.assertEqual(packed.headers["Content-Encoding"], "gzip")
        self.assertEqual(gzip.decompress(packed.body), plain.body)
        refused = self.server.ask("GET", "/api/v1/openapi.json", headers={"Accept-Encoding": "gzip;q=0"})
        self.assertIsNone(refused.headers["Content-Encoding"])


class Pushes(Case):
    def test_answers(self):
        for body, status in (("busy\n", 429), ("what\n", 400), ("down\n", 503), ("stop\n", 503), ("", 400)):
            answer = self.server.push(body)
            self.assertEqual((answer.status, answer.headers["Retry-After"] is not None), (status, status in (429, 503)))
        bad = self.server.push("bad\n").json
        self.assertEqual((bad["title"], bad["line"], bad["reason"]), ("nothing could be read", 2, "invalid_json"))
        self.assertEqual([bad["counts"][k] for k in ("read", "decoded", "skipped", "malformed")], [2, 0, 1, 1])
        self.assertEqual(bad["counts"]["reasons"], {"invalid_json": 1, "no_event": 1})
        self.assertEqual(self.server.push("").json["counts"]["read"], 0)
        self.assertNotIn("counts", self.server.push("a\n", format="netflow").json)

    def test_keys(self):
        first = self.server.push("a\nb\n", headers={"Idempotency-Key": '"k\\"1"'})
        self.assertEqual((first.status, first.json["read"], first.json["repeated"]), (200, 2, False))
        self.fill(1)
        again = self.server.push("a\nb\n", headers={"Idempotency-Key": '  "k\\"1" '})
        self.assertEqual(again.json, {**first.json, "repeated": True})
        other = self.server.push("a\nc\n", headers={"Idempotency-Key": '"k\\"1"'})
        self.assertEqual((other.status, other.type), (422, "application/problem+json"))
        self.assertEqual(self.server.get("summary", window="all").json["now"]["events"], 3)
        bare = self.server.push("a\n", headers={"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"})
        self.assertFalse(bare.json["repeated"])
        quoted = self.server.push("a\n", headers={"Idempotency-Key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"'})
        self.assertTrue(quoted.json["repeated"])  # the same key
        for bad in ("", '""', '"', "a b", 'a"b', '"a', "x" * 256, '"a";p=1', "a,b", "k\xe9"):
            with self.subTest(bad=bad):
                self.assertEqual(self.server.push("a\n", headers={"Idempotency-Key": bad}).status, 400)

    def test_formats_of_mappings(self):
        self.assertEqual(self.server.push("a\n", format="zeek-conn-json").status, 200)

    def test_parameters(self):
        self.assertEqual(self.server.push("a\n", format="netflow").status, 400)
        self.assertEqual(self.server.ask("POST", "/api/v1/events", "a\n", {"Content-Type": "text/csv"}).status, 400)
        for source in ("a\nb", "x" * 201, "\x1b[2J"):
            self.assertEqual(self.server.push("a\n", source=source).status, 400)
        self.assertEqual(self.server.push("a\n", source="Köln/eve.json").status, 200)

    def test_gzip(self):
        body = "".join(f"line {i}\n" for i in range(50)).encode()
        packed = gzip.compress(body)
        self.assertEqual(self.server.push(packed, headers={"Content-Encoding": "gzip"}).json["read"], 50)
        self.assertEqual(self.server.push(packed + packed, headers={"Content-Encoding": "gzip"}).json["read"], 100)
        for damaged in (packed[:-4], packed[:12], body, packed + b"x", b""):
            self.assertEqual(self.server.push(damaged, headers={"Content-Encoding": "gzip"}).status, 400)
        self.assertEqual(self.server.push(body, headers={"Content-Encoding": "br"}).status, 415)

    def test_limits(self):
        line = b"x" * 1023 + b"\n"
        self.assertEqual(self.server.push(line * (16 * 1024)).status, 200)
        self.assertEqual(self.server.push(line * (16 * 1024) + b"x").status, 413)
        bomb = gzip.compress(b"\0" * (64 * 1024 * 1024 + 1), 9)
        self.assertLess(len(bomb), 100_000)
        self.assertEqual(self.server.push(bomb, headers={"Content-Encoding": "gzip"}).status, 413)
        expecting = self.server.push(line, headers={"Expect": "100-continue", "Content-Encoding": "br"})
        self.assertEqual(expecting.status, 415)
        self.assertEqual(self.server.get("health").status, 200)

    def test_chunked(self):
        connection = self.server.connect()
        connection.request("POST", "/api/v1/events?format=cowrie", iter([b"a\n", b"b\n"]), {"Content-Type": "text/csv"}, encode_chunked=True)
        self.assertEqual(connection.getresponse().status, 200)
        connection.close()

    def test_too_many_at_once(self):
        statuses = []

        def push():
            statuses.append(self.server.push("wait\n").status)

        threads = [threading.Thread(target=push) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(statuses.count(200) + statuses.count(429), 12)
        self.assertGreaterEqual(statuses.count(200), 4)
        self.assertGreaterEqual(statuses.count(429), 1)
        self.assertEqual(self.server.push("a\n").status, 200)  # the places are free again


class Streams(Case):
    def test_commits(self):
        stream = Stream(self.server)
        first = stream.next()
        self.assertEqual((first["event"], first["id"]), ("commit", "0"))
        self.fill(5)
        self.assertEqual(stream.next()["id"], "5")
        began, ids = time.monotonic(), []
        for _ in range(40):
            self.fill(1)
            time.sleep(0.025)
        while not ids or ids[-1] < 45:
            ids.append(int(stream.next()["id"]))
        self.assertEqual(ids, sorted(set(ids)))
        self.assertLessEqual(len(ids), 4 * (time.monotonic() - began) + 1)
        stream.close()

    def test_resync(self):
        self.fill(5)
        for last, events in ((5, ["commit"]), (2, ["commit"]), (6, ["resync", "commit"]), ("x", ["resync", "commit"])):
            stream = Stream(self.server, last)
            self.assertEqual([stream.next()["event"] for _ in events], events)
            stream.close()

    def test_too_many(self):
        streams = [Stream(self.server) for _ in range(64)]
        self.assertEqual(self.server.get("stream").status, 429)
        self.assertEqual(self.server.get("health").status, 200)
        for stream in streams:
            stream.close()
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:  # places come back soon after clients leave
            answer = self.server.connect()
            answer.request("GET", "/api/v1/stream")
            response = answer.getresponse()
            status = response.status
            response.close()
            answer.close()
            if status == 200:
                break
            time.sleep(0.2)
        self.assertEqual(status, 200)

    def test_outlives_patience_and_ends_with_the_server(self):
        stream = Stream(self.server)
        stream.next()
        time.sleep(self.patience + 1.5)
        self.fill(1)
        self.assertEqual(stream.next()["id"], "1")
        self.server.process.terminate()
        last = stream.next()
        self.assertIn("comment", last)
        self.assertIsNone(stream.next())
        stream.close()


class Clients(Case):
    def cut_after(self, beginning, drip):
        sock = socket.create_connection(("127.0.0.1", self.server.port))
        sock.settimeout(0.2)
        began = time.monotonic()
        sock.sendall(beginning)
        try:
            while time.monotonic() - began < self.patience + 5:
                sock.sendall(drip)
                try:
                    if sock.recv(1000) == b"":
                        break
                except TimeoutError:
                    pass
        except OSError:
            pass
        sock.close()
        return time.monotonic() - began

    def test_slow_ones_are_cut_off(self):
        host = f"Host: localhost:{self.server.port}\r\n".encode()
        for beginning, drip in ((b"GET / HTTP/1.1\r\n" + host + b"X-A: ", b"a"),
                                (b"POST /api/v1/events?format=cowrie HTTP/1.1\r\n" + host + b"Content-Type: text/csv\r\nContent-Length: 1000\r\n\r\n", b"a")):
            with self.subTest(beginning=beginning[:4]):
                self.assertTrue(self.patience - 0.5 < self.cut_after(beginning, drip) < self.patience + 3)

    def test_more_connections_than_the_limit(self):
        sockets = []
        for _ in range(300):
            try:
                sockets.append(socket.create_connection(("127.0.0.1", self.server.port), timeout=5))
            except OSError:
                break
        self.assertGreater(len(sockets), 250)
        time.sleep(self.patience + 1.5)  # the idle ones are cut off
        for sock in sockets:
            sock.close()
        self.assertEqual(self.server.get("health").status, 200)

    def test_garbage(self):
        for garbage in (b"\0" * 100, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"A" * 100_000, b"GET / HTTP/1.1\r\n\r\n",
                        b"GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00"):
            sock = socket.create_connection(("127.0.0.1", self.server.port), timeout=5)
            try:
                sock.sendall(garbage)
                sock.shutdown(socket.SHUT_WR)
                while sock.recv(4096):
                    pass
            except OSError:
                pass
            sock.close()
        self.assertEqual(self.server.get("health").status, 200)

    def test_keeps_connections(self):
        connection = self.server.connect()
        for _ in range(20):
            self.assertEqual(self.server.ask("GET", "/api/v1/summary", connection=connection).status, 200)
        connection.close()


class BeyondLoopback(unittest.TestCase):
    def test_token(self):
        with tempfile.TemporaryDirectory() as state:
            server = Server([TOOL, state, "5", "0.0.0.0", "s3cret"])
            self.addCleanup(server.stop)  # also where the test fails
            for headers, status in (({}, 401), ({"Authorization": "Bearer wrong"}, 401), ({"Authorization": "Bearer s3cret"}, 200),
                                    ({"Cookie": "other=1; honeyguide_token=s3cret"}, 200), ({"Cookie": "honeyguide_token=s3cre"}, 401)):
                for path in ("/api/v1/summary", "/api/v1/health", "/api/v1/openapi.json", "/metrics"):
                    answer = server.ask("GET", path, headers=headers)
                    self.assertEqual((answer.status, answer.headers["WWW-Authenticate"]), (status, "Bearer" if status == 401 else None))
            self.assertEqual(server.ask("GET", "/").status, 200)  # the page itself tells nothing
            self.assertEqual(server.stop(), 0, "".join(server.errors))

    def test_refused_without_token(self):
        with tempfile.TemporaryDirectory() as state:
            done = subprocess.run([TOOL, state, "5", "0.0.0.0", ""], capture_output=True, text=True, timeout=20)
            self.assertEqual(done.returncode, 2)
            self.assertIn("token", done.stderr)


class Restart(unittest.TestCase):
    def test_ids_from_before_the_start_are_unknown(self):
        with tempfile.TemporaryDirectory() as state:
            server = Server([TOOL, state, "5"])
            self.addCleanup(server.stop)  # also where the test fails
            server.push("a\n" * 5)
            server.stop()
            server = Server([TOOL, state, "5"])
            self.addCleanup(server.stop)  # also where the test fails
            self.assertEqual(server.get("summary").json["now"]["events"], 5)
            self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main()
