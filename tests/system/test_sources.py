"""Where events come from, against the real program: test_sources.py BINARY. Sockets, syslog, folders, globs, standard input; what
GET /sources says of each; wrong clocks and zones, late events, silence; and the quarantine."""
import contextlib
import gzip
import json
import os
import pathlib
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import unittest
from datetime import datetime, timedelta, timezone

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import live  # noqa: E402
from live import BINARY, SEED, until  # noqa: E402

HOSTILE = '<img onerror=alert(1)> \x1b]0;owned\x07 \u202e =cmd|x'


def lines_of(log):
    return pathlib.Path(log).read_bytes().splitlines(keepends=True)


def now(**offset):
    return datetime.now(timezone.utc) + timedelta(**offset)


def login(when, number=0, **more):
    return json.dumps({"eventid": "cowrie.login.failed", "username": "root", "password": f"pw{number}", "session": f"{number:012x}",
                       "src_ip": "192.0.2.9", "timestamp": f"{when:%Y-%m-%dT%H:%M:%S.%fZ}", **more}).encode() + b"\n"


class Sources(live.Case):
    ROWS = 8000

    def source(self, server, name):
        return next((s for s in server.get("sources").json["sources"] if s["name"] == str(name)), None)

    def state_of(self, server, name):
        source = self.source(server, name)
        return source and source["state"]

    def wait_for_state(self, server, name, state, seconds=15):
        until(lambda: self.state_of(server, name) == state, seconds, lambda: f"{state} of {name} ({self.source(server, name)})")

    # ---- what isn't there

    def test_what_is_wanting_at_the_start_is_said(self):
        there, gone, broken = self.path("there.json"), self.path("gone.json"), self.path("broken.mmdb")
        there.write_bytes(b"")
        broken.write_bytes(b"no database")
        server = self.serve(self.path("state"), *self.with_model, "--geo", broken, there, gone)
        self.wait_for_state(server, gone, "waiting")
        self.assertEqual(server.stop(), 0)
        said = "".join(server.errors)
        self.assertIn(f"{gone}: No such file or directory; waiting for it", said)
        self.assertIn(f"--geo: {broken} can't be used", said)
        self.assertNotIn(str(there), said)

    # ---- sockets

    def test_a_unix_socket_with_several_writers(self):
        path = self.path("eve.sock")
        uri = f"unix:{path}"
        lines = lines_of(self.logs[3])[:1500]
        server = self.serve(self.path("state"), *self.with_model, uri)
        self.wait_for_state(server, uri, "waiting")
        self.assertEqual(self.source(server, uri)["peers"], 0)

        def send(part):
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(str(path))
                data = b"".join(part)
                for i in range(0, len(data), 1000):  # in the middle of lines
                    s.sendall(data[i:i + 1000])

        writers = [threading.Thread(target=send, args=(lines[i::3],)) for i in range(3)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        self.wait_for_records(server, 1500)
        self.assertEqual((live.total(server), live.counted(server)["malformed"]), (1500, 0))
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(str(path))
            s.sendall(lines[0][:30])  # and goes away
            self.wait_for_state(server, uri, "live")
            until(lambda: self.source(server, uri)["peers"] == 1, 5, "one peer")
        self.wait_for_records(server, 1501)
        self.assertEqual(live.counted(server)["malformed"], 1)
        self.assertEqual(self.source(server, uri)["kind"], "unix")
        self.kill(server)
        server = self.serve(self.path("state"), *self.with_model, uri)  # the socket's file was left behind
        send(lines[:5])
        self.wait_for_records(server, 1506)  # a socket's records have no place by which they could be known again

    def syslog(self, record, number):
        return f"<134>1 2025-03-06T12:00:00.000Z sensor{number % 3} sensor 4711 - - ".encode() + record.rstrip(b"\n")

    def test_syslog_over_tcp_in_both_framings(self):
        uri = f"syslog+tcp:127.0.0.1:{live.free_port()}"
        cowrie, suricata = lines_of(self.logs[1])[:400], lines_of(self.logs[3])[:400]
        server = self.serve(self.path("state"), *self.with_model, uri)
        mixed = [line for pair in zip(cowrie, suricata) for line in pair]
        for counted_octets in (True, False):
            with socket.create_connection(uri.rsplit(":", 2)[1:]) as s:
                for i, line in enumerate(mixed[:400] if counted_octets else mixed[400:]):
                    message = self.syslog(line, i)
                    s.sendall(b"%d %s" % (len(message), message) if counted_octets else message + b"\n")
        self.wait_for_records(server, 800)
        source = self.source(server, uri)
        self.assertEqual(live.counted(server)["malformed"], 0)
        self.assertEqual(sorted(source["formats"]), ["cowrie", "suricata"])
        self.assertEqual(source["counts"]["datasets"]["cowrie"], 400)

    def test_syslog_over_udp(self):
        port = live.free_port(socket.SOCK_DGRAM)
        uri = f"syslog+udp:127.0.0.1:{port}"
        cowrie, suricata = lines_of(self.logs[1])[:150], lines_of(self.logs[3])[:150]
        server = self.serve(self.path("state"), *self.with_model, uri)
        with socket.socket(type=socket.SOCK_DGRAM) as s:
            for i, line in enumerate(line for pair in zip(cowrie, suricata) for line in pair):
                s.sendto(self.syslog(line, i), ("127.0.0.1", port))
                time.sleep(0.0005)
        self.wait_for_records(server, 300)
        source = self.source(server, uri)
        self.assertEqual((source["kind"], sorted(source["formats"]), source["lost"]), ("syslog+udp", ["cowrie", "suricata"], 0))
        self.assertEqual(source["state"], "live")

    def test_what_a_port_already_taken_gets(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            uri = f"syslog+tcp:127.0.0.1:{taken.getsockname()[1]}"
            done = subprocess.run([BINARY, "serve", "--state", str(self.path("state")), "--listen", "127.0.0.1:0", uri],
                                  capture_output=True, text=True, timeout=20)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("in use", done.stderr)

    # ---- files

    def test_folders_and_globs_of_archives(self):
        """The same bytes, cut into files, packed and found by folder or by glob, give the same result."""
        plain = self.path("plain")
        expected = self.followed(plain, self.logs, *self.with_model)
        folder = self.path("archives")
        (folder / "deeper").mkdir(parents=True)
        shutil.copy(self.logs[0], folder / "iscx.csv")
        (folder / "cowrie.json.1.gz").write_bytes(gzip.compress(pathlib.Path(self.logs[1]).read_bytes()))
        shutil.copy(self.logs[2], folder / "deeper" / "dionaea.json")
        subprocess.run(["zstd", "-q", self.logs[3], "-o", str(folder / "deeper" / "eve.json.zst")], check=True)
        (folder / "README").write_text("no log\n")
        (folder / ".hidden.json").write_text("{}\n")
        (folder / "half.json.tmp").write_text("{}\n")
        server = self.serve(self.path("by-folder"), *self.with_model, folder)
        records = sum(map(live.records_of, self.logs))
        until(lambda: live.total(server) >= records, 30, lambda: f"all of the folder ({live.counted(server)})")
        self.assertEqual(live.counted(server)["malformed"], 0)
        self.assertEqual(self.end(server, self.path("by-folder")), expected)
        server = self.serve(self.path("by-glob"), *self.with_model, folder / "*.[cj]s*", folder / "deeper" / "*")
        until(lambda: live.total(server) >= records, 30, lambda: f"all of the globs ({live.counted(server)})")
        self.assertEqual(self.end(server, self.path("by-glob")), expected)

    def test_what_appears_in_a_folder_later_is_read(self):
        folder = self.path("folder")
        folder.mkdir()
        lines = lines_of(self.logs[1])[:300]
        server = self.serve(self.path("state"), *self.with_model, folder, self.path("other") / "*.json")
        time.sleep(0.3)
        (folder / "one.json").write_bytes(b"".join(lines[:100]))
        self.wait_for_records(server, 100)
        with open(folder / "one.json", "ab") as f:  # and is followed
            f.write(b"".join(lines[100:150]))
        self.wait_for_records(server, 150)
        self.path("other").mkdir()
        (self.path("other") / "two.json").write_bytes(b"".join(lines[150:]))
        self.wait_for_records(server, 300)
        self.assertEqual(live.total(server), 300)

    def test_logs_that_rested_are_read_once_and_again_when_they_change(self):
        """Larger than a batch, so that a restart must find its place in them again; and in number, more than are followed."""
        folder, state = self.path("rested"), self.path("state")
        folder.mkdir()
        log = pathlib.Path(self.logs[3]).read_bytes()
        lines = pathlib.Path(self.logs[1]).read_bytes().splitlines(keepends=True)
        (folder / "eve.json").write_bytes(log)
        few = len(lines) // 150
        for i in range(150):
            (folder / f"sensor{i}.json").write_bytes(b"".join(lines[i * few:(i + 1) * few]))
        for path in folder.iterdir():
            os.utime(path, (time.time() - 86400,) * 2)
        total = len(log.splitlines()) + 150 * few
        digests = set()
        for _ in range(2):
            server = self.serve(state, *self.with_model, folder)
            self.wait_for_records(server, total)
            digests.add(self.end(server, state))
        self.assertEqual(len(digests), 1)
        server = self.serve(state, *self.with_model, folder)
        with open(folder / "sensor7.json", "ab") as f:
            f.write(b"".join(lines[150 * few:150 * few + 5]) or lines[-1])
        added = len(b"".join(lines[150 * few:150 * few + 5]).splitlines()) or 1
        self.wait_for_records(server, total + added)
        self.assertEqual(live.total(server), total + added)

    def test_states_of_a_file(self):
        log = self.path("log") / "later.json"
        lines = lines_of(self.logs[1])[:300]
        server = self.serve(self.path("state"), *self.with_model, log)
        self.wait_for_state(server, log, "waiting")
        log.parent.mkdir()
        log.write_bytes(b"".join(lines[:100]))
        self.wait_for_records(server, 100)
        self.wait_for_state(server, log, "live")
        os.rename(log, log.with_name("later.json.1"))
        log.mkdir()
        self.wait_for_state(server, log, "failed")
        self.assertTrue(self.source(server, log)["trouble"])
        log.rmdir()
        log.write_bytes(b"".join(lines[100:200]))
        self.wait_for_state(server, log, "live")
        self.wait_for_records(server, 200)
        self.assertIsNone(self.source(server, log)["trouble"])
        os.unlink(log)
        self.wait_for_state(server, log, "waiting")
        log.write_bytes(b"".join(lines[200:]))
        self.wait_for_state(server, log, "live")
        self.wait_for_records(server, 300)
        self.assertEqual(self.source(server, log)["bytes_behind"], 0)

    def test_standard_input_ends(self):
        server = self.serve(self.path("state"), *self.with_model, "-", stdin=subprocess.PIPE)
        lines = lines_of(self.logs[1])[:200]
        server.process.stdin.write((b"".join(lines) + lines[0][:20]).decode())
        server.process.stdin.flush()
        self.wait_for_records(server, 200)
        self.assertIn(self.state_of(server, "-"), ("live", "behind"))
        server.process.stdin.close()
        self.wait_for_state(server, "-", "ended")
        self.wait_for_records(server, 201)  # the cut last record is known to be one now
        self.assertEqual(live.counted(server)["malformed"], 1)

    # ---- clocks

    def test_a_sensor_that_is_two_hours_ahead(self):
        log = self.path("ahead.json")
        server = self.serve(self.path("state"), *self.with_model, log)
        numbers = iter(range(1000))
        deadline = time.monotonic() + 20
        while True:
            with open(log, "ab") as f:
                f.write(login(now(hours=2), next(numbers)))
            source = self.source(server, log)
            if source and source["skew"]["state"] == "steady":
                break
            self.assertLess(time.monotonic(), deadline, source)
            time.sleep(0.3)
        self.assertAlmostEqual(source["skew"]["seconds"], 7200, delta=10)
        self.assertIn("2 h ahead", source["skew"]["text"])
        self.assertGreater(source["future_events"], 0)
        self.assertAlmostEqual(source["future_seconds"], 7200, delta=10)
        server.push(login(now()))
        clock = server.get("summary").json["clock"]
        self.assertLess(datetime.fromisoformat(clock.replace("Z", "+00:00")), now(minutes=2))
        times = [e["event_time"] for e in server.get("events", from_=f"{now(hours=1):%Y-%m-%dT%H:%M:00Z}",
                                                     to=f"{now(hours=3):%Y-%m-%dT%H:%M:00Z}").json["events"]]
        self.assertGreater(len(times), 0)  # stored and shown with the time that it carries

    def config(self, text):
        path = self.path("config.yaml")
        path.write_text(text)
        return path

    def test_a_zone_for_one_source(self):
        """Dionaea's stamps carry no zone."""
        line = lines_of(self.logs[2])[0]
        stamp = json.loads(line)["timestamp"]
        logs = [self.path("east.json"), self.path("plain.json")]
        for log in logs:
            log.write_bytes(line if log is logs[0] else line.replace(b'"192.168', b'"192.169'))
        config = self.config(f"sources:\n  - input: {logs[0]}\n    name: east\n    timezone: \"+02:00\"\n  - input: {logs[1]}\n")
        server = self.serve(self.path("state"), *self.with_model, "--config", config)
        self.wait_for_records(server, 2)
        naive = datetime.fromisoformat(stamp).replace(tzinfo=timezone.utc)
        for name, expected in (("east", naive - timedelta(hours=2)), (str(logs[1]), naive)):
            first = self.source(server, name)["first_event"]
            self.assertEqual(datetime.fromisoformat(first.replace("Z", "+00:00")), expected, name)

    def test_an_unknown_key_of_the_configuration(self):
        config = self.config("sources:\n  - input: cowrie.json\n    colour: blue\n")
        done = subprocess.run([BINARY, "serve", "--state", str(self.path("state")), "--listen", "127.0.0.1:0", "--config", str(config)],
                              capture_output=True, text=True, timeout=20)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertRegex(done.stderr, r"config\.yaml:3")

    def test_late_events_are_counted_stored_and_shown(self):
        log = self.path("late.json")
        at = now(hours=-3)
        stamps = [0, 60, 119, 1000, 900, 881, 879, 300, 1010]  # the clock is at 1000: 880 is just in time
        log.write_bytes(b"".join(login(at + timedelta(seconds=s), i) for i, s in enumerate(stamps)))
        server = self.serve(self.path("state"), *self.with_model, "--lateness", "2m", log)
        self.wait_for_records(server, len(stamps))
        self.assertEqual(self.source(server, log)["counts"]["late"], 2)
        events = server.get("events", window="all", limit=50).json["events"]
        self.assertEqual(len(events), len(stamps))
        self.assertEqual(sum(e["late"] for e in events), 2)
        self.assertEqual(server.get("summary", window="all").json["now"]["events"], len(stamps))
        server = self.serve(self.path("state2"), *self.with_model, "--lateness", "30m", log)
        self.wait_for_records(server, len(stamps))
        self.assertEqual(self.source(server, log)["counts"]["late"], 0)

    def test_a_source_that_fell_silent_is_shown(self):
        """Waiting for a silence takes minutes: the accounts of a stopped server are moved into the past instead."""
        log, state = self.path("quiet.json"), self.path("state")
        log.write_bytes(b"".join(login(now(minutes=-50) + timedelta(seconds=20 * i), i) for i in range(120)))  # until 10 min ago
        server = self.serve(state, *self.with_model, log)
        self.wait_for_records(server, 120)
        self.wait_for_state(server, log, "live")
        self.end(server, state)
        with contextlib.closing(sqlite3.connect(state / "honeyguide.db")) as db, db:
            self.assertEqual(db.execute("UPDATE input SET last_arrival_us = last_event_us").rowcount, 1)
        server = self.serve(state, *self.with_model, log)
        self.wait_for_state(server, log, "silent")
        source = self.source(server, log)
        self.assertAlmostEqual(source["lag_seconds"], 600, delta=40)

    # ---- quarantine

    def quarantine(self, *args, state):
        done = subprocess.run([BINARY, "quarantine", *map(str, args), "--state", str(state)], capture_output=True, timeout=30)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def test_quarantine_lists_shows_and_retries(self):
        log, state = self.path("mixed.json"), self.path("state")
        good = lines_of(self.logs[1])[:3]
        bad = [b'{"eventid":"cowrie.login.failed","broken":\n', json.dumps({"eventid": HOSTILE}).encode() + b"\n", b'\xff\x1b[2J\xfe not JSON\n']
        log.write_bytes(good[0] + bad[0] + good[1] + bad[1] + bad[2] + good[2])
        server = self.serve(state, *self.with_model, log)
        self.wait_for_records(server, 6)
        self.assertEqual(live.counted(server)["malformed"], 3)
        shown = server.get("quarantine").json
        self.assertEqual([r["offset"] for r in shown["records"]],
                         [len(good[0] + bad[0] + good[1] + bad[1]), len(good[0] + bad[0] + good[1]), len(good[0])])
        status, out, err = self.quarantine("list", state=state)
        self.assertEqual(status, 0, err)
        for record in shown["records"]:
            self.assertIn(str(record["offset"]), out)
            self.assertIn(record["reason"], out)
        self.assertIn(str(log), out)
        numbers = sorted(r["number"] for r in shown["records"])
        for number in numbers:
            status, text, err = self.quarantine("show", number, state=state)
            self.assertEqual(status, 0, err)
            out += text
        for character in "\x1b\x07\u202e":
            self.assertNotIn(character, out)
        self.assertIn("not JSON", out)
        answer = server.ask("POST", "/api/v1/quarantine/retry", b"{}", {"Content-Type": "application/json"})
        self.assertEqual((answer.status, answer.json["read"], answer.json["decoded"], answer.json["malformed"]), (200, 3, 0, 3), answer.body)
        self.assertEqual(server.get("quarantine").json["quarantine"]["records"], 3)  # what still fails stays
        self.assertEqual(server.stop(), 0)
        status, out, err = self.quarantine("retry", state=state)
        self.assertEqual(status, 0, err)
        status, out, err = self.quarantine("list", state=state)
        self.assertEqual(sum(str(log) in line for line in out.splitlines()), 3, out)
        status, out, err = self.quarantine("show", 999999, state=state)
        self.assertNotEqual(status, 0)
        self.assertIn("999999", err)


if __name__ == "__main__":
    print("seed", SEED, flush=True)
    unittest.main(verbosity=1)
