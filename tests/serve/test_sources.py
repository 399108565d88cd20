#!/usr/bin/env python3
"""Sources, quarantine and metrics over a backend made up for tests.

    test_sources.py SERVE_TOOL
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from serve.case import Case  # noqa: E402

import base64  # noqa: E402
import datetime  # noqa: E402
import re  # noqa: E402
import time  # noqa: E402
import unittest  # noqa: E402


class Sources(Case):
    def rows(self, **query):
        return {s["name"]: s for s in self.server.get("sources", **query).json["sources"]}

    def test_what_the_program_knows(self):
        self.server.push("world\n")
        rows = self.rows()
        self.assertEqual({name: (s["kind"], s["state"]) for name, s in rows.items() if "\\" not in name}, {
            "/var/log/eve.json": ("file", "behind"), "absent.json": ("file", "waiting"), "denied.json": ("file", "failed"),
            "-": ("stdin", "ended"), "unix:/run/eve.sock": ("unix", "live"), "syslog+udp:127.0.0.1:5514": ("syslog+udp", "live"),
            "syslog+tcp:127.0.0.1:5514": ("syslog+tcp", "live")})
        eve = rows["/var/log/eve.json"]
        self.assertEqual([eve[k] for k in ("rate", "bytes_behind", "rotations", "lost", "peers", "streams", "events", "last_event")],
                         [12.5, 1000, 2, 7, None, 0, 0, None])
        self.assertEqual(rows["denied.json"]["trouble"], "permission denied")
        self.assertEqual((rows["unix:/run/eve.sock"]["peers"], rows["syslog+tcp:127.0.0.1:5514"]["peers"]), (2, 0))
        self.assertEqual((rows["-"]["peers"], rows["-"]["bytes_behind"]), (None, None))
        self.assertEqual(rows["unix:/run/eve.sock"]["skew"], {"state": "none", "seconds": 0, "text": None})
        self.assertEqual(rows["syslog+tcp:127.0.0.1:5514"]["skew"],
                         {"state": "steady", "seconds": 7197, "text": "2 h ahead of the time of arrival: is its time zone right?"})
        self.assertEqual(rows["syslog+udp:127.0.0.1:5514"]["skew"]["text"], "37 min behind the time of arrival: is its clock right?")
        ahead = rows["syslog+tcp:127.0.0.1:5514"]
        self.assertEqual((ahead["future_events"], ahead["future_seconds"]), (3, 7200))
        self.assertEqual(rows["absent.json"]["skew"]["state"], "unknown")
        self.assertEqual(self.server.get("summary").json["sources"],
                         {"total": 8, "live": 4, "behind": 1, "silent": 0, "failed": 1, "waiting": 1, "idle": 0, "ended": 1})

    def test_silence(self):
        self.server.push("world\n")
        for name in ("now", "ago", "old", "gone"):
            self.assertEqual(self.server.push("a b\n" * 9, source=name).status, 200)
        rows = self.rows(window="all")
        self.assertEqual({name: rows[name]["state"] for name in ("now", "ago", "old", "gone")},
                         {"now": "idle", "ago": "silent", "old": "idle", "gone": "idle"})  # an old log that was replayed is no silent sensor
        self.assertIn(rows["ago"]["lag_seconds"], range(7200, 7230))
        self.assertEqual((rows["old"]["lag_seconds"], rows["now"]["lag_seconds"]), (None, None))
        self.assertEqual((rows["ago"]["streams"], rows["ago"]["window"]["events"]), (1, 9))
        self.assertNotEqual(rows["ago"]["identities"], rows["now"]["identities"])

    def test_windows_end_at_the_wall_clock_when_live(self):
        self.fill(3)
        self.assertEqual(self.server.get("summary").json["range"]["to"][:4], "2025")
        self.server.push("world\n")
        summary = self.server.get("summary").json
        to = datetime.datetime.fromisoformat(summary["range"]["to"].replace("Z", "+00:00")).timestamp()
        self.assertTrue(0 < to - time.time() <= 60 + 5)
        self.assertEqual(summary["clock"][:4], "2025")
        self.assertEqual(self.server.get("summary", window="all").json["range"]["to"][:4], "2025")
        health = self.server.get("health").json
        self.assertEqual((health["live"], health["uncommitted"]), (True, 17))

    def test_unobserved(self):
        self.fill(90)
        at = {"from_": "2025-01-08T20:30:00Z", "to": "2025-01-08T21:30:00Z"}
        spans = [{"from": "2025-01-08T20:30:00.000000Z", "to": "2025-01-08T21:00:00.000000Z"},
                 {"from": "2025-01-08T21:02:00.000000Z", "to": "2025-01-08T21:30:00.000000Z"}]
        self.assertEqual(self.server.get("timeseries", **at).json["unobserved"], spans)
        sources = self.server.get("sources", **at).json
        self.assertEqual(sources["unobserved"], spans)
        self.assertEqual((sources["sources"][0]["gaps"], sources["sources"][0]["gaps_total"]), (spans, 2))
        self.assertEqual(self.server.get("summary", **at).json["unobserved_seconds"], 58 * 60)


class Quarantine(Case):
    TORN = ['torn 1', 'torn <img src=x onerror=alert(1)>', 'torn \x1b]0;\u202e']

    def fill_torn(self):
        answer = self.server.push("a\n" + "".join(line + "\n" for line in self.TORN), source="ä.json")
        self.assertEqual((answer.json["read"], answer.json["malformed"]), (4, 3))
        self.server.push(b"torn \xff\xfe \xc3\xa9\n", source="raw")

    def test_pages(self):
        self.fill_torn()
        whole = self.server.get("quarantine").json
        self.assertEqual([r["source"] for r in whole["records"]], ["raw"] + ["ä.json"] * 3)
        self.assertEqual([r["record"] for r in whole["records"][1:]], self.TORN[::-1])
        self.assertEqual(whole["records"][3]["reason_text"], "not valid JSON, or cut")
        self.assertEqual([r["offset"] for r in whole["records"]], [0, 3, 2, 1])
        self.assertIsNone(whole["next_before"])
        self.assertEqual((whole["quarantine"]["records"], whole["quarantine"]["records_max"]), (4, 10000))
        seen, before = [], {}
        while True:
            page = self.server.get("quarantine", limit=1, **before).json
            seen += page["records"]
            if page["next_before"] is None:
                break
            before = {"before": page["next_before"]}
        self.assertEqual(seen, whole["records"])
        self.assertEqual(len(self.server.get("quarantine", source="ä.json").json["records"]), 3)
        self.assertEqual(self.server.get("quarantine", source="nobody").json["records"], [])
        self.assertEqual(self.server.get("sources").json["quarantine"], whole["quarantine"])

    def test_bytes(self):
        self.fill_torn()
        answer = self.server.get("quarantine")
        record = answer.json["records"][0]
        self.assertEqual(record["record"], "torn \\xff\\xfe é")
        self.assertEqual(base64.b64decode(record["record_base64"]), b"torn \xff\xfe \xc3\xa9")
        self.assertNotIn("record_base64", answer.json["records"][1])
        for control in (b"\x1b", "\u202e".encode()):
            self.assertNotIn(control, answer.body)

    def test_long_records_make_short_pages(self):
        for _ in range(10):
            self.server.push(b"torn" + b"\xff" * 60_000 + b"\n")
        self.server.push((b"torn" + b"\xff" * 60_000 + b"\n") * 150)
        page = self.server.get("quarantine", limit=500)
        self.assertEqual(page.status, 200)
        self.assertLess(len(page.json["records"]), 160)
        self.assertEqual(page.json["next_before"], page.json["records"][-1]["number"])

    def test_bad_parameters(self):
        for query in ({"before": "0"}, {"before": "x"}, {"limit": "501"}, {"window": "1h"}):
            self.assertEqual(self.server.get("quarantine", **query).status, 400)

    def retry(self, body, headers=()):
        return self.server.ask("POST", "/api/v1/quarantine/retry", body, {"Content-Type": "application/json", **dict(headers)})

    def test_retry(self):
        for body, counts in ((b"{}", [3, 2, 1]), (b' { "number" : 7 } ', [1, 1, 0])):
            answer = self.retry(body)
            self.assertEqual((answer.status, [answer.json[k] for k in ("read", "decoded", "malformed")]), (200, counts))
        self.assertEqual(self.retry(b'{"number":404}').status, 404)
        for body in (b"", b"[]", b"{", b"{}{}", b'{"number":0}', b'{"number":-1}', b'{"number":"1"}', b'{"n":1}', b'{"number":1,"x":2}', b"{} x",
                     b'{"number":99999999999999999999}', b'{"number"'):
            with self.subTest(body=body):
                self.assertEqual(self.retry(body).status, 400)
        self.assertEqual(self.retry(b"{}", {"Origin": "http://evil.example"}).status, 403)
        self.assertEqual(self.retry(b"{}", {"Content-Type": "text/plain"}).status, 403)
        self.assertEqual(self.server.get("quarantine/retry").status, 405)


class Metrics(Case):
    LINE = re.compile(r'([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)+)\})? (-?[0-9.e+]+)')

    def scrape(self):
        """{(name, labels): value}; every line is as the format says, every family has its help and type first, no series twice."""
        answer = self.server.ask("GET", "/metrics")
        self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, "text/plain; version=0.0.4; charset=utf-8"))
        text, families, series = answer.body.decode(), set(), {}
        self.assertTrue(text.endswith("\n"))
        for line in text[:-1].split("\n"):
            if line.startswith("# "):
                kind, name, rest = line[2:].split(" ", 2)
                if kind == "HELP":
                    self.assertNotIn(name, families)
                    families.add(last := name)
                else:
                    self.assertEqual((kind, name), ("TYPE", last))
                    self.assertIn(rest, ("counter", "gauge"))
                continue
            found = self.LINE.fullmatch(line)
            self.assertIsNotNone(found, line)
            self.assertEqual(found[1], last)
            self.assertNotIn((found[1], found[2]), series)
            series[found[1], found[2]] = float(found[3])
        return series

    def test_values(self):
        self.fill(90)
        self.server.push("late 1\ntorn 2\n", source="sensor")
        self.server.push("world\n")
        series = self.scrape()
        self.assertEqual([series["honeyguide_records_total", f'source="sensor",outcome="{o}"'] for o in ("accepted", "duplicate", "skipped", "malformed")],
                         [1, 0, 0, 1])
        self.assertEqual(series["honeyguide_rejected_total", 'source="sensor",reason="invalid_json"'], 1)
        self.assertEqual(series["honeyguide_late_total", 'source="sensor"'], 1)
        self.assertEqual([series["honeyguide_source_state", f'source="/var/log/eve.json",state="{s}"'] for s in ("behind", "live")], [1, 0])
        self.assertEqual(sum(v for (name, labels), v in series.items() if name == "honeyguide_source_state"), 10)
        self.assertEqual(series["honeyguide_sources", 'state="live"'], 4)
        self.assertEqual(series["honeyguide_source_rate", 'source="/var/log/eve.json"'], 12.5)
        self.assertEqual(series["honeyguide_source_bytes_behind", 'source="/var/log/eve.json"'], 1000)
        self.assertEqual(series["honeyguide_source_lost_total", 'source="/var/log/eve.json"'], 7)
        self.assertEqual(series["honeyguide_source_skew_seconds", 'source="syslog+tcp:127.0.0.1:5514"'], 7197)
        self.assertEqual(series["honeyguide_source_false_alarm_rate", 'source="/var/log/eve.json"'], 0.01)
        self.assertEqual([series["honeyguide_source_" + name, 'source="sensor"'] for name in ("false_alarm_rate", "alarms_total")], [0.001, 3])
        self.assertEqual(series["honeyguide_source_last_event_timestamp_seconds", 'source="push"'], 1736370090)
        self.assertEqual((series["honeyguide_sequence", None], series["honeyguide_uncommitted_records", None]), (91, 17))
        self.assertEqual(series["honeyguide_quarantine_records", None], 1)

    def test_hostile_names(self):
        self.server.push("world\n")
        names = {labels.split(",")[0] for (name, labels) in self.scrape() if name == "honeyguide_source_state"}
        self.assertIn(r'source="a\"b\\c\nd\\x1b\\xff\\u202e"', names)

    def test_empty_and_edge(self):
        series = self.scrape()
        self.assertIn(("honeyguide_build_info", 'version="0.1.0"'), series)
        self.assertEqual(series["honeyguide_alerts", 'severity="high"'], 0)
        self.fill(90)
        self.assertEqual(self.scrape()["honeyguide_alerts", 'severity="high"'], 30)
        self.assertEqual(self.server.ask("GET", "/metrics", headers={"Host": "evil.example"}).status, 421)
        self.assertEqual(self.server.ask("POST", "/metrics").status, 405)
        self.assertEqual(self.server.ask("GET", "/metrics?x=1").status, 400)
        self.assertEqual(self.server.ask("GET", "/metrics").headers["Cache-Control"], "no-store")


if __name__ == "__main__":
    unittest.main()
