#!/usr/bin/python3
"""The commands over files: what they print, what they refuse, and with which exit status."""
import csv
import gzip
import json
import os
import pty
import random
import subprocess
import sys
import tempfile
import unittest
import zlib

BINARY = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else "build/src/app/honeyguide"
SEED = int(os.environ.get("HG_SEED", "20100613"))

COWRIE = ('{"eventid":"cowrie.session.connect","src_ip":"203.0.113.9","src_port":4711,"dst_ip":"192.0.2.10","dst_port":22,'
          '"session":"%s","protocol":"ssh","sensor":"s","timestamp":"2025-01-09T17:22:%02d.301370Z"}\n')


def run(*args, stdin=b"", **more):
    return subprocess.run([BINARY, *args], input=stdin, capture_output=True, timeout=120, **more)


def content(path):
    with open(path, "rb") as f:
        return f.read()


def stats(result):
    return json.loads(result.stderr.splitlines()[0])


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.TemporaryDirectory()
        cls.dir = cls.tmp.name
        made = run("generate", "--out", cls.path("logs"), "--rows", "12000", "--seed", str(SEED))
        assert made.returncode == 0, made.stderr
        cls.logs = [cls.path("logs/" + n) for n in ("iscx.csv", "cowrie.json", "dionaea.json", "eve.json")]
        cls.model = cls.path("model")
        cls.trained = run("train", "--model", cls.model, *cls.logs)
        assert cls.trained.returncode == 0, cls.trained.stderr

    @classmethod
    def tearDownClass(cls):
        cls.tmp.cleanup()

    @classmethod
    def path(cls, name):
        return os.path.join(cls.dir, name)

    def write(self, name, data):
        with open(self.path(name), "wb") as f:
            f.write(data)
        return self.path(name)

    # ---- reading

    def test_an_empty_file_has_no_records_and_is_no_failure(self):
        r = run("normalize", "--stats", self.write("empty", b""))
        self.assertEqual((r.returncode, r.stdout, stats(r)["read"]), (0, b"", 0))

    def test_byte_order_mark_blank_lines_and_crlf_are_no_records(self):
        lines = (COWRIE % ("a", 1) + "\n" + COWRIE % ("b", 2)).replace("\n", "\r\n")
        r = run("normalize", "--stats", self.write("bom", b"\xef\xbb\xbf\n" + lines.encode()))
        self.assertEqual((r.returncode, stats(r)["read"], stats(r)["decoded"]), (0, 2, 2))

    def test_a_cut_last_line_is_malformed_and_the_rest_is_read(self):
        r = run("normalize", "--stats", self.write("cut", (COWRIE % ("a", 1) + COWRIE % ("b", 2)).encode()[:-40]))
        self.assertEqual((r.returncode, stats(r)["decoded"], stats(r)["malformed"]), (0, 1, 1))

    def test_an_unknown_format_is_malformed_throughout_and_fails(self):
        r = run("normalize", "--stats", self.write("notes", b"hello\n\nworld\n"))
        self.assertEqual((r.returncode, r.stdout), (1, b""))
        self.assertEqual((stats(r)["read"], stats(r)["malformed"], stats(r)["reasons"]), (2, 2, {"unknown_format": 2}))
        self.assertIn(self.path("notes").encode() + b" is of no known format", r.stderr)
        r = run("normalize", self.path("notes"), self.logs[1])  # it is named among others
        self.assertEqual((r.returncode, r.stderr.count(b"\n")), (1, 1), r.stderr)
        self.assertIn(self.path("notes").encode(), r.stderr)
        self.assertIn(b"standard input is of no known format", run("normalize", "-", stdin=b"hello\n").stderr)

    def test_what_was_put_right_is_counted(self):
        record = (COWRIE % ("a", 1)).replace('"ssh"', '"newfangled"') + \
            '{"eventid":"cowrie.session.closed","src_ip":"203.0.113.9","session":"a","timestamp":"2025-01-09T17:22:02.301370Z","duration":-1}\n'
        s = stats(run("normalize", "--stats", self.write("odd", record.encode())))
        self.assertEqual((s["decoded"], s["negative_counters"], s["unknown_applications"]), (2, 1, 1))

    def test_memory_does_not_grow_with_the_number_of_files(self):
        def peak(n):
            code = ("import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL);"
                    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
            return int(subprocess.run([sys.executable, "-c", code, BINARY, "normalize", *[big] * n], check=True, capture_output=True).stdout)
        big = self.write("big.json", content(self.logs[3]) * 4)
        few = peak(3)
        self.assertLess(peak(18), few * 1.5)

    def test_csv_is_utf_8_whatever_the_log_holds(self):
        log = self.write("latin.csv", b"appName,source,destination,startDateTime\nf\xe9p,192.0.2.1,198.51.100.2,6/13/2010 9:05\n")
        rows = list(csv.DictReader(run("normalize", "--output", "csv", log).stdout.decode().splitlines()))
        self.assertEqual([r["application_protocol"] for r in rows], ["F\ufffdP"])

    def test_foreign_exports_are_named(self):
        for record in ('{"_source":{"eventid":"cowrie.login.failed"}}', '{"timestamp":{"$date":1389355200},"source_ip":"192.0.2.1"}',
                       '{"timestamp":"2025-01-09T17:22:01.301370","connection":{"protocol":"smbd","transport":"tcp","type":"accept"},'
                       '"src_ip":"192.0.2.1","src_port":4711,"dest_ip":"198.51.100.1","dest_port":445}'):
            r = run("normalize", "--stats", self.write("export", record.encode() + b"\n"))
            self.assertEqual((r.returncode, stats(r)["reasons"]), (1, {"foreign_export": 1}), record)
            self.assertIn(self.path("export").encode() + b" is a Kibana or MHN export", r.stderr)

    def test_blank_lines_may_hold_white_space(self):
        r = run("normalize", "--stats", self.write("blanks", (" \t\n" + COWRIE % ("a", 1) + "  \r\n").encode()))
        self.assertEqual((r.returncode, stats(r)["read"], stats(r)["decoded"]), (0, 1, 1))
        r = run("normalize", "--stats", self.write("blank notes", b"  \nhello\n\t\n"))
        self.assertEqual((r.returncode, stats(r)["read"], stats(r)["malformed"]), (1, 1, 1))

    def test_a_log_that_begins_inside_a_record_is_read(self):
        lines = (COWRIE % ("a", 1) + COWRIE % ("b", 2) + COWRIE % ("c", 3)).encode()
        for cut in (1, 100, lines.index(b"\n") - 1):
            r = run("normalize", "--stats", self.write("head", lines[cut:]))
            self.assertEqual((r.returncode, stats(r)["read"], stats(r)["decoded"]), (0, 3, 2), cut)
            self.assertEqual(r.stdout, run("normalize", "-", stdin=lines[cut:]).stdout)

    def test_garbage_at_the_head_hides_nothing_behind_it(self):
        good = content(self.logs[3]).splitlines(keepends=True)[:300]
        for name, head, lost in (("one", b"starting\n", 1), ("hundred", b"starting up\n" * 100, 100), ("long", b"x" * 1500000 + b"\n", 1),
                                 ("hole", bytes(700000), 0), ("both", bytes(5000) + b"half a line\n" * 7, 7)):
            with self.subTest(name):
                path = self.path("head-" + name)
                with open(path, "wb") as f:
                    f.write(head + b"".join(good))
                r = run("normalize", "--stats", path)
                self.assertEqual(r.returncode, 0, r.stderr)
                self.assertEqual((stats(r)["read"], stats(r)["malformed"]), (lost + 300, lost))
                self.assertEqual(len(r.stdout.splitlines()), stats(r)["decoded"])

    def test_an_endless_line_counts_once_and_the_next_is_read(self):
        data = (COWRIE % ("a", 1)).encode() + b'{"eventid":"' + b"x" * 900000 + b'"}\n' + (COWRIE % ("b", 2)).encode()
        r = run("normalize", "--stats", self.write("endless", data))
        self.assertEqual(r.returncode, 0, r.stderr)
        self.assertEqual((stats(r)["read"], stats(r)["decoded"], stats(r)["reasons"]), (3, 2, {"too_long": 1}))

    def test_gzip_reads_as_plain_also_in_members(self):
        plain = content(self.logs[1])
        half = plain.index(b"\n", len(plain) // 2) + 1
        packed = self.write("cowrie.gz", gzip.compress(plain[:half]) + gzip.compress(plain[half:]))
        self.assertEqual(run("normalize", self.logs[1]).stdout, run("normalize", packed).stdout)

    def test_damaged_gzip_gives_what_it_has_and_fails_with_stats(self):
        plain = content(self.logs[1])
        packed = gzip.compress(plain)
        short = packed[:len(packed) // 2]
        there = zlib.decompressobj(31).decompress(short)
        r = run("normalize", "--stats", self.write("short.gz", short))
        self.assertEqual(r.returncode, 1)
        self.assertIn(b"gzip data ends in the middle", r.stderr)
        self.assertEqual(stats(r)["decoded"], len(r.stdout.splitlines()))
        self.assertEqual(stats(r)["read"], len(there.splitlines()))
        self.assertEqual(r.stdout, b"".join(run("normalize", self.logs[1]).stdout.splitlines(True)[:there.count(b"\n")]))
        for name, data in (("sum.gz", packed[:-8] + bytes(8)), ("tail.gz", packed + b"no gzip member")):
            r = run("normalize", "--stats", self.write(name, data))
            self.assertEqual(r.returncode, 1, name)
            self.assertIn(b"gzip data is damaged", r.stderr)
            self.assertEqual(stats(r)["read"], len(plain.splitlines()), name)

    def test_standard_input(self):
        data = content(self.logs[2])
        self.assertEqual(run("normalize", "-", stdin=data).stdout, run("normalize", self.logs[2]).stdout)

    def test_accounting_holds_for_mangled_logs(self):
        rng = random.Random(SEED)
        for log in self.logs:
            data = bytearray(content(log)[:200000])
            for _ in range(300):
                data[rng.randrange(200, len(data))] = rng.randrange(256)
            r = run("normalize", "--stats", self.write("mangled", bytes(data)))
            s = stats(r)
            self.assertEqual(s["read"], s["decoded"] + s["skipped"] + s["malformed"], log)
            self.assertEqual(s["decoded"], len(r.stdout.splitlines()), log)
            self.assertGreater(s["malformed"], 0, log)

    # ---- what comes out

    def test_normalize_is_the_same_at_any_number_of_threads(self):
        one = run("normalize", "--threads", "1", *self.logs).stdout
        self.assertEqual(one, run("normalize", "--threads", "3", *self.logs).stdout)

    def test_keys_missing_and_nulls_agree(self):
        keys = ("event_time dataset source_ip source_port destination_ip destination_port protocol application_protocol duration bytes_sent "
                "bytes_received packets_sent packets_received direction tcp_flags payload payload_encoding label attack_type missing "
                "event_id attributes").split()
        counters = {"bytes_sent", "bytes_received", "packets_sent", "packets_received"}
        for line in run("normalize", *self.logs).stdout.splitlines():
            event = json.loads(line)
            self.assertEqual(list(event), keys)
            for key in keys[:19]:
                if key in counters:
                    self.assertIsInstance(event[key], int)
                elif key != "payload_encoding":
                    self.assertEqual(event[key] is None, key in event["missing"], (key, event))

    def test_features_rows_and_empty_cells(self):
        out = run("features", *self.logs).stdout.decode().splitlines()
        header = out[0].split(",")
        self.assertEqual(header[:2] + header[-1:], ["duration", "total_bytes", "pair_is_new"])
        self.assertEqual(len(out) - 1, len(run("normalize", *self.logs).stdout.splitlines()))
        for row in out[1:]:
            cells = row.split(",")
            self.assertEqual(len(cells), len(header))
            self.assertFalse({"nan", "inf", "-inf"} & set(cells), row)

    def test_score_merges_by_time_and_scores_agree_with_events(self):
        events = [json.loads(l) for l in run("score", "--model", self.model, *self.logs).stdout.splitlines()]
        scores = run("score", "--model", self.model, "--output", "scores", *reversed(self.logs)).stdout.decode().splitlines()
        self.assertEqual(scores[0], "event_id,anomaly_score,severity")
        self.assertEqual(len(scores) - 1, len(events))
        for event, row in zip(events, scores[1:]):
            score = event["anomaly_score"]
            self.assertEqual(row.split(",")[0::2], [event["event_id"], event["severity"]])
            self.assertTrue(score is None or 0 <= score <= 1)
            self.assertEqual(event["is_anomaly"], event["severity"] != "none")
        self.assertTrue(any(e["is_anomaly"] for e in events))

    def test_events_of_one_moment_come_by_the_name_of_their_log(self):
        for folder in ("x", "y"):
            os.makedirs(self.path(folder), exist_ok=True)
        first = self.write("y/a.json", (COWRIE % ("first", 1)).encode())
        second = self.write("x/b.json", (COWRIE % ("second", 1)).encode())
        r = run("score", "--model", self.model, second, first)
        self.assertEqual([json.loads(e)["attributes"]["session"] for e in r.stdout.splitlines()], ["first", "second"])

    def test_control_characters_do_not_reach_a_terminal(self):
        record = ('{"eventid":"cowrie.command.input","src_ip":"203.0.113.9","session":"a","timestamp":"2025-01-09T17:22:02.301370Z",'
                  '"input":"\\u001b]0;title\\u0007 \\u009b2J \\u202e caf\u00e9"}\n').encode()
        log, shown = self.write("escapes", record), b""
        self.assertIn(b"\x1b]0;title\x07", run("normalize", "--output", "csv", log).stdout)
        master, terminal = pty.openpty()
        shower = subprocess.Popen([BINARY, "normalize", "--output", "csv", log], stdout=terminal)
        os.close(terminal)
        try:
            while part := os.read(master, 65536):
                shown += part
        except OSError: # the other end was closed
            pass
        os.close(master)
        self.assertEqual(shower.wait(timeout=60), 0)
        self.assertIn("\\u001b]0;title\\u0007 \\u009b2J \\u202e caf\u00e9".encode(), shown)
        self.assertNotIn(b"\x1b", shown)

    def test_threads_change_no_byte_of_score(self):
        one = run("score", "--model", self.model, "--threads", "1", *self.logs).stdout
        for threads in ("2", "5"):
            self.assertEqual(one, run("score", "--model", self.model, "--threads", threads, *self.logs).stdout)

    def test_shuffled_labels_change_no_score(self):
        lines = content(self.logs[0]).decode().splitlines()
        swapped = [l[:-6] + "Normal" if l.endswith("Attack") else l[:-6] + "Attack" if l.endswith("Normal") else l for l in lines]
        other = self.write("iscx-swapped.csv", ("\n".join(swapped) + "\n").encode())
        strip = lambda r: [l.split(b",", 1)[1] for l in r.stdout.splitlines()]
        a = run("score", "--model", self.model, "--output", "scores", self.logs[0])
        b = run("score", "--model", self.model, "--output", "scores", other)
        self.assertEqual(strip(a), strip(b))

    def test_ignored_labels_are_left_out(self):
        out = run("score", "--model", self.model, "--ignore-labels", self.logs[0]).stdout
        for line in out.splitlines():
            event = json.loads(line)
            self.assertIsNone(event["label"])
            self.assertIn("label", event["missing"])

    def test_training_is_the_same_twice_and_says_what_it_used(self):
        again = self.path("model2")
        run("train", "--model", again, "--threads", "1", *self.logs)
        self.assertEqual(content(self.model), content(again))
        text = self.trained.stdout.decode()
        for word in ("iscx", "suricata_flow", "cowrie", "dionaea", "rows", "missing"):
            self.assertIn(word, text)

    # ---- what is refused

    def test_wrong_use_is_status_2(self):
        for args in ((), ("nonsense",), ("normalize",), ("normalize", "--output", "xml", "x"), ("normalize", "--format", "zeek", "x"),
                     ("normalize", "--timezone", "iscx=25:00", "x"), ("score", "x"), ("train", "x"), ("generate",), ("digest",),
                     ("serve",), ("serve", "--state", self.path("s"), "--listen", "0.0.0.0:0"), ("replay", "x"),
                     ("replay", "--to", "http://127.0.0.1:1", "--speed", "0", "x"), ("score", "--threads", "0", "x"),
                     ("normalize", "--no-such-option", "x"), ("normalize", "syslog+udp:127.0.0.1:0")):
            r = run(*args)
            self.assertEqual(r.returncode, 2, (args, r.stderr))
            self.assertTrue(r.stderr, args)

    def test_every_command_has_help(self):
        for command in ("serve", "replay", "normalize", "features", "train", "score", "quarantine", "generate", "digest", "formats", "detectors"):
            r = run(command, "--help")
            self.assertEqual(r.returncode, 0)
            self.assertIn(b"usage: honeyguide " + command.encode(), r.stdout)

    def test_a_missing_file_is_named(self):
        r = run("normalize", self.path("not-there"))
        self.assertEqual(r.returncode, 1)
        self.assertIn(b"not-there", r.stderr)

    def test_a_full_disk_is_said(self):
        with open("/dev/full", "wb") as full:
            r = subprocess.run([BINARY, "normalize", *self.logs], stdout=full, stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(r.returncode, 1)
        self.assertIn(b"No space left", r.stderr)

    def test_a_damaged_or_foreign_model_is_refused(self):
        good = content(self.model)
        for name, data in (("cut", good[:-9]), ("foreign", b"PK\x03\x04" + good[4:]), ("flipped", good[:500] + bytes([good[500] ^ 1]) + good[501:]),
                           ("none", b"")):
            r = run("score", "--model", self.write(name, data), self.logs[0])
            self.assertEqual((r.returncode, r.stdout), (1, b""), name)
            self.assertIn(name.encode(), r.stderr)

    def test_a_closed_port_is_said_at_once(self):
        r = run("replay", "--to", "http://127.0.0.1:1", "--speed", "max", self.logs[1])
        self.assertEqual(r.returncode, 1)
        self.assertIn(b"127.0.0.1:1", r.stderr)


if __name__ == "__main__":
    print("seed", SEED)
    unittest.main(verbosity=1)
