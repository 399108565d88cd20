"""The demo as a newcomer starts it: 15 seconds after the server's start each of the page's four questions is answered with an
attack that was found by score, and all is moving; Ctrl-C ends it cleanly; a second start is quick. test_demo.py [BINARY]
(script/demo builds its own program)."""
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest
import urllib.request

if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
    sys.argv.pop(1)
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FIRST_START = 600  # seconds: it may build
SECOND_START = 5


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Demo:
    """script/demo in a process group of its own, and when its server was first seen to listen."""

    def __init__(self):
        self.port = free_port()
        self.said = []
        self.process = subprocess.Popen(["script/demo"], cwd=ROOT, env={**os.environ, "HG_DEMO_PORT": str(self.port)}, text=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        threading.Thread(target=lambda: self.said.extend(self.process.stdout), daemon=True).start()

    def wait_until_up(self, seconds):
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            if self.process.poll() is not None:
                raise AssertionError("the demo ended:\n" + "".join(self.said))
            try:
                self.get("health")
                return time.monotonic() - began
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"not up after {seconds} s:\n" + "".join(self.said))

    def get(self, route):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/{route}", timeout=5) as answer:
            return json.load(answer)

    def end(self):
        """Ctrl-C reaches the whole group, as it does on a terminal."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(timeout=30)


class TestDemo(unittest.TestCase):
    def test_four_questions_are_answered_within_15_seconds(self):
        demo = Demo()
        try:
            demo.wait_until_up(FIRST_START)
            up = time.monotonic()
            first = demo.get("summary")
            while time.monotonic() - up < 14:
                time.sleep(0.5)
            self.check(demo, first)
        finally:
            status = demo.end()
        self.assertEqual(0, status, "".join(demo.said))
        with socket.socket() as s:
            self.assertNotEqual(0, s.connect_ex(("127.0.0.1", demo.port)), "the server is still there after Ctrl-C")
        self.assertIn(f"http://127.0.0.1:{demo.port}", "".join(demo.said))
        demo = Demo()
        try:
            self.assertLess(demo.wait_until_up(60), SECOND_START)
        finally:
            status = demo.end()
        self.assertEqual(0, status, "".join(demo.said))

    def check(self, demo, first):
        summary, alerts = demo.get("summary"), demo.get("alerts")["alerts"]
        series, geo, ports = demo.get("timeseries")["buckets"], demo.get("geo"), demo.get("ports")["rows"]
        now = summary["now"]
        self.assertEqual("live", summary["state"], summary)
        self.assertGreater(now["events"], 0)
        self.assertGreater(now["by_score"] + now["by_both"], 0, summary)
        self.assertGreater(summary["attackers"]["count"], 0)
        self.assertGreater(summary["sequence"], first["sequence"], "nothing moves")
        self.assertTrue(any(a["by_score"] + a["by_both"] > 0 and a["severity"] != "none" and a["reason"] for a in alerts), alerts[:3])
        self.assertTrue(any(b["by_score"] + b["by_both"] > 0 for b in series))
        self.assertTrue(any(p["by_score"] + p["by_both"] > 0 for p in ports), ports[:3])
        self.assertTrue(geo["available"], geo.get("trouble"))
        self.assertTrue(any(p["by_score"] + p["by_both"] > 0 for p in geo["points"]), geo["points"][:3])
        self.found_by_score(demo, alerts)

    def found_by_score(self, demo, alerts):
        """At least one of the alerts that the score raised is an attack of the sample's truth."""
        with open(os.path.join(ROOT, "var/demo/show/truth.csv"), encoding="utf-8") as f:
            attacks = {line.split(",")[0] for line in f if ",Attack," in line}
        self.assertTrue(any(a["event_id"] in attacks for a in alerts if a["severity"] != "none"))

    def test_a_port_in_use_is_said(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            s.listen()
            done = subprocess.run(["script/demo"], cwd=ROOT, env={**os.environ, "HG_DEMO_PORT": str(s.getsockname()[1])},
                                  capture_output=True, text=True, timeout=FIRST_START, stdin=subprocess.DEVNULL)
        self.assertEqual(1, done.returncode)
        self.assertIn("taken by another program", done.stderr)

    def test_a_file_that_is_not_there_is_said(self):
        done = subprocess.run(["script/demo", "/nowhere.json"], cwd=ROOT, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
        self.assertEqual(1, done.returncode)
        self.assertIn("can't read /nowhere.json", done.stderr)


if __name__ == "__main__":
    unittest.main()
