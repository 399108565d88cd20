"""Determinism, against the real program: test_replay.py BINARY. The digest is the same at any speed and batch size, the scores
at any number of threads; files are merged by event time at their heads; what comes twice counts once."""
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

BINARY = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "build/src/app/honeyguide"
LONG = os.environ.get("HG_LONG") == "1"
SEED = int(os.environ.get("HG_SEED") or random.randrange(1 << 32))
ROWS = 60000 if LONG else 6000
LOGS = ("iscx.csv", "cowrie.json", "dionaea.json", "eve.json")


def run(*args, **more):
    done = subprocess.run([BINARY, *map(str, args)], capture_output=True, timeout=600, **more)
    if done.returncode != 0:
        raise AssertionError(f"honeyguide {args[0]} ended with {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """A server on a state directory of its own, ended with the test."""

    def __init__(self, state, *options):
        self.url = f"http://127.0.0.1:{free_port()}"
        self.state = state
        self.process = subprocess.Popen([BINARY, "serve", "--state", state, "--listen", self.url[7:], *options],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for _ in range(200):
            try:
                self.get("health")
                return
            except OSError:
                if self.process.poll() is not None:
                    raise AssertionError(self.process.stderr.read().decode())
                time.sleep(0.05)
        raise AssertionError("the server did not come up")

    def get(self, route):
        with urllib.request.urlopen(f"{self.url}/api/v1/{route}", timeout=10) as answer:
            return json.load(answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        said = self.process.communicate(timeout=60)[1].decode(errors="replace")
        if self.process.returncode != 0 and _[0] is None:
            raise AssertionError(f"the server ended with {self.process.returncode}: {said}")


class Replay(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.room = tempfile.TemporaryDirectory()
        logs = os.path.join(cls.room.name, "logs")
        run("generate", "--out", logs, "--rows", ROWS, "--seed", SEED)
        cls.logs = [os.path.join(logs, name) for name in LOGS]
        cls.model = os.path.join(cls.room.name, "model")
        run("train", "--model", cls.model, *cls.logs)
        cls.count = 0

    @classmethod
    def tearDownClass(cls):
        cls.room.cleanup()

    def state(self):
        type(self).count += 1
        return os.path.join(self.room.name, f"state{self.count}")

    def digest_after(self, *options, model=True, rounds=1):
        state = self.state()
        with Server(state, *(["--model", self.model] if model else [])) as server:
            for _ in range(rounds):
                run("replay", "--to", server.url, *options, *self.logs)
            events = server.get("summary?window=all")["now"]["events"]
        return run("digest", "--state", state).strip(), events

    def assert_same(self, ways, **more):
        digests = {" ".join(map(str, way)): self.digest_after(*way, **more) for way in ways}
        self.assertEqual(1, len(set(digests.values())), "\n".join(f"{way}: {digest}" for way, digest in digests.items()))
        digest, events = next(iter(digests.values()))
        self.assertGreater(events, ROWS * 0.9)
        self.assertRegex(digest.decode(), r"\b[0-9a-f]{64}\b")

    def test_speed_and_batch_size_change_no_result(self):
        speed = 3600 if LONG else 86400
        self.assert_same([("--speed", "max"), ("--speed", speed), ("--speed", "max", "--batch", 7),
                          ("--speed", "max", "--batch", 65536)])

    def test_one_record_a_request_changes_no_result(self):
        logs, self.logs = self.logs, [self.logs[1], self.logs[2]]
        try:
            digests = {self.digest_after("--speed", "max", "--batch", n) for n in (1, 1000)}
        finally:
            self.logs = logs
        self.assertEqual(1, len(digests), digests)

    def test_learning_as_it_goes_is_as_reproducible(self):
        self.assert_same([("--speed", "max"), ("--speed", "max", "--batch", 7), ("--speed", 864000, "--batch", 65536)], model=False)

    def test_another_seed_of_logs_gives_another_digest(self):
        other = os.path.join(self.room.name, "other")
        run("generate", "--out", other, "--rows", ROWS, "--seed", SEED + 1)
        mine = self.digest_after("--speed", "max")
        logs, self.logs = self.logs, [os.path.join(other, name) for name in LOGS]
        try:
            self.assertNotEqual(mine[0], self.digest_after("--speed", "max")[0])
        finally:
            self.logs = logs

    def test_a_file_of_no_known_format_is_said(self):
        notes = os.path.join(self.room.name, "notes")
        with open(notes, "w") as f:
            f.write("hello\nworld\n")
        with Server(self.state(), "--model", self.model) as server:
            done = subprocess.run([BINARY, "replay", "--to", server.url, "--speed", "max", notes], capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(f"{notes} is of no known format".encode(), done.stderr)

    def test_the_same_input_twice_adds_nothing(self):
        """The second time all of it is recognised: the account counts duplicates, and no answer changes."""
        def answers(server):
            said = {route: server.get(f"{route}?window=all") for route in ("summary", "geo", "ports", "protocols", "alerts")}
            said["summary"] = {key: said["summary"][key] for key in ("now", "attackers", "alerts", "clock")}
            for answer in said.values():
                answer.pop("sequence", None)
            return said

        with Server(self.state(), "--model", self.model) as server:
            run("replay", "--to", server.url, "--speed", "max", *self.logs)
            before, sources = answers(server), server.get("sources")["sources"]
            run("replay", "--to", server.url, "--speed", "max", *self.logs)
            self.assertEqual(before, answers(server))
            for first, second in zip(sources, server.get("sources")["sources"]):
                self.assertEqual(second["counts"]["duplicates"], first["counts"]["decoded"])
                self.assertEqual(second["events"], first["events"])

    def test_threads_change_no_byte_of_the_scores(self):
        for output in ("jsonl", "scores"):
            one, two = (run("score", "--model", self.model, "--output", output, "--threads", n, *self.logs) for n in (1, 2))
            self.assertGreater(len(one), ROWS * 10)
            self.assertTrue(one == two, f"--output {output} differs between one thread and two")

    def test_several_files_are_merged_by_the_time_at_their_heads(self):
        """Against an independent merge of what each file gives alone: the head with the least time, else the file named first."""
        alone = []
        for log in sorted(self.logs, key=os.path.basename):
            lines = [json.loads(line) for line in run("normalize", log).splitlines()]
            alone.append([(e["event_time"], e["event_id"]) for e in lines])
        heads, expected = [0] * len(alone), []
        while any(head < len(events) for head, events in zip(heads, alone)):
            _, i = min((events[head][0], i) for i, (head, events) in enumerate(zip(heads, alone)) if head < len(events))
            expected.append(alone[i][heads[i]][1])
            heads[i] += 1
        merged = [line.split(b",")[0].decode() for line in run("score", "--model", self.model, "--output", "scores", *self.logs).splitlines()[1:]]
        self.assertEqual(len(expected), len(merged))
        self.assertTrue(expected == merged, "the order differs from event number %d on" %
                        next((i for i, (a, b) in enumerate(zip(expected, merged)) if a != b), -1))


if __name__ == "__main__":
    print(f"seed {SEED}", flush=True)
    unittest.main()
