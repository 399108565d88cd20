"""Seen on the honeypot, by the real program: test_sightings.py BINARY. An address of Cowrie's records that turns up in Suricata's gets an
alert that says so and stands in what `honeyguide sightings` exports; what attackers wrote steers neither terminals nor spreadsheets."""
import csv
import io
import json
import os
import pathlib
import pty
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import live  # noqa: E402
from live import BINARY, SEED, all_alerts, say, total, until  # noqa: E402

ATTACKER, OTHER, HONEYPOT = "203.0.113.77", "203.0.113.78", "198.51.100.250"
PASSWORDS = ("vF8x-made-up", "=cmd|' /C calc'!A0", "<img onerror=1>", "\x1b]0;owned\x07x", "two\nrows,here", "\u202etxt.exe")
FILE = "00112233445566778899aabbccddeeff" * 2
HASSH = "0123456789abcdef0123456789abcdef"


def cowrie(second, source, kind, **members):
    return {"eventid": f"cowrie.{kind}", "src_ip": source, "session": "5e5510n", "timestamp": f"2026-03-06T08:{second // 60:02}:{second % 60:02}.000000Z",
            **members}


def at_honeypot():
    yield cowrie(0, ATTACKER, "session.connect", src_port=50000, dst_ip=HONEYPOT, dst_port=22, protocol="ssh")
    yield cowrie(1, ATTACKER, "client.kex", hassh=HASSH)
    for i, password in enumerate(PASSWORDS):
        # names that begin as a formula does: the value is "name:password"
        yield cowrie(2 + i, ATTACKER, "login.failed", username="=root" if i == 1 else "root", password=password)
    yield cowrie(30, ATTACKER, "login.failed", username="admin", password="admin")
    yield cowrie(31, ATTACKER, "session.file_download", shasum=FILE)
    yield cowrie(32, "10.9.9.9", "session.connect", src_port=50001, dst_ip=HONEYPOT, dst_port=22, protocol="ssh")


def flow(second, source, target="10.20.30.40"):
    return {"timestamp": f"2026-03-06T08:{second // 60:02}:{second % 60:02}.000000+0000", "event_type": "flow", "flow_id": second + 1,
            "src_ip": source, "src_port": 40000 + second, "dest_ip": target, "dest_port": 443, "proto": "TCP", "app_proto": "tls",
            "flow": {"pkts_toserver": 9, "pkts_toclient": 9, "bytes_toserver": 900, "bytes_toclient": 4000,
                     "start": f"2026-03-06T08:{second // 60:02}:{second % 60:02}.000000+0000", "age": 1}}


def ordinary():
    yield flow(0, "10.20.30.50", "198.51.100.20")
    yield flow(600, ATTACKER)
    yield flow(601, OTHER)
    yield flow(602, ATTACKER, HONEYPOT)  # the honeypot itself is no other traffic


def sightings(state, *options):
    done = subprocess.run([BINARY, "sightings", "--state", str(state), *options], capture_output=True, timeout=60)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class Sightings(live.Case):
    ROWS = 5000

    def write(self, name, records):
        path = self.path(name)
        path.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
        return path

    def whole(self):
        """Both logs served to their end; the server ended, so that the list is kept."""
        state = self.path("state")
        logs = self.write("cowrie.json", at_honeypot()), self.write("eve.json", ordinary())
        server = self.serve(state, *self.with_model, logs[0])
        until(lambda: total(server) == len(list(at_honeypot())), what="reading cowrie.json")
        server.stop()
        server = self.serve(state, *self.with_model, *logs)
        until(lambda: total(server) == len(list(at_honeypot())) + 4, what="reading eve.json")
        alerts = list(all_alerts(server))
        server.stop()
        return state, alerts

    def test_alert_and_export(self):
        state, alerts = self.whole()
        found = [a for a in alerts if a["finding"] is not None and a["finding"]["name"] == "honeypot_sighting"]
        self.assertEqual([(a["source_ip"], a["destination_port"], a["count"]) for a in found], [(ATTACKER, None, 1)])  # wherever he turned to
        self.assertEqual(found[0]["severity"], "high")
        self.assertIn("seen on the honeypot (cowrie)", found[0]["reason"])
        for secret in PASSWORDS:
            self.assertNotIn(secret, json.dumps(found[0], ensure_ascii=False))

        status, out, errors = sightings(state, "--kind", "address", "--format", "csv")
        self.assertEqual((status, errors), (0, ""))
        rows = list(csv.DictReader(io.StringIO(out)))
        self.assertEqual([(r["value"], r["dataset"], r["usual"]) for r in rows], [(ATTACKER, "cowrie", "false")])  # nobody private
        self.assertEqual((rows[0]["first_seen"], rows[0]["last_seen"]), ("2026-03-06T08:00:00.000000Z", "2026-03-06T08:00:31.000000Z"))
        self.assertEqual(int(rows[0]["count"]), len(list(at_honeypot())) - 1)
        # the firewall's list, as --help has it
        shell = subprocess.run(f"'{BINARY}' sightings --state '{state}' --kind address --since 7d --format csv | tail -n +2 | cut -d, -f2",
                               shell=True, capture_output=True, timeout=60)
        self.assertEqual(shell.stdout.decode(), ATTACKER + "\n")

    def test_attackers_text_is_guarded(self):
        state, _ = self.whole()
        lines = [json.loads(line) for line in sightings(state, "--format", "jsonl")[1].splitlines()]
        self.assertEqual({k: sum(x["kind"] == k for x in lines) for k in ("address", "credential", "file", "hassh", "ja3")},
                         {"address": 1, "credential": len(PASSWORDS), "file": 1, "hassh": 1, "ja3": 0})
        values = [x["value"] for x in lines if x["kind"] == "credential"]
        self.assertEqual(values, [("=root:" if i == 1 else "root:") + p for i, p in enumerate(PASSWORDS)][::-1])

        cells = [row[1] for row in csv.reader(io.StringIO(sightings(state, "--kind", "credential", "--format", "csv")[1]))][1:]
        self.assertEqual(len(cells), len(PASSWORDS))
        self.assertFalse([c for c in cells if c[0] in "=+-@\t"])
        self.assertIn("'=root:" + PASSWORDS[1], cells)

        table = sightings(state)[1]
        self.assertEqual(len(table.splitlines()), 1 + len(lines))  # no value makes a row
        self.assertFalse(any(ord(c) < 32 and c != "\n" or c == "\u202e" for c in table), table)
        self.assertIn("\\u001b]0;owned", table)
        shown = self.on_terminal(state, "--format", "csv")
        self.assertNotIn(b"\x1b", shown)
        self.assertNotIn("\u202e".encode(), shown)

    def on_terminal(self, state, *options):
        master, slave = pty.openpty()
        process = subprocess.Popen([BINARY, "sightings", "--state", str(state), *options], stdout=slave)
        os.close(slave)
        shown = b""
        try:
            while piece := os.read(master, 65536):
                shown += piece
        except OSError:  # the other end was closed
            pass
        os.close(master)
        self.assertEqual(process.wait(20), 0)
        return shown

    def test_since_and_wrong_use(self):
        state, _ = self.whole()
        count = lambda *options: len(sightings(state, "--format", "jsonl", *options)[1].splitlines())  # noqa: E731
        self.assertGreater(count(), 5)
        self.assertEqual(count("--since", "5m"), 0)  # the last record is of 10 minutes later
        self.assertEqual(count("--since", "1h"), count())
        self.assertEqual(count("--since", "2026-03-06T08:00:31Z"), 2)  # address and file
        self.assertEqual(count("--kind", "file", "--kind", "hassh"), 2)
        for options in (("--format", "xml"), ("--kind", "url"), ("--since", "soon"), ("more",)):
            status, out, errors = sightings(state, *options)
            self.assertEqual((status, out), (2, ""), options)
            self.assertTrue(errors.startswith("honeyguide sightings: "), errors)
        self.assertEqual(subprocess.run([BINARY, "sightings"], capture_output=True, timeout=20).returncode, 2)
        self.assertEqual(sightings(self.path("absent"))[0], 1)

    def test_nothing_seen(self):
        state = self.path("state")
        server = self.serve(state, *self.with_model, self.write("eve.json", ordinary()))
        until(lambda: total(server) == 4, what="reading eve.json")
        self.assertEqual([a for a in all_alerts(server) if a["finding"] and a["finding"]["name"] == "honeypot_sighting"], [])
        server.stop()
        status, out, _ = sightings(state)
        self.assertEqual((status, len(out.splitlines())), (0, 2))


if __name__ == "__main__":
    say(f"seed {SEED}")
    unittest.main()
