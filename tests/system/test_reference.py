#!/usr/bin/python3
"""The windows of bench/reference_whole.py are those of `honeyguide features`, column by column; and it scores: test_reference.py BINARY.

So the benchmark compares two programs that do the same.
"""
import csv
import io
import json
import math
import os
import subprocess
import sys
import tempfile
import unittest

BINARY = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else "build/src/app/honeyguide"
REFERENCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../bench/reference_whole.py")
LOGS = {"suricata": "eve.json", "iscx": "iscx.csv"}
ROWS = 30000
COLUMNS = 20
# Debian's own Python: another one in the path would lack its scikit-learn.
PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable
THERE = subprocess.run([PYTHON, "-c", "import pandas, sklearn"], capture_output=True, check=False).returncode == 0


def printed(*args):
    return subprocess.run(args, capture_output=True, timeout=300, check=True).stdout.decode()


def number(text):
    return float(text) if text else math.nan


def same(a, b):
    return math.isnan(a) and math.isnan(b) or math.isclose(a, b, rel_tol=1e-5)


@unittest.skipUnless(THERE, "needs Debian's python3-pandas and python3-sklearn")
class Reference(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.TemporaryDirectory()
        printed(BINARY, "generate", "--out", cls.tmp.name, "--rows", str(ROWS), "--seed", "7")

    @classmethod
    def tearDownClass(cls):
        cls.tmp.cleanup()

    def reference(self, kind, output):
        return printed(PYTHON, REFERENCE, "--format", kind, "--output", output, os.path.join(self.tmp.name, LOGS[kind]))

    def test_windows_are_the_same(self):
        for kind, log in LOGS.items():
            ours = list(csv.DictReader(io.StringIO(printed(BINARY, "features", os.path.join(self.tmp.name, log)))))
            theirs = list(csv.DictReader(io.StringIO(self.reference(kind, "columns"))))
            self.assertEqual(len(ours), len(theirs))
            self.assertEqual(COLUMNS, len(theirs[0]))
            for column in theirs[0]:
                pairs = [(number(a[column]), number(b[column])) for a, b in zip(ours, theirs)]
                self.assertEqual([], [(i, *pair) for i, pair in enumerate(pairs) if not same(*pair)][:5], f"{kind}: {column}")
                self.assertGreater(len({a for a, _ in pairs if not math.isnan(a)}), 1, f"{kind}: {column}")

    def test_verdicts_of_both_outputs_agree(self):
        for kind in LOGS:
            scores = list(csv.DictReader(io.StringIO(self.reference(kind, "scores"))))
            events = [json.loads(line) for line in self.reference(kind, "jsonl").splitlines()]
            self.assertEqual([(row["event_id"], float(row["anomaly_score"]), row["severity"]) for row in scores],
                             [(e["event_id"], e["anomaly_score"], e["severity"]) for e in events])
            self.assertGreater(len({e["anomaly_score"] for e in events}), 100)


if __name__ == "__main__":
    unittest.main(verbosity=1)
