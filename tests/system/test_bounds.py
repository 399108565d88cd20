"""Bounds, against the real program: test_bounds.py BINARY. Memory stays below what is stated under fast sources, a slow store and bombs;
what can't be taken is refused, cut off or counted as lost; a full disk pauses everything and damages nothing."""
import contextlib
import gzip
import os
import pathlib
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import live  # noqa: E402
import rotate  # noqa: E402
from live import LONG, SEED, say, until  # noqa: E402

MEMORY_MAX = 256 << 20  # everything but what is mapped
LINE_MAX = 64 * 1024


class Memory(threading.Thread):
    """The greatest RssAnon of a process while the block runs."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.pid, self.peak, self.ended = server.process.pid, 0, threading.Event()

    def run(self):
        while True:
            with contextlib.suppress(OSError, StopIteration):
                self.peak = max(self.peak, live.rss_anon(self.pid))
            if self.ended.wait(0.02):
                return

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join()


class Bounds(live.Case):
    ROWS = 200000 if LONG else 60000

    def assert_bounded(self, memory):
        say(f"{self.id().rsplit('.', 1)[1]}: at most {memory.peak / (1 << 20):.0f} MiB")
        self.assertGreater(memory.peak, 1 << 20)
        self.assertLess(memory.peak, MEMORY_MAX)

    @contextlib.contextmanager
    def slow_store(self, state, seconds=1.0):
        """Another writer holds the database nearly all the time."""
        ended, held = threading.Event(), []

        def hold():
            with contextlib.closing(sqlite3.connect(state / "honeyguide.db", timeout=20, isolation_level=None)) as db:
                while not ended.is_set():
                    try:
                        db.execute("BEGIN IMMEDIATE")
                    except sqlite3.OperationalError:
                        continue
                    held.append(1)
                    ended.wait(seconds)
                    db.execute("ROLLBACK")
                    time.sleep(0.4)

        thread = threading.Thread(target=hold)
        thread.start()
        try:
            yield held
        finally:
            ended.set()
            thread.join()

    def test_many_pushes_at_once_are_refused_not_kept(self):
        state = self.path("state")
        server = self.serve(state, *self.with_model)
        body = pathlib.Path(self.logs[3]).read_bytes()[:12 << 20]
        body = body[:body.rfind(b"\n") + 1]
        statuses, lock, stop = {}, threading.Lock(), threading.Event()

        def push(number):
            while not stop.is_set():
                answer = server.push(body, "suricata", source=f"sensor-{number}")
                with lock:
                    statuses[answer.status] = statuses.get(answer.status, 0) + 1
                if answer.status == 429:
                    self.assertGreaterEqual(int(answer.headers["Retry-After"]), 1)
                    time.sleep(0.05)

        with Memory(server) as memory, self.slow_store(state, 0.5):
            pushers = [threading.Thread(target=push, args=(n,), daemon=True) for n in range(16)]
            for pusher in pushers:
                pusher.start()
            time.sleep(30 if LONG else 8)
            stop.set()
            for pusher in pushers:
                pusher.join(60)
        say(f"answers by status: {statuses}")
        self.assertLessEqual(set(statuses), {200, 429, 503})
        self.assertGreater(statuses.get(429, 0), 0)
        self.assertGreater(statuses.get(200, 0), 0)
        self.assert_bounded(memory)
        lines = body.count(b"\n")
        self.assertEqual(live.total(server), statuses[200] * lines)  # what was refused left nothing

    def test_a_big_log_and_a_slow_store(self):
        state, logs = self.path("state"), [self.path("eve.json"), self.path("iscx.csv")]
        expected = self.followed(self.path("undisturbed"), [self.logs[3], self.logs[0]], *self.with_model)
        for log, name in zip(logs, (self.logs[3], self.logs[0])):
            log.symlink_to(name)
        server = self.serve(state, *self.with_model)
        server.stop()  # the database is there
        with self.slow_store(state) as held:
            server = self.serve(state, *self.with_model, *logs)
            with Memory(server) as memory:
                time.sleep(6)
        records = sum(map(live.records_of, logs))
        with Memory(server) as after:
            self.wait_for_records(server, records, 60)
        memory.peak = max(memory.peak, after.peak)
        self.assertGreater(len(held), 0)
        self.assert_bounded(memory)
        self.assertEqual(self.end(server, state), expected)

    def test_a_flood_of_datagrams_is_counted_as_lost(self):
        port = live.free_port(socket.SOCK_DGRAM)
        uri = f"syslog+udp:127.0.0.1:{port}"
        server = self.serve(self.path("state"), *self.with_model, uri)
        lines = pathlib.Path(self.logs[1]).read_bytes().splitlines()
        with socket.socket(type=socket.SOCK_DGRAM) as s, Memory(server) as memory:
            def send(line):
                s.sendto(b"<134>1 - sensor app - - - " + line, ("127.0.0.1", port))

            server.process.send_signal(signal.SIGSTOP)
            sent = min(len(lines), 20000)
            for line in lines[:sent]:
                send(line)
            server.process.send_signal(signal.SIGCONT)
            time.sleep(1)

            def accounted():
                nonlocal sent
                send(lines[sent % len(lines)])  # the kernel tells its count with a datagram
                sent += 1
                time.sleep(0.2)
                source = next(s for s in server.get("sources").json["sources"] if s["name"] == uri)
                return source["lost"] if live.total(server) + source["lost"] == sent else 0

            lost = until(accounted, 15, lambda: f"an account of {sent} datagrams {server.get('sources').json}")
        say(f"{sent} datagrams sent, {lost} of them lost and counted")
        self.assertGreater(lost, 0)
        self.assert_bounded(memory)

    def bomb(self, suffix, size):
        """A record, a line of that many bytes, a record; packed."""
        lines = pathlib.Path(self.logs[1]).read_bytes().splitlines(keepends=True)
        path = self.path("bomb.json" + suffix)
        packer = ["gzip", "-1"] if suffix == ".gz" else ["zstd", "-q", "--ultra", "-22", "--long=31"] if suffix == ".wide.zst" else ["zstd", "-q"]
        with open(path, "wb") as out:
            process = subprocess.Popen(packer + ["-c"], stdin=subprocess.PIPE, stdout=out)
            process.stdin.write(lines[0])
            for _ in range(size >> 20):
                process.stdin.write(b"x" * (1 << 20))
            process.stdin.write(b"\n" + lines[1])
            process.stdin.close()
            self.assertEqual(process.wait(), 0)
        return path

    def test_bombs_that_are_followed(self):
        for suffix in (".gz", ".zst"):
            with self.subTest(suffix):
                bomb = self.bomb(suffix, 1 << 30 if LONG else 400 << 20)
                server = self.serve(self.path("state" + suffix), *self.with_model, bomb)
                with Memory(server) as memory:
                    self.wait_for_records(server, 3, 60)
                counts = server.get("sources").json["sources"][0]["counts"]
                self.assertEqual((counts["decoded"], counts["malformed"], counts["reasons"]), (2, 1, {"too_long": 1}))
                self.assert_bounded(memory)

    def test_a_window_that_needs_gigabytes(self):
        """zstd lets the writer say how much memory the reader needs."""
        bomb = self.bomb(".wide.zst", 300 << 20)
        server = self.serve(self.path("state"), *self.with_model, bomb)
        with Memory(server) as memory:
            until(lambda: [s["state"] for s in server.get("sources").json["sources"]] == ["failed"] or live.total(server) >= 3, 60, "an end")
        self.assert_bounded(memory)

    def test_bombs_that_are_pushed(self):
        server = self.serve(self.path("state"), *self.with_model)
        packed = gzip.compress(b" " * (1 << 30 if LONG else 300 << 20), 1)
        with Memory(server) as memory:
            for _ in range(2):
                answer = server.push(packed, headers={"Content-Encoding": "gzip"})
                self.assertEqual(answer.status, 413)
        self.assert_bounded(memory)
        self.assertEqual(server.get("sources").json["sources"], [])

    def test_long_lines_are_cut_off_and_counted_once(self):
        lines = pathlib.Path(self.logs[1]).read_bytes().splitlines(keepends=True)[:40]
        content = b""
        for i, line in enumerate(lines):
            content += line
            if i % 10 == 3:
                content += b'{"eventid":"' + b"x" * (LINE_MAX * (1 + i)) + b'"}\n'
        log, sock = self.path("long.json"), self.path("long.sock")
        log.write_bytes(content)
        server = self.serve(self.path("state"), *self.with_model, log, f"unix:{sock}")
        with Memory(server) as memory:
            self.wait_for_records(server, 44)
            self.assertEqual(server.push(content, source="push").status, 200)
            until(sock.exists, 10, "the socket")
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(str(sock))
                s.sendall(content)
            self.wait_for_records(server, 132)
        for source in server.get("sources").json["sources"]:
            self.assertEqual((source["counts"]["read"], source["counts"]["decoded"], source["counts"]["reasons"]), (44, 40, {"too_long": 4}), source)
        self.assert_bounded(memory)

    def test_a_full_disk_while_a_log_is_followed_and_rotated(self):
        place = self.path("tiny")
        place.mkdir()
        if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", place], capture_output=True).returncode != 0:
            self.skipTest("needs root to mount a small tmpfs")
        self.addCleanup(subprocess.run, ["umount", "-l", place])
        header, lines = rotate.split(self.logs[3])
        rng, folder = random.Random(SEED), self.path("log")
        folder.mkdir()
        writer = rotate.Writer(folder / "eve.json", header)
        server = self.serve(place / "state", *self.with_model, writer.path)
        at, full = 0, False
        with Memory(server) as memory:
            while at < len(lines):
                n = rng.randrange(1, len(lines) // 12)
                writer.write(lines[at:at + n])
                at += n
                full = full or server.get("health").json["status"] == "stalled"
                time.sleep(0.1)
                if at < len(lines):
                    getattr(writer, rng.choice(rotate.KEEPING))()
            until(lambda: full or server.get("health").json["status"] == "stalled", 60, "a full disk")
            self.assertIn("full", server.get("summary").json["trouble"])
            subprocess.run(["mount", "-o", "remount,size=400m", place], check=True)
            self.wait_for_records(server, writer.expected(), 60)
        self.assertEqual(live.total(server), writer.expected())
        self.assertEqual(server.get("health").json["status"], "ok")
        self.assert_bounded(memory)
        digest = self.end(server, place / "state")
        pieces, state = writer.write_pieces(self.path("pieces")), self.path("undisturbed")
        server = self.serve(state, *self.with_model, pieces)
        self.wait_for_records(server, writer.expected(), 60)
        self.assertTrue(self.end(server, state) == digest, live.difference(place / "state", state))


if __name__ == "__main__":
    print("seed", SEED, flush=True)
    unittest.main(verbosity=1)
