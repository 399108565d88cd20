"""Ten minutes of a hostile life: soak.py BUILD_DIR [--minutes N] [--rate N]. Records are written to a followed log at a steady rate, the log
is rotated every 20 s, each time in another way, and the server is killed (kill -9) every 30 s. At the end every record must have been
counted once and the digest be that of an undisturbed run over the same pieces. script/bench --soak prepares what it needs."""
import argparse
import contextlib
import os
import pathlib
import random
import shutil
import subprocess
import sys
import threading
import time

arguments = argparse.ArgumentParser()
arguments.add_argument("build")
arguments.add_argument("--minutes", type=float, default=10)
arguments.add_argument("--rate", type=int, default=20000)
arguments.add_argument("--rotate-every", type=float, default=20)
arguments.add_argument("--kill-every", type=float, default=30)
OPTIONS = arguments.parse_args()
sys.argv[1:] = [os.path.join(OPTIONS.build, "src/app/honeyguide")]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/support"))
import live  # noqa: E402
import rotate  # noqa: E402
from api import Server  # noqa: E402
from live import BINARY, SEED, run  # noqa: E402

ROOM = pathlib.Path("var/bench/soak")
TICK = 0.05
KEEP_ARCHIVES = 4
BEGIN_US = 1_741_258_800_000_000  # event time of the first record
KINDS = ("rename", "copytruncate", "gzip", "shift", "zstd", "dated")


def serve(state, *inputs):
    return Server([BINARY, "serve", "--state", str(state), "--listen", "127.0.0.1:0", "--model", str(ROOM / "model"), *map(str, inputs)])


class Records:
    """Generated lines over and over, each with a time of its own: 1 / rate after the one before."""

    def __init__(self):
        if not (ROOM / "model").exists():
            run("generate", "--out", ROOM / "logs", "--rows", 300000, "--seed", 20_260_708)
            run("train", "--model", ROOM / "model", ROOM / "logs" / "eve.json")
        lines = (ROOM / "logs" / "eve.json").read_bytes().splitlines(keepends=True)
        self.tails = [line[line.index(b",") + 1:] for line in lines]
        self.next = 0

    def take(self, n):
        out = []
        for i in range(self.next, self.next + n):
            us = BEGIN_US + i * 1_000_000 // OPTIONS.rate
            second, rest = divmod(us, 1_000_000)
            if second != getattr(self, "second", None):
                self.second = second
                self.stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
            out.append(b'{"timestamp":"%s.%06d+0000",%s' % (self.stamp.encode(), rest, self.tails[i % len(self.tails)]))
        self.next += n
        return out


class Log(rotate.Writer):
    """Keeps its pieces as packed files, not in memory, and the bounds of each in records."""

    def __init__(self, path, pieces):
        super().__init__(path)
        self.folder, self.begun, self.packers, self.aging = pieces, [], [], []

    def open(self):
        self.file = open(self.path, "ab", buffering=0)
        if os.fstat(self.file.fileno()).st_size == 0:
            self.begun.append(self.records)
            self.pieces.append(bytearray())

    def put(self, data):
        self.file.write(data)

    def in_background(self, *commands):
        def work():
            for command in commands:
                subprocess.run(["nice", *map(str, command)], check=True)

        self.packers = [packer for packer in self.packers if packer.is_alive()]
        self.packers.append(threading.Thread(target=work))
        self.packers[-1].start()

    def rotate(self, kind):
        """The old piece also goes into the folder of pieces: as a name more, since no way of rotation changes its bytes now."""
        way = kind if kind in ("shift", "dated", "copytruncate") else "rename"
        old = getattr(self, way)()
        piece = self.folder / f"{len(self.begun):05}"
        os.link(old, piece)
        commands = [["zstd", "-q", "-1", piece, "-o", f"{piece}.part"], ["mv", f"{piece}.part", f"{piece}.zst"], ["rm", piece]]
        if kind == "gzip":
            commands.insert(0, ["gzip", "-f", "-1", old])  # in sight of who follows, as logrotate's delaycompress has it
        elif kind == "zstd":
            commands.insert(0, ["zstd", "-q", "-f", "-1", "--rm", old])
        self.in_background(*commands)
        self.aging.append((self.records, os.stat(piece).st_ino, time.monotonic()))

    def forget_archives(self, counted):
        """Old archives go when all of them was counted, as an operator would see to."""
        while len(self.aging) > KEEP_ARCHIVES and self.aging[0][0] <= counted and time.monotonic() - self.aging[0][2] > 60:
            self.aging.pop(0)
            archives = sorted((p for p in self.path.parent.iterdir() if p != self.path and p.name[0] != "."), key=lambda p: p.stat().st_mtime)
            with contextlib.suppress(FileNotFoundError):
                archives[0].unlink()


class Victim(threading.Thread):
    """The server: killed and started again, and looked at meanwhile."""

    def __init__(self, state, log):
        super().__init__(daemon=True)
        self.state, self.log, self.ended = state, log, threading.Event()
        self.kills = self.in_flight = self.in_flight_records = self.rss = self.counted = 0
        self.lags, self.down, self.failure = [], 0.0, None
        self.rng = random.Random(SEED)
        self.server = serve(state, log.path)

    def kill(self):
        began = time.monotonic()
        lost = live.kill_in_flight(self.server, self.state, 0.05)
        self.kills += 1
        self.in_flight += lost > 0
        self.in_flight_records += lost
        self.server = serve(self.state, self.log.path)
        self.down += time.monotonic() - began

    def look(self):
        with contextlib.suppress(OSError, StopIteration):
            self.rss = max(self.rss, live.rss_anon(self.server.process.pid))
        if time.monotonic() >= self.next_look:
            self.next_look = time.monotonic() + 1
            self.counted = live.total(self.server)
            self.lags.append((self.log.records - self.counted) / OPTIONS.rate)

    def run(self):
        self.next_look = 0
        next_kill = time.monotonic() + OPTIONS.kill_every
        try:
            while not self.ended.wait(0.1):
                if time.monotonic() >= next_kill:
                    time.sleep(self.rng.uniform(0, 1))
                    self.kill()
                    next_kill += OPTIONS.kill_every
                self.look()
        except Exception as e:  # pylint: disable=broad-except
            self.failure = e


def write_and_rotate(records, log, victim):
    """Keeps the rate, whatever the server does."""
    began = time.monotonic()
    next_rotation, rotations, seconds = OPTIONS.rotate_every, 0, OPTIONS.minutes * 60
    while (now := time.monotonic() - began) < seconds and victim.failure is None:
        due = int(min(now + TICK, seconds) * OPTIONS.rate) - records.next
        if due > 0:
            log.write(records.take(due))
        if now >= next_rotation:
            log.rotate(KINDS[rotations % len(KINDS)])
            rotations, next_rotation = rotations + 1, next_rotation + OPTIONS.rotate_every
            log.forget_archives(victim.counted)
        time.sleep(max(0.0, TICK - (time.monotonic() - began - now)))
    return rotations, time.monotonic() - began


def caught_up(server, records, seconds=600):
    began = time.monotonic()
    live.until(lambda: live.total(server) >= records, seconds, lambda: f"{records} records counted (now {live.counted(server)})", pause=0.2)
    return time.monotonic() - began


def digest_of(server, state):
    if server.stop() != 0:
        sys.exit("the server failed: " + "".join(server.errors)[-2000:])
    return run("digest", "--state", state, timeout=600)


def main():
    for name in ("state", "undisturbed", "live", "pieces"):
        shutil.rmtree(ROOM / name, ignore_errors=True)
    for name in ("live", "pieces"):
        (ROOM / name).mkdir(parents=True)
    print(f"seed {SEED}; {OPTIONS.minutes:g} minutes, {OPTIONS.rate:,} records a second, a rotation every {OPTIONS.rotate_every:g} s, "
          f"kill -9 every {OPTIONS.kill_every:g} s", flush=True)
    records, log = Records(), Log(ROOM / "live" / "eve.json", ROOM / "pieces")
    victim = Victim(ROOM / "state", log)
    victim.start()
    rotations, seconds = write_and_rotate(records, log, victim)
    victim.ended.set()
    victim.join()
    if victim.failure is not None:
        raise victim.failure
    print(f"written: {log.records:,} records in {seconds:.0f} s: {log.records / seconds:,.0f} a second", flush=True)
    catching = caught_up(victim.server, log.records)
    total, malformed = live.total(victim.server), live.counted(victim.server)["malformed"]
    digest = digest_of(victim.server, ROOM / "state")
    log.close()
    os.link(log.path, log.folder / f"{len(log.begun) + 1:05}")
    for packer in log.packers:
        packer.join()
    lags = sorted(victim.lags)
    print(f"kills: {victim.kills}, {victim.in_flight} of them with uncommitted records in flight ({victim.in_flight_records:,} records), "
          f"down for {victim.down:.1f} s in all\nrotations: {rotations}\n"
          f"lag: median {lags[len(lags) // 2]:.2f} s, at most {lags[-1]:.2f} s; {catching:.1f} s to catch up at the end\n"
          f"memory: at most {victim.rss / (1 << 20):.0f} MiB\ncounted: {total:,} of {log.records:,} records, {malformed} malformed", flush=True)
    began, server = time.monotonic(), serve(ROOM / "undisturbed", ROOM / "pieces")
    caught_up(server, log.records, 1800)
    print(f"undisturbed: {log.records / (time.monotonic() - began):,.0f} records a second", flush=True)
    undisturbed = digest_of(server, ROOM / "undisturbed")
    good = total == log.records and digest == undisturbed and malformed == 0 and 2 * victim.in_flight >= victim.kills
    print(f"digests: {digest[:16]} and {undisturbed[:16]}: {'equal' if digest == undisturbed else 'DIFFERENT'}")
    print("soak passed" if good else "soak FAILED")
    sys.exit(not good)


if __name__ == "__main__":
    main()
