"""The live pipeline of the real program: test_live.py BINARY. Learning first, late sub-models, files that grow, restarts and kill -9,
a disk that is full for a while: at the end the digest is that of an undisturbed run."""
import gzip
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from api import Server  # noqa: E402

BINARY = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "build/src/app/honeyguide"
LONG = os.environ.get("HG_LONG") == "1"
SEED = int(os.environ.get("HG_SEED") or random.randrange(1 << 32))
LOGS = ("iscx.csv", "cowrie.json", "dionaea.json", "eve.json")


def run(*args):
    done = subprocess.run([BINARY, *map(str, args)], capture_output=True, timeout=300)
    if done.returncode != 0:
        raise AssertionError(f"honeyguide {args[0]}: {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.stdout.decode().strip()


def until(condition, seconds=30, what="it"):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"{what} did not happen within {seconds} s")


class Live(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.TemporaryDirectory()
        cls.dir = pathlib.Path(cls.tmp.name)
        run("generate", "--out", cls.dir / "logs", "--rows", 30000, "--seed", SEED % 1000 + 1)
        cls.logs = [str(cls.dir / "logs" / name) for name in LOGS]
        cls.model = cls.dir / "model"
        run("train", "--model", cls.model, *cls.logs)
        cls.events = len((cls.dir / "logs" / "truth.csv").read_bytes().splitlines()) - 1
        cls.undisturbed = cls.followed(cls, cls.dir / "undisturbed", cls.logs, "--model", str(cls.model))

    @classmethod
    def tearDownClass(cls):
        cls.tmp.cleanup()

    def serve(self, state, *options):
        server = Server([BINARY, "serve", "--state", str(state), "--listen", "127.0.0.1:0", *options])
        if isinstance(self, unittest.TestCase):
            self.addCleanup(server.stop)
        return server

    def wait_for(self, server, events):
        until(lambda: server.get("health").json["sequence"] >= events, 60, f"{events} events")

    def all_alerts(self, server):
        cursor = {}
        while cursor is not None:
            page = server.get("alerts", window="all", limit=500, **cursor).json
            yield from page["alerts"]
            cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else None

    def followed(self, state, logs, *options):
        """The digest after following the logs to their ends."""
        server = Live.serve(self, state, *options, *logs)
        Live.wait_for(self, server, self.events)
        status = server.stop()
        assert status == 0, (status, server.errors)
        return run("digest", "--state", state)

    def test_replay_ends_where_following_does(self):
        server = self.serve(self.dir / "pushed", "--model", str(self.model))
        run("replay", "--to", f"http://127.0.0.1:{server.port}", "--speed", "max", *self.logs)
        server.stop()
        self.assertEqual(run("digest", "--state", self.dir / "pushed"), self.undisturbed)

    def test_restarts_change_nothing_and_take_nothing_twice(self):
        self.assertEqual(self.followed(self.dir / "again", self.logs, "--model", str(self.model)), self.undisturbed)
        self.assertEqual(self.followed(self.dir / "again", self.logs), self.undisturbed)  # the model is in the state

    def test_kill_9_while_following(self):
        """Logs grow in steps while the program is killed again and again."""
        grown = self.dir / "grown"
        grown.mkdir()
        paths = [grown / name for name in LOGS]
        data = [pathlib.Path(log).read_bytes() for log in self.logs]
        server, kills, rng = None, 0, random.Random(SEED)
        for path, content in zip(paths, data):  # merging needs all heads: what is there at the start is merged by time
            path.write_bytes(content)
        state = self.dir / "killed"
        for _ in range(40 if LONG else 8):
            server = self.serve(state, "--model", str(self.model), *map(str, paths))
            time.sleep(rng.uniform(0.0, 0.25))
            server.process.kill()
            server.process.wait()
            kills += 1
        self.assertEqual(self.followed(state, list(map(str, paths)), "--model", str(self.model)), self.undisturbed)
        print(f"killed {kills} times", file=sys.stderr)

    def test_a_growing_file_is_followed_and_a_cut_line_waits(self):
        log = self.dir / "grow.json"
        lines = pathlib.Path(self.logs[1]).read_bytes().splitlines(keepends=True)[:600]
        log.write_bytes(b"".join(lines[:300]) + lines[300][:40])
        server = self.serve(self.dir / "grow-state", "--model", str(self.model), str(log))
        self.wait_for(server, 300)
        time.sleep(0.5)
        source = server.get("sources").json["sources"][0]
        self.assertEqual((source["events"], source["counts"]["malformed"]), (300, 0))
        with open(log, "ab") as f:
            f.write(lines[300][40:] + b"".join(lines[301:]))
        self.wait_for(server, 600)
        self.assertEqual(server.get("sources").json["sources"][0]["counts"]["malformed"], 0)

    def test_a_damaged_input_leaves_the_others_alone(self):
        damaged = self.dir / "damaged.json.gz"
        packed = bytearray(gzip.compress(pathlib.Path(self.logs[3]).read_bytes()))
        packed[20000:20100] = bytes(100)
        damaged.write_bytes(packed)
        server = self.serve(self.dir / "damaged", "--model", str(self.model), str(damaged), self.logs[1])
        whole = len(pathlib.Path(self.logs[1]).read_bytes().splitlines())

        def sources():
            return {s["name"]: s for s in server.get("sources").json["sources"]}

        until(lambda: sources().get(self.logs[1], {}).get("events") == whole, 30, "the other log")
        until(lambda: sources()[str(damaged)]["state"] == "failed", 30, "a word about the damage")
        self.assertIn("damaged", sources()[str(damaged)]["trouble"])
        self.assertEqual(sources()[self.logs[1]]["state"], "live")
        self.assertEqual(server.stop(), 0)

    def test_standard_input_is_read_as_it_comes(self):
        lines = pathlib.Path(self.logs[1]).read_bytes().splitlines(keepends=True)[:500]
        server = Server([BINARY, "serve", "--state", str(self.dir / "piped"), "--listen", "127.0.0.1:0", "--model", str(self.model), "-"],
                        stdin=subprocess.PIPE)
        self.addCleanup(server.stop)
        for part, events in ((lines[:200], 200), (lines[200:], 500)):  # the pipe stays open between
            server.process.stdin.write(b"".join(part).decode())
            server.process.stdin.flush()
            self.wait_for(server, events)
        server.process.stdin.close()

    def test_learning_first_is_said_and_loses_nothing(self):
        server = self.serve(self.dir / "learn")
        head = pathlib.Path(self.logs[1]).read_bytes().splitlines(keepends=True)[:200]
        self.assertEqual(server.push(b"".join(head[:100]) + b'{"cut":\n' * 50 + b"".join(head[100:])).status, 200)
        learning = server.get("summary").json
        self.assertEqual((learning["state"], learning["learning"]), ("learning", {"events": 200, "needed": 10000}))
        run("replay", "--to", f"http://127.0.0.1:{server.port}", "--speed", "max", *self.logs)
        pushed = [s for s in server.get("sources").json["sources"] if s["name"] == "push"]
        self.assertEqual((pushed[0]["counts"]["malformed"], pushed[0]["events"]), (50, 200))
        after = server.get("summary", window="all").json
        self.assertEqual((after["state"], after["now"]["events"]), ("live", self.events + 200))
        names = {s["name"] for s in after["model"]["sub_models"] if s["rows"] > 0}
        self.assertLessEqual({"iscx", "suricata_flow", "cowrie", "dionaea"}, names)  # also those that came late
        self.assertEqual({a["learned_in_sample"] for a in self.all_alerts(server)}, {True, False})

    def test_ignored_labels_leave_the_score_alone(self):
        server = self.serve(self.dir / "ignore", "--ignore-labels", "--model", str(self.model))
        run("replay", "--to", f"http://127.0.0.1:{server.port}", "--speed", "max", *self.logs)
        summary = server.get("summary", window="all").json
        self.assertTrue(summary["ignore_labels"])
        self.assertEqual((summary["now"]["by_label"], summary["now"]["by_both"]), (0, 0))
        self.assertGreater(summary["now"]["by_score"], 0)

    def test_aligned_files_start_together_and_say_so(self):
        server = self.serve(self.dir / "aligned", "--model", str(self.model))
        late = self.dir / "late.json"
        late.write_bytes(pathlib.Path(self.logs[2]).read_bytes().replace(b'"2025-', b'"2027-'))
        run("replay", "--to", f"http://127.0.0.1:{server.port}", "--speed", "max", "--align", self.logs[1], late)
        sources = server.get("sources", window="all").json["sources"]
        self.assertEqual(len({s["first_event"] for s in sources}), 1, sources)
        self.assertEqual(sorted(s["shift_seconds"] != 0 for s in sources), [False, True])

    def test_a_full_disk_pauses_and_goes_on(self):
        place = self.dir / "tiny"
        place.mkdir()
        if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", place], capture_output=True).returncode != 0:
            self.skipTest("needs root to mount a small tmpfs")
        self.addCleanup(subprocess.run, ["umount", "-l", place])
        server = self.serve(place / "state", "--model", str(self.model))
        replay = subprocess.Popen([BINARY, "replay", "--to", f"http://127.0.0.1:{server.port}", "--speed", "max", *self.logs],
                                  stderr=subprocess.DEVNULL)
        until(lambda: server.get("health").json["status"] == "stalled", 60, "a full disk")
        self.assertIn("full", server.get("summary").json["trouble"])
        subprocess.run(["mount", "-o", "remount,size=300m", place], check=True)
        self.assertEqual(replay.wait(timeout=60), 0)
        self.assertEqual(server.stop(), 0)
        self.assertEqual(run("digest", "--state", place / "state"), self.undisturbed)


if __name__ == "__main__":
    print("seed", SEED)
    unittest.main(verbosity=1)
