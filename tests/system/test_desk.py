"""The desk's API, against the real program: test_desk.py BINARY. Every figure is counted again from the events that GET /events lists, by rules of this file's own."""
import csv
import datetime
import ipaddress
import io
import json
import pathlib
import sys
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import live  # noqa: E402
from live import SEED, say  # noqa: E402

EVIL = ("=cmd|' /C calc'!A0", "<img src=x onerror=alert(1)>", "\x1b]0;gone\x07", "plain-guess")
ATTACKER = "198.51.100.77"
HOUR_US = 3_600_000_000


def micros(text):
    whole = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return int((whole - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)) / datetime.timedelta(microseconds=1))


def honeypot_lines(after):
    at = datetime.datetime.fromisoformat(after.replace("Z", "+00:00"))
    for i, (kind, more) in enumerate([("session.connect", {"src_port": 4711, "dst_ip": "192.0.2.10", "dst_port": 22}), ("client.version", {"version": "SSH-2.0-Go"})]
                                     + [("login.failed", {"username": "root", "password": word}) for word in EVIL]
                                     + [("login.success", {"username": "root", "password": "P@ss"}), ("command.input", {"input": "uname -a"}), ("command.input", {"input": "id"}),
                                        ("session.file_download", {"url": "http://203.0.113.80/a", "shasum": "ab" * 32}), ("session.closed", {"duration": 9})]):
        stamp = (at + datetime.timedelta(seconds=60 + i)).astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        yield json.dumps({"eventid": f"cowrie.{kind}", "src_ip": ATTACKER, "session": "a1b2c3d4e5f6", "protocol": "ssh", "timestamp": stamp, **more})


def inside(text, network):
    return text is not None and ipaddress.ip_address(text) in ipaddress.ip_network(network)


# Filter, and what it means of an event of the API.
FILTERS = [
    ("port:22", lambda e: e["destination_port"] == 22),
    ("port:22,80 -type:scan", lambda e: e["destination_port"] in (22, 80) and e["attack_type"] != "scan"),
    ("score>0.99", lambda e: e["anomaly_score"] is not None and e["anomaly_score"] > 0.99),
    ("score:0.5..0.9", lambda e: e["anomaly_score"] is not None and 0.5 <= e["anomaly_score"] <= 0.9),
    ("severity:high", lambda e: e["severity"] == "high"),
    ("-severity:none", lambda e: e["severity"] != "none"),
    ("dst:10.0.0.0/8", lambda e: inside(e["destination_ip"], "10.0.0.0/8")),
    (f"src:{ATTACKER}", lambda e: e["source_ip"] == ATTACKER),
    (f"ip:{ATTACKER} (user:root or command:*)", lambda e: e["source_ip"] == ATTACKER and (e["attributes"].get("username") == "root" or e["attributes"].get("input") is not None)),
    ("label:Attack dataset:cowrie", lambda e: e["label"] == "Attack" and e["dataset"] == "cowrie"),
    ("by:*", lambda e: e["by"] is not None),
    ("-port:*", lambda e: e["destination_port"] is None),
    ("bytes_sent>1000", lambda e: "bytes_sent" not in e["missing"] and e["bytes_sent"] > 1000),
    ("UNAME", lambda e: "uname" in e["raw"].lower()),
    ('"guess" -dataset:suricata', lambda e: "guess" in e["raw"].lower() and e["dataset"] != "suricata"),
]


class Desk(live.Case):
    ROWS = 6000

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.state = cls.dir / "shared-state"
        cls.server = cls.begin()
        live.until(lambda: cls.server.get("health").json["sequence"] >= cls.events, 60, "reading the logs")
        newest = cls.server.get("summary", window="all").json["clock"]
        assert cls.server.push("".join(line + "\n" for line in honeypot_lines(newest)), source="honeypot").status == 200
        cls.all = cls.rows("")
        cls.indexed = False

    @classmethod
    def begin(cls):
        return live.Server([live.BINARY, "serve", "--state", str(cls.state), "--listen", "127.0.0.1:0", *cls.with_model, *cls.logs])

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        super().tearDownClass()

    @classmethod
    def rows(cls, text, **more):
        out, cursor = [], ""
        while cursor is not None:
            page = cls.server.get("events", window="all", limit=500, filter=text, **({"cursor": cursor} if cursor else {}), **more)
            assert page.status == 200, page.body
            out += page.json["events"]
            cursor = page.json["next_cursor"]
        return out

    def test_rows_and_counts(self):
        self.assertEqual(len(self.all), self.events + len(list(honeypot_lines("2026-01-01T00:00:00Z"))))
        self.assertEqual(len({e["event_id"] for e in self.all}), len(self.all))
        for text, holds in FILTERS:
            with self.subTest(filter=text):
                wanted = [e["event_id"] for e in self.all if holds(e)]
                self.assertTrue(wanted or text == "-port:*", "a filter that matches nothing shows nothing")
                self.assertEqual([e["event_id"] for e in self.rows(text)], wanted)
                self.assertEqual([e["event_id"] for e in self.rows(text, order="oldest")], wanted[::-1])
                count = self.server.get("count", window="all", filter=text).json["count"]
                self.assertEqual(count, {"events": len(wanted), "exact": True})

    def test_charts_follow(self):
        for text, holds in FILTERS[:5] + FILTERS[12:13]:
            with self.subTest(filter=text):
                own = [e for e in self.all if holds(e)]
                odd = sum(e["by"] is not None for e in own)
                now = self.server.get("summary", window="all", filter=text).json["now"]
                self.assertEqual((now["events"], now["anomalous"], now["high"]), (len(own), odd, sum(e["severity"] == "high" and e["by"] is not None for e in own)))
                series = self.server.get("timeseries", window="all", filter=text).json
                self.assertTrue(series["exact"])
                self.assertEqual((sum(b["events"] for b in series["buckets"]), sum(b["anomalous"] for b in series["buckets"])), (len(own), odd))
                ports = self.server.get("ports", window="all", limit=1000, filter=text).json
                self.assertEqual(sum(row["anomalous"] for row in ports["rows"]), odd)
                geo = self.server.get("geo", window="all", filter=text).json
                self.assertEqual(sum(geo["unlocated"].values()) + sum(row["anomalous"] for row in geo["countries"]), odd)

    def test_tops(self):
        of = {"port": lambda e: None if e["destination_port"] is None else str(e["destination_port"]), "user": lambda e: e["attributes"].get("username"),
              "command": lambda e: e["attributes"].get("input"), "type": lambda e: e["attack_type"], "dataset": lambda e: e["dataset"], "src": lambda e: e["source_ip"]}
        answer = self.server.get("top", window="all", fields=",".join(of), limit=500).json
        self.assertTrue(answer["exact"])
        for top in answer["tops"]:
            counts = {}
            for e in self.all:
                key = of[top["field"]](e)
                if top["field"] in ("user", "command") and e["dataset"] not in ("cowrie", "dionaea"):
                    key = None
                counts[key] = counts.get(key, 0) + 1
            shown = {row["key"]: row["events"] for row in top["rows"]}
            with self.subTest(field=top["field"]):
                if top["field"] in ("user", "command"):  # Dionaea's names stand deeper
                    for key in ("root", "uname -a"):
                        self.assertTrue(key not in counts or shown[key] >= counts[key])
                else:
                    self.assertEqual({key: n for key, n in shown.items() if key in counts}, {key: counts[key] for key in shown})
                    self.assertEqual(top["distinct"], len([key for key in counts if key is not None]))

    def test_incidents(self):
        alerts = list(live.all_alerts(self.server))
        groups = []
        for alert in sorted((a for a in alerts if a["source_ip"] is not None), key=lambda a: (a["source_ip"], micros(a["first_time"]))):
            last = groups[-1] if groups else None
            if last and last[0]["source_ip"] == alert["source_ip"] and micros(alert["first_time"]) - max(micros(a["last_time"]) for a in last) <= HOUR_US:
                last.append(alert)
            else:
                groups.append([alert])
        groups += [[a] for a in alerts if a["source_ip"] is None]
        found, cursor = [], ""
        while cursor is not None:
            page = self.server.get("incidents", window="all", limit=40, **({"cursor": cursor} if cursor else {})).json
            found += page["incidents"]
            cursor = page["next_cursor"]
        self.assertEqual(page["counts"]["total"], len(groups))
        self.assertEqual(sorted((i["source_ip"] or "", i["alerts"], i["events"]) for i in found), sorted((g[0]["source_ip"] or "", len(g), sum(a["count"] for a in g)) for g in groups))
        self.assertEqual([i["score"] or 0 for i in found], sorted((i["score"] or 0 for i in found), reverse=True))
        own = next(i for i in found if i["source_ip"] == ATTACKER)
        for words in (ATTACKER, "tried 5 passwords on ssh", 'got in as "root"', "ran 2 commands", "fetched 1 file"):
            self.assertIn(words, own["story"])
        for alert in (a for a in alerts if a["source_ip"] == ATTACKER):
            one = self.server.get(f"incidents/{alert['alert_id']}").json
            self.assertEqual((one["incident"]["incident_id"], len(one["alerts"])), (own["incident_id"], own["alerts"]))
        self.assertEqual(self.server.get("incidents/" + "0" * 32).status, 404)

    def test_one_event_and_one_address(self):
        oldest = self.all[-1]
        one = self.server.get(f"events/{oldest['event_id']}").json
        self.assertEqual({k: v for k, v in one["event"].items() if k not in ("features", "scored_by")}, oldest)
        self.assertEqual(one["event"]["scored_by"], self.server.get("summary").json["model"]["digest"])
        same = [e for e in self.all if e["source_ip"] == oldest["source_ip"]]
        self.assertEqual([e["event_id"] for e in one["after"]], [e["event_id"] for e in same[::-1][1:11]])
        self.assertEqual((one["before"], self.server.get("events/" + "0" * 32).status), ([], 404))
        address = self.server.get("address", window="all", ip=ATTACKER).json
        own = [e for e in self.all if e["source_ip"] == ATTACKER]
        self.assertEqual((address["as_source"]["events"], address["as_target"]["events"], address["private"]), (len(own), 0, False))
        self.assertEqual((address["first_seen"], address["last_seen"]), (own[-1]["event_time"], own[0]["event_time"]))
        self.assertEqual([(s["session"], s["events"]) for s in address["sessions"]], [("a1b2c3d4e5f6", len(own))])
        passwords = next(top for top in address["tops"] if top["field"] == "password")
        self.assertEqual({row["key"] for row in passwords["rows"] if row["key"] is not None}, {*EVIL, "P@ss"})
        self.assertEqual(self.server.get("address", ip="nowhere").status, 400)

    def test_export(self):
        target = "/api/v1/export?window=all&filter=" + urllib.parse.quote(f"src:{ATTACKER} or port:445")
        wanted = self.rows(f"src:{ATTACKER} or port:445")
        lines = self.server.ask("GET", target + "&format=jsonl").body.decode().splitlines()
        self.assertEqual([json.loads(line)["event_id"] for line in lines], [e["event_id"] for e in wanted])
        answer = self.server.ask("GET", target + "&format=csv")
        self.assertIn("attachment", answer.headers["Content-Disposition"])
        rows = list(csv.DictReader(io.StringIO(answer.body.decode())))
        self.assertEqual([(r["event_id"], r["severity"], r["alert_id"] or None) for r in rows], [(e["event_id"], e["severity"], e["alert_id"]) for e in wanted])
        for cell in (cell for row in csv.reader(io.StringIO(answer.body.decode())) for cell in row):
            self.assertFalse(cell[:1] in "=+@\t" and cell != "", cell)

    def test_views(self):
        post = lambda path, body: self.server.ask("POST", f"/api/v1/{path}", json.dumps(body), {"Content-Type": "application/json"})  # noqa: E731
        self.assertEqual(post("views", {"name": "ssh ü <b>", "query": "view=events&filter=port%3A22"}).json["views"], [{"name": "ssh ü <b>", "query": "view=events&filter=port%3A22"}])
        self.assertEqual(len(post("views", {"name": "ssh ü <b>", "query": ""}).json["views"]), 1)
        self.assertEqual(self.server.get("views").json["views"], [{"name": "ssh ü <b>", "query": ""}])
        for wrong in ({}, {"name": ""}, {"name": "x" * 81, "query": ""}, {"name": "x", "query": "", "more": ""}, {"name": 7, "query": ""}, ["name"]):
            self.assertEqual(post("views", wrong).status, 400, wrong)
        self.assertEqual(post("views/delete", {"name": "nobody's"}).status, 404)
        self.assertEqual(post("views/delete", {"name": "ssh ü <b>"}).json["views"], [])

    def test_what_is_wrong_is_said_with_its_place(self):
        for text, offset, length in (("port:99999", 5, 5), ("prot:22", 0, 4), ("(port:22", 8, 0), ("ü sevrity:high", 3, 7)):
            answer = self.server.get("events", window="all", filter=text)
            self.assertEqual((answer.status, answer.json["filter"]["offset"], answer.json["filter"]["length"]), (400, offset, length), answer.json)
        self.assertIn("severity", self.server.get("events", filter="sevrity:high").json["filter"]["expected"])
        for path in ("top?fields=nothing", "top?fields=port&order=odd", "export?format=xml", "events?order=up", "complete?text=a&at=9"):
            self.assertEqual(self.server.ask("GET", "/api/v1/" + path).status, 400, path)

    def test_paging_while_events_come(self):
        server = self.serve(self.path("state"), *self.with_model, self.logs[3])
        live.until(lambda: live.total(server) >= live.records_of(self.logs[3]), 60, "reading the log")
        seen, cursor, pushed = [], "", 0
        before = {e["event_id"] for e in self.all if e["dataset"] == "suricata"}
        while cursor is not None:
            page = server.get("events", window="all", limit=97, filter="dataset:suricata", **({"cursor": cursor} if cursor else {})).json
            seen += [e["event_id"] for e in page["events"]]
            cursor = page["next_cursor"]
            if pushed < 5:
                stamp = (datetime.datetime(2025, 1, 8) + datetime.timedelta(seconds=pushed)).strftime("%Y-%m-%dT%H:%M:%S.%f+0000")
                server.push(json.dumps({"timestamp": stamp, "event_type": "dns", "flow_id": 7 + pushed, "src_ip": "192.0.2.1", "src_port": 53, "dest_ip": "192.0.2.2", "dest_port": 53, "proto": "UDP"}) + "\n",
                                 format="suricata", source="more")
                pushed += 1
        self.assertEqual(len(seen), len(set(seen)))
        self.assertEqual(before - set(seen), set())


if __name__ == "__main__":
    say(f"seed {SEED}")
    unittest.main()
