#!/usr/bin/python3
"""`serve --config FILE`: what a wrong file is told, line by line, and that a good one is what the server runs with."""
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from api import Server  # noqa: E402

BINARY = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else "build/src/app/honeyguide"

COWRIE = ('{"eventid":"cowrie.login.failed","src_ip":"203.0.113.9","src_port":4711,"dst_ip":"192.0.2.10","dst_port":22,"session":"%s",'
          '"protocol":"ssh","username":"u","password":"p","sensor":"s","timestamp":"2025-01-09T17:22:%02d.301370%s"}\n')

# (the file, the line that is wrong, what is said of it)
WRONG = [
    ("state: s\nbogus: 1\n", 2, "one of the keys state, listen, model, geo, token-file, .*sources, found 'bogus'"),
    ("state: s\n# a remark\n\nState: s\n", 4, "one of the keys .*, found 'State'"),
    ("state: s\nlisten: 127.0.0.1:0\nstate: t\n", 3, "each key once, found 'state'"),
    ("state:\n", 1, "a path, found nothing"),
    ("state: [a]\n", 1, "a path, found a list"),
    ("state: {a: b}\n", 1, "a path, found a mapping"),
    ('state: "a\\0b"\n', 1, "a path"),
    ("state: s\nlisten: localhost:8765\n", 2, "ADDR:PORT .*, found 'localhost:8765'"),
    ("listen: 8765\n", 1, "ADDR:PORT .*, found '8765'"),
    ("listen: 127.0.0.1:65536\n", 1, "ADDR:PORT"),
    ("listen: 127.0.0.1:\n", 1, "ADDR:PORT|found something else"),
    ("geo: one.mmdb\n", 1, "a list of 1 to 16 paths, found 'one.mmdb'"),
    ("geo: []\n", 1, "a list of 1 to 16 paths, found a list"),
    ("geo:\n  - a\n  -\n", 3, "a path, found nothing"),
    ("mappings:\n- a: b\n", 2, "a path, found a mapping"),
    ("mappings: [%s]\n" % ", ".join("m" * 17), 1, "a list of 1 to 16 paths"),
    ("ignore-labels: maybe\n", 1, "true or false, found 'maybe'"),
    ("ignore-labels: yes\n", 1, "true or false, found 'yes'"),
    ("alerts-per-day: 0\n", 1, "a number greater than 0, found '0'"),
    ("alerts-per-day: -1\n", 1, "a number greater than 0"),
    ("alerts-per-day: many\n", 1, "a number greater than 0, found 'many'"),
    ("alerts-per-day: nan\n", 1, "a number greater than 0"),
    ("alerts-per-day: [1]\n", 1, "a number greater than 0, found a list"),
    ("per-source: 1\n", 1, "true or false, found '1'"),
    ("false-alarm-rate: 0\n", 1, "a number greater than 0 and at most 0.1, found '0'"),
    ("false-alarm-rate: 0.11\n", 1, "at most 0.1, found '0.11'"),
    ("false-alarm-rate: 0.001\nalerts-per-day: 3\n", 2, "false-alarm-rate alone, without alerts-per-day and per-source, found '3'"),
    ("per-source: true\nfalse-alarm-rate: 0.001\n", 2, "false-alarm-rate alone"),
    ("recent: -1\n", 1, "a whole number from 0 to 1000000000, found '-1'"),
    ("recent: 1000000001\n", 1, "a whole number"),
    ("recent: 1e6\n", 1, "a whole number"),
    ("keep: 5m\n", 1, "a duration of at least 1h, such as 90d, found '5m'"),
    ("keep: [1]\n", 1, "a duration of at least 1h"),
    ("keep-bytes: 1MiB\n", 1, "a size of at least 16MiB, such as 20GiB, found '1MiB'"),
    ("min-free: 1GB\n", 1, "a size such as 500MiB or 2GiB, found '1GB'"),
    ("recent: [1]\n", 1, "a whole number .*, found a list"),
    ("seed: 18446744073709551616\n", 1, "a whole number"),
    ("seed: 0x10\n", 1, "a whole number"),
    ("lateness: 2\n", 1, "a duration such as 90s, 2m or 1h, found '2'"),
    ("lateness: -2m\n", 1, "a duration"),
    ("local-zone: Berlin\n", 1, "a zone such as .*, found 'Berlin'"),
    ("local-zone: \"+15:00\"\n", 1, "a zone"),
    ("sources: a.json\n", 1, "a list of 1 to 4096 sources, found 'a.json'"),
    ("sources: []\n", 1, "a list of 1 to 4096 sources"),
    ("sources:\n  - a.json\n", 2, "keys out of input, name, format, timezone, found 'a.json'"),
    ("sources:\n  - name: x\n", 2, "the key input, found a mapping"),
    ("sources:\n  - input: a\n    nme: x\n", 3, "one of the keys input, name, format, timezone, found 'nme'"),
    ("sources:\n  - input: a\n    input: b\n", 3, "each key once"),
    ("sources:\n  - input:\n", 2, "a path, a glob, a folder, - or a listener's URI, found nothing"),
    ("sources:\n  - input: syslog:127.0.0.1:514\n", 2, r"syslog\+tcp:ADDR:PORT .*, found 'syslog:127.0.0.1:514'"),
    ("sources:\n  - input: a\n    name: x\n  - input: b\n    name: x\n", 4, "a name other than 'x', which the source of line 2 has"),
    ("sources:\n  - input: a\n    name: \"\\e]0;x\"\n", 3, "a name .*, found '\\?]0;x'"),
    ("sources:\n  - input: a\n    name: %s\n" % ("n" * 256), 3, "a name of up to 255 bytes"),
    ("sources:\n  - input: a\n    timezone: UTC+2\n", 3, "a zone"),
    ("sources:\n  - input: a\n  - input: b\n    format: zeke\n", 3, "a format that `honeyguide formats` lists, .*, found 'zeke'"),
    ("", 1, "keys out of state, .*, found nothing"),
    ("# only a remark\n", 1, "found nothing"),
    ("- state\n", 1, "keys out of .*, found a list"),
    ("just words\n", 1, "keys out of .*, found 'just words'"),
    ("state: s\n---\nstate: t\n", 3, "one document"),
    ("state: s\n  listen: x\n", 2, "found something else: mapping values are not allowed"),
    ("state: s\n\tlisten: x\n", 2, "found something else"),
    ("state: s\ngeo: [a, b\n", 3, "found something else"),
    ("state: *nowhere\n", 1, "found something else"),
    ("state: \x80\n", 1, "found something else"),
]


class Config(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.made = tempfile.TemporaryDirectory()
        cls.model = os.path.join(cls.made.name, "model")
        subprocess.run([BINARY, "generate", "--out", cls.made.name, "--rows", "5000"], check=True, capture_output=True)
        subprocess.run([BINARY, "train", "--model", cls.model, os.path.join(cls.made.name, "cowrie.json")], check=True, capture_output=True)

    @classmethod
    def tearDownClass(cls):
        cls.made.cleanup()

    def setUp(self):
        self.tmp = tempfile.TemporaryDirectory()
        self.addCleanup(self.tmp.cleanup)
        self.dir = pathlib.Path(self.tmp.name)
        (self.dir / "conf").mkdir()
        self.file = self.dir / "conf" / "honeyguide.yaml"

    def serve(self, *args):
        return subprocess.run([BINARY, "serve", "--config", str(self.file), *args], capture_output=True, timeout=60, text=True, cwd=self.dir)

    def start(self, text, *args):
        self.file.write_text(f"model: {self.model}\n{text}")  # with a model events are shown at once
        server = Server([BINARY, "serve", "--config", str(self.file), *args])
        self.addCleanup(server.stop)
        return server

    def await_events(self, server, n):
        deadline = time.monotonic() + 30
        while (total := server.get("health").json["sequence"]) < n and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertEqual(total, n)

    def test_what_is_wrong_is_named_by_file_line_and_expectation(self):
        for text, line, words in WRONG:
            with self.subTest(text=text[:80]):
                self.file.write_bytes(text.encode("latin-1"))
                r = self.serve("--state", "unused", "--listen", "127.0.0.1:0")
                self.assertEqual(r.returncode, 2, r.stderr)
                first = r.stderr.splitlines()[0]
                self.assertRegex(first, r"^honeyguide serve: " + re.escape(f"{self.file}:{line}: expected ") + ".*")
                self.assertRegex(first, words)
                self.assertNotRegex(r.stderr, r"[\x00-\x09\x0b-\x1f]")
                self.assertFalse((self.dir / "unused").exists())

    def test_no_file_a_folder_and_a_huge_one(self):
        r = self.serve("--state", "unused")
        self.assertEqual(r.returncode, 1)
        self.assertIn(f"can't read {self.file}: No such file", r.stderr)
        self.file.mkdir()
        self.assertEqual(self.serve("--state", "unused").returncode, 1)
        self.file.rmdir()
        self.file.write_text("# " + "x" * (1 << 20) + "\nstate: s\n")
        r = self.serve()
        self.assertEqual(r.returncode, 2)
        self.assertIn("at most 1048576 bytes", r.stderr)

    def test_a_state_is_needed_from_somewhere(self):
        self.file.write_text("seed: 1\n")
        r = self.serve()
        self.assertEqual(r.returncode, 2)
        self.assertIn("--state DIR", r.stderr)

    def test_an_input_of_a_kind_that_there_is_not(self):
        self.file.write_text("listen: 127.0.0.1:0\n")
        r = self.serve("--state", "unused", "syslog:127.0.0.1:514")
        self.assertEqual(r.returncode, 2, r.stderr)
        self.assertIn("syslog+tcp:ADDR:PORT, not 'syslog:127.0.0.1:514'", r.stderr)
        self.assertFalse((self.dir / "unused").exists())
        (self.dir / "conf" / "syslog:1").write_text(COWRIE % ("a", 1, "Z"))
        server = self.start("listen: 127.0.0.1:0\nstate: s\nsources: [{input: 'syslog:1'}, {input: './later:1'}]\n")
        self.await_events(server, 1)

    def test_config_is_given_once(self):
        self.file.write_text("state: s\n")
        self.assertEqual(self.serve("--config", str(self.file)).returncode, 2)

    def test_an_address_beyond_this_machine_needs_a_token_here_too(self):
        self.file.write_text("state: s\nlisten: 0.0.0.0:0\n")
        r = self.serve()
        self.assertEqual(r.returncode, 2)
        self.assertIn("--token-file is needed", r.stderr)

    def test_relative_paths_are_relative_to_the_file(self):
        (self.dir / "conf" / "cowrie.json").write_text("".join(COWRIE % (f"s{i}", i, "Z") for i in range(20)))
        server = self.start("state: results\nlisten: 127.0.0.1:0\nsources:\n  - input: cowrie.json\n")
        self.await_events(server, 20)
        self.assertTrue((self.dir / "conf" / "results" / "honeyguide.db").exists())

    def test_an_option_wins_over_the_file_wherever_it_stands(self):
        (self.dir / "token").write_text("a-token-that-is-long-enough\n")
        server = self.start("state: results\nlisten: 127.0.0.2:0\nrecent: 5\ntoken-file: ../token\n", "--state", str(self.dir / "other"),
                            "--listen", "127.0.0.1:0")
        self.assertEqual(server.address, "127.0.0.1")
        self.assertEqual(server.get("summary").status, 401)
        self.assertTrue((self.dir / "other" / "honeyguide.db").exists())
        self.assertFalse((self.dir / "conf" / "results").exists())
        self.file.write_text("state: results\nlisten: 127.0.0.2:0\n")
        first = Server([BINARY, "serve", "--listen", "127.0.0.1:0", "--config", str(self.file)])
        self.addCleanup(first.stop)
        self.assertEqual(first.address, "127.0.0.1")

    def test_a_budget_of_the_command_line_wins_as_a_whole(self):
        for text, options, expected in (("alerts-per-day: 2.5\nper-source: true\n", (), ("per_source", 2.5, None)),
                                        ("false-alarm-rate: 1e-4\nper-source: false\n", (), ("rate", None, 1e-4)),
                                        ("alerts-per-day: 3\nper-source: true\n", ("--false-alarm-rate", "0.002"), ("rate", None, 0.002)),
                                        ("false-alarm-rate: 0.002\n", ("--alerts-per-day", "7"), ("total", 7, None)),
                                        ("false-alarm-rate: 0.002\n", ("--per-source",), ("per_source", 20, None))):
            server = self.start("state: s\nlisten: 127.0.0.1:0\n" + text, *options)
            budget = server.get("reliability").json["budget"]
            self.assertEqual((budget["mode"], budget["alerts_per_day"], budget["false_alarm_rate"]), expected)
            server.stop()

    def test_sources_of_the_file_and_of_the_command_line_are_read(self):
        (self.dir / "conf" / "a.json").write_text("".join(COWRIE % (f"a{i}", i, "Z") for i in range(7)))
        (self.dir / "b.json").write_text("".join(COWRIE % (f"b{i}", i, "Z") for i in range(5)))
        server = self.start("state: s\nlisten: 127.0.0.1:0\nsources:\n  - input: a.json\n    name: tpot-2\n    format: cowrie\n",
                            str(self.dir / "b.json"))
        self.await_events(server, 12)
        self.assertIn("tpot-2", [s["name"] for s in server.get("sources").json["sources"]])

    def test_a_timezone_fixes_naive_stamps_of_one_source(self):
        (self.dir / "conf" / "naive.json").write_text("".join(COWRIE % (f"a{i}", i, "") for i in range(3)))
        server = self.start("state: s\nlisten: 127.0.0.1:0\nsources:\n  - input: naive.json\n    timezone: \"+02:00\"\n")
        self.await_events(server, 3)
        times = {e["event_time"][:16] for e in server.get("events", window="all").json["events"]}
        self.assertEqual(times, {"2025-01-09T15:22"})

    def test_a_unix_socket_is_listened_on_beside_the_file(self):
        server = self.start("state: s\nlisten: 127.0.0.1:0\nsources:\n  - input: unix:eve.sock\n    format: cowrie\n")
        path = self.dir / "conf" / "eve.sock"
        deadline = time.monotonic() + 10
        while not path.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(str(path))
            peer.sendall("".join(COWRIE % (f"u{i}", i, "Z") for i in range(9)).encode())
        self.await_events(server, 9)
        server.stop()
        self.assertFalse(path.exists())


if __name__ == "__main__":
    unittest.main(verbosity=1)
