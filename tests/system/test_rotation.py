"""Rotation, against the real program: test_rotation.py BINARY. A log of each kind is followed while it is renamed, copied and truncated,
replaced, removed, compressed behind it, rotated twice at once and while nobody looks, with restarts and kill -9 between: every record
written is counted once, and the digest is that of an undisturbed run over the same pieces."""
import json
import os
import pathlib
import random
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import live  # noqa: E402
import rotate  # noqa: E402
from live import LONG, SEED, say, until  # noqa: E402

STEPS = 125 if LONG else 15  # of each of the four logs


class Schedule(live.Case):
    ROWS = 200000 if LONG else 40000

    def undisturbed(self, writer):
        """The pieces as archives in one folder, which are read at once and merged by time: one after the other."""
        folder, state = writer.write_pieces(self.path("pieces")), self.path("undisturbed")
        server = self.serve(state, *self.with_model, folder)
        self.wait_for_records(server, writer.expected(), 60)
        return self.end(server, state)

    def account(self):
        """For who reads a failure: what was done when, and what the accounts hold of each piece."""
        held = dict(live.streams(self.state))
        self.note("now")
        for i, piece in enumerate(self.writer.pieces):
            lines = piece.splitlines(keepends=True)[len(self.writer.header) > 0:]
            offsets = [offset for offset in held if len(piece) - len(lines[-1]) < offset <= len(piece)] if lines else []
            self.journal.append(f"piece {i}: {len(lines)} records, {len(piece)} bytes; " + ("; ".join(held[o] for o in offsets) or "NOT read to its end"))
        return "\n".join(self.journal + ["stderr: " + "".join(self.server.errors)[-2000:], "streams: " + repr(sorted(held.items()))])

    def start(self):
        self.server = self.serve(self.state, *self.with_model, self.writer.path)

    def settle(self, seconds=30):
        try:
            self.wait_for_records(self.server, self.writer.expected(), seconds)
        except AssertionError as e:
            raise AssertionError(f"{e}\n{self.account()}") from None
        self.assertEqual(live.total(self.server), self.writer.expected())
        self.note("settled")

    def rotate_once(self, kind):
        """What the kind says; a file that will have no name must be open in the program, or nobody could read its rest."""
        if not self.writer.has_records():
            return False
        if kind in rotate.LOSING:
            until(lambda: live.has_open(self.server.process.pid, self.writer.path), 15, "opening the log")
        getattr(self.writer, kind)()
        if kind in rotate.LOSING:
            self.nameless = self.writer.expected()
        self.note(kind)
        return True

    def note(self, what):
        self.journal.append(f"{time.monotonic() - self.began:.2f} s, {len(self.writer.pieces)} pieces, {self.writer.expected()} records: {what}")

    def step(self, kind):
        """One entry of the schedule; whether it rotated."""
        if kind == "double":
            rotated = self.rotate_once(self.rng.choice(("rename", "shift", "dated")))
            self.write(2)
            return self.rotate_once(self.rng.choice(("rename", "shift", "dated", "gzip"))) or rotated
        if kind in ("down", "killed"):
            self.wait_for_records(self.server, self.nameless)  # nobody else has what the removed file held
            if kind == "killed":
                self.kill(self.server)
            else:
                self.assertEqual(self.server.stop(), 0, self.server.errors)
            self.note(kind)
            rotated = False
            for _ in range(self.rng.randrange(3)):
                rotated = self.rotate_once(self.rng.choice(rotate.KEEPING)) or rotated
                self.write(self.rng.choice((1, 30)))
            self.start()
            self.note("started")
            return rotated
        return self.rotate_once(kind)

    def write(self, n):
        """The next n records, in several writes, sometimes the last one in two halves."""
        n = min(n, len(self.lines) - 10 - self.next)  # some are left for the end
        while n > 0:
            some = min(n, self.rng.randrange(1, 200))
            self.writer.write(self.lines[self.next:self.next + some])
            self.next, n = self.next + some, n - some
        if self.rng.random() < 0.25 and self.next < len(self.lines) - 10:
            self.writer.write_half(self.lines[self.next])
            self.next += 1

    def run_schedule(self, log):
        self.rng = random.Random(f"{SEED} {log}")
        header, self.lines = rotate.split(log)
        self.next, self.nameless, self.state = 0, 0, self.path("state")
        folder = self.path("log")
        folder.mkdir()
        self.writer = rotate.Writer(folder / "live.log", header)
        kinds = list(rotate.KEEPING + rotate.LOSING) + ["double", "down", "killed"]
        schedule = (self.rng.sample(kinds, len(kinds)) + self.rng.choices(kinds, k=STEPS))[:STEPS]
        share = len(self.lines) // (STEPS + 1)
        self.journal, self.began = [], time.monotonic()
        self.start()  # the log is not there yet
        until(lambda: live.is_followed(self.state), what="the first mark")
        done = {}
        for kind in schedule:
            self.write(self.rng.randrange(1, 2 * share))
            how = self.rng.random()
            if how < 0.3:
                self.settle()
            elif how < 0.7:
                time.sleep(self.rng.uniform(0, 0.3))
            done[kind] = done.get(kind, 0) + self.step(kind)
        self.writer.write(self.lines[self.next:])
        self.settle(60)
        counts = live.counted(self.server)
        self.assertEqual(counts["malformed"], self.writer.cut)
        digest = self.end(self.server, self.state)
        self.assertTrue(digest == self.undisturbed(self.writer),
                        f"{self.account()}\n{live.difference(self.state, self.path('undisturbed'))}")
        say(f"{os.path.basename(log)}: {sum(done.values())} rotations, {self.writer.records} records, {self.writer.cut} cut: {done}")

    def test_flows(self):
        self.run_schedule(self.logs[0])

    def test_cowrie(self):
        self.run_schedule(self.logs[1])

    def test_dionaea(self):
        self.run_schedule(self.logs[2])

    def test_suricata(self):
        self.run_schedule(self.logs[3])


class OneRotation(live.Case):
    ROWS = 8000

    def setUp(self):
        folder = self.path("log")
        folder.mkdir()
        self.log = folder / "cowrie.json"
        self.lines = pathlib.Path(self.logs[1]).read_bytes().splitlines(keepends=True)[:300]

    def follow(self, state="state"):
        return self.serve(self.path(state), *self.with_model, self.log)

    def test_sessions_go_on_across_a_rotation_and_a_restart(self):
        """Cowrie says the addresses once a session, when it begins."""
        session = "0123456789ab"
        stamp = "2025-03-06T12:00:{:02}.000000Z".format
        connect = {"eventid": "cowrie.session.connect", "src_ip": "192.0.2.77", "src_port": 40001, "dst_ip": "198.51.100.5", "dst_port": 2222,
                   "session": session, "protocol": "ssh", "timestamp": stamp(1)}
        later = [{"eventid": "cowrie.login.failed", "username": "root", "password": f"pw{i}", "session": session, "src_ip": "192.0.2.77",
                  "timestamp": stamp(2 + i)} for i in range(3)]
        put = lambda *records: (json.dumps(r).encode() + b"\n" for r in records)  # noqa: E731
        writer = rotate.Writer(self.log)
        server = self.follow()
        writer.write(list(put(connect, later[0])))
        self.wait_for_records(server, 2)
        writer.rename()
        writer.write(list(put(later[1])))
        self.wait_for_records(server, 3)
        self.kill(server)
        writer.gzip()
        writer.write(list(put(later[2])))
        server = self.follow()
        self.wait_for_records(server, 4)
        events = server.get("events", window="all", limit=10).json["events"]
        self.assertEqual(len(events), 4)
        for event in events:
            self.assertEqual((event["source_ip"], event["source_port"], event["destination_ip"], event["destination_port"]),
                             ("192.0.2.77", 40001, "198.51.100.5", 2222), event)

    def test_a_cut_line_waits_until_its_file_is_done(self):
        writer = rotate.Writer(self.log)
        server = self.follow()
        writer.write(self.lines[:100])
        writer.write_half(self.lines[100])
        self.wait_for_records(server, 100)
        time.sleep(1.5)
        self.assertEqual((live.total(server), live.counted(server)["malformed"]), (100, 0))
        writer.write(self.lines[101:150])  # ends it first
        self.wait_for_records(server, 150)
        self.assertEqual(live.counted(server)["malformed"], 0)
        writer.write_half(self.lines[150])
        writer.rename()
        time.sleep(0.5)
        self.assertEqual((live.total(server), live.counted(server)["malformed"]), (150, 0))
        writer.write(self.lines[151:200])
        self.wait_for_records(server, 200)
        self.assertEqual((live.total(server), live.counted(server)["malformed"]), (200, 1))
        status = server.get("sources").json["sources"]
        self.assertEqual([(s["state"], s["rotations"]) for s in status], [("live", 1)], status)

    def test_a_writer_that_is_late_to_reopen(self):
        """Between the rename and its signal the logger goes on writing into the renamed file."""
        server = self.follow()
        with open(self.log, "ab", buffering=0) as f:
            f.write(b"".join(self.lines[:100]))
            self.wait_for_records(server, 100)
            os.rename(self.log, self.log.with_name("cowrie.json.1"))
            time.sleep(0.3)
            f.write(b"".join(self.lines[100:200]))
            self.wait_for_records(server, 200)
        self.log.write_bytes(b"".join(self.lines[200:]))
        self.wait_for_records(server, 300)
        self.assertEqual(live.total(server), 300)

    def test_an_archive_that_comes_back_adds_nothing(self):
        server = self.follow()
        writer = rotate.Writer(self.log)
        writer.write(self.lines[:200])
        self.wait_for_records(server, 200)
        old = writer.rename()
        writer.write(self.lines[200:])
        self.wait_for_records(server, 300)
        content = old.read_bytes()
        self.log.with_name("cowrie.json.7").write_bytes(content)
        os.replace(old, self.log.with_name("cowrie.json.9"))
        os.utime(self.log.with_name("cowrie.json.9"))
        time.sleep(1.5)
        self.assertEqual(live.total(server), 300)
        server.stop()
        server = self.follow()
        time.sleep(1.5)
        self.assertEqual(live.total(server), 300)

    def test_what_was_truncated_away_unread_is_said(self):
        """Nobody can count what is gone; that something is gone can be told where it was seen."""
        server = self.follow()
        writer = rotate.Writer(self.log)
        writer.write(self.lines[:200])
        self.wait_for_records(server, 200)
        server.process.send_signal(live.signal.SIGSTOP)
        writer.write(self.lines[200:250])
        os.truncate(self.log, 0)
        server.process.send_signal(live.signal.SIGCONT)
        time.sleep(0.3)
        with open(self.log, "ab") as f:
            f.write(b"".join(self.lines[250:]))
        self.wait_for_records(server, 250)
        self.assertEqual(live.total(server), 250)


if __name__ == "__main__":
    print("seed", SEED, flush=True)
    unittest.main(verbosity=1)
