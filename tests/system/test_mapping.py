#!/usr/bin/python3
"""Mapping files through the real program: the manual's example, the logs that are told by content, what is refused and how."""
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

BINARY = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else "build/src/app/honeyguide"
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GOLDEN = os.path.join(ROOT, "tests", "golden")
MINE = """format: mine
summary: my log
dataset: custom1
log: csv
recognise: {has: [when, who]}
fields:
  event_time: {from: when, time: epoch_s}
  source_ip: who
  duration: {from: took, unit: ms}
  bytes_sent: out
"""


def run(*args):
    return subprocess.run([BINARY, *args], capture_output=True, timeout=120, text=True)


def events(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


class Mapping(unittest.TestCase):
    def setUp(self):
        self.tmp = tempfile.TemporaryDirectory()
        self.addCleanup(self.tmp.cleanup)

    def write(self, name, text):
        path = os.path.join(self.tmp.name, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def test_the_manuals_example(self):
        with open(os.path.join(ROOT, "docs", "mappings.md"), encoding="utf-8") as f:
            manual = f.read()
        log, printed = (re.search(f"```{kind}\n(.*?)```", manual, re.S)[1] for kind in ("", "json"))
        mapping = self.write("firewall.yaml", re.search(r"```yaml\n(.*?)```", manual, re.S)[1])
        got = run("normalize", "--mapping", mapping, self.write("log.csv", log))
        self.assertEqual((got.returncode, got.stderr), (0, ""))
        first, second = events(got)
        expected = json.loads(printed)
        self.assertEqual(len(first.pop("event_id")), 32)
        del expected["event_id"]
        self.assertEqual(first, expected)
        self.assertEqual(list(first), list(expected))
        self.assertEqual((second["label"], second["attack_type"], second["tcp_flags"]), ("Attack", "scan", "S"))
        self.assertIn("duration", second["missing"])

    def test_logs_are_told_by_content(self):
        for name, log, dataset in (("zeek_conn", "conn.log", "zeek"), ("zeek_conn", "quirks.log", "zeek"), ("zeek_conn_json", "conn.log", "zeek"),
                                   ("cicflowmeter", "flows.log", "cicflowmeter"), ("unsw_nb15", "raw.log", "unsw_nb15")):
            with self.subTest(log=f"{name}/{log}"):
                path = os.path.join(GOLDEN, name, log)
                with open(path[:-len("log")] + "expected", encoding="utf-8") as f:
                    expected = [json.loads(line) for line in f if line.startswith('{"event_time"')]
                got = run("normalize", path)
                self.assertEqual(got.returncode, 0, got.stderr)
                self.assertEqual(events(got), expected)  # ids, too
                self.assertEqual({e["dataset"] for e in expected}, {dataset})
                self.assertEqual(events(run("normalize", "--format", name, path)), expected)

    def test_zeek_logs_that_begin_alike_are_different_logs(self):
        with open(os.path.join(GOLDEN, "zeek_conn", "conn.log"), encoding="utf-8") as f:
            lines = f.read().splitlines(keepends=True)
        header, rows = [l for l in lines[:-1] if l[0] == "#"], [l for l in lines if l[0] != "#"]
        a, b = self.write("a.log", "".join(header + rows[:2])), self.write("b.log", "".join(header + rows[2:]))
        ids = [e["event_id"] for path in (a, b) for e in events(run("normalize", path))]
        self.assertEqual(len(ids), 5)
        self.assertEqual(len(set(ids)), 5)

    def test_wrong_mappings_say_where(self):
        log = self.write("log.csv", "when,who,took,out\n1,192.0.2.1,5,6\n")
        for wrong, line, expected in (("unit: min", 9, "expected s, ms, us or ns, found 'min'"), ("units: s", 9, "expected one of the keys from optional unit")):
            path = self.write("mine.yaml", MINE.replace("unit: ms", wrong))
            got = run("normalize", "--mapping", path, log)
            self.assertEqual((got.returncode, got.stdout), (2, ""))
            self.assertIn(f"{path}:{line}: {expected}", got.stderr)

    def test_two_logs_never_share_a_dataset(self):
        a, b = self.write("a.yaml", MINE), self.write("b.yaml", MINE.replace("format: mine", "format: other"))
        log = self.write("log.csv", "when,who,took,out\n1,192.0.2.1,5,6\n")
        got = run("normalize", "--mapping", a, "--mapping", b, log)
        self.assertEqual(got.returncode, 2)
        self.assertIn("b.yaml: expected a dataset of its own, found 'custom1', which", got.stderr)
        self.write("b.yaml", MINE.replace("format: mine", "format: other").replace("custom1", "custom2").replace("when, who", "when, whom"))
        got = run("normalize", "--mapping", a, "--mapping", b, log)
        self.assertEqual((got.returncode, events(got)[0]["dataset"]), (0, "custom1"), got.stderr)

    def test_a_log_without_times_is_refused(self):
        log = self.write("ml.csv", " Destination Port, Flow Duration, Total Fwd Packets, Total Backward Packets, Flow IAT Mean, Label\n80,1,1,1,1,BENIGN\n")
        got = run("normalize", log)
        self.assertNotEqual(got.returncode, 0)
        self.assertIn("cicflowmeter: the log has no column 'Timestamp'", got.stderr)
        self.assertEqual(got.stdout, "")

    def test_a_mapped_log_is_learnt_and_scored(self):
        rows = "".join(f"{1736370811 + i},192.0.2.{i % 9},{i % 37},{1000 + i * 7 % 500}\n" for i in range(600))
        log = self.write("log.csv", "when,who,took,out\n" + rows + "1736380000,192.0.2.1,5000000,900000000\n")
        mapping, model = self.write("mine.yaml", MINE), os.path.join(self.tmp.name, "model")
        got = run("train", "--mapping", mapping, "--model", model, log)
        self.assertEqual(got.returncode, 0, got.stderr)
        self.assertIn("custom1: 601 rows without label used of 601", got.stdout + got.stderr)
        got = run("score", "--mapping", mapping, "--model", model, log)
        self.assertEqual(got.returncode, 0, got.stderr)
        scores = [e["anomaly_score"] for e in events(got)]
        self.assertEqual(len(scores), 601)
        self.assertEqual(max(scores), scores[-1])

    def test_formats_are_listed_with_their_notes(self):
        lines = run("formats").stdout.splitlines()
        untried = {line.split()[0] for line in lines if "untried on real files" in line}
        self.assertEqual(untried, {"zeek_conn", "zeek_conn_json", "cicflowmeter", "unsw_nb15"})
        self.assertLessEqual({"iscx", "cowrie", "dionaea", "suricata"}, {line.split()[0] for line in lines})


if __name__ == "__main__":
    unittest.main(verbosity=1)
