"""Exactly once, against the real program: test_recovery.py BINARY. It is killed (kill -9) again and again while it follows files, takes a
replay or keyed pushes, with a model and while it learns; at the end the digest, and the model, are those of an undisturbed run."""
import contextlib
import http.client
import json
import os
import pathlib
import random
import sqlite3
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import live  # noqa: E402
from live import BINARY, LONG, SEED, run, say, until  # noqa: E402

KILLS = 200 if LONG else 20


def model_of(state):
    with contextlib.closing(sqlite3.connect(f"file:{state}/honeyguide.db?mode=ro", uri=True)) as db:
        return db.execute("SELECT hex(digest) FROM model").fetchall()


def counts_of(answer):
    """Without what says when it was answered."""
    return {name: value for name, value in answer.items() if name not in ("sequence", "repeated")}


class Following(live.Case):
    ROWS = 100000

    def kill_rounds(self, logs, grow, options, undisturbed):
        """Kills it KILLS times; each time the logs were read to their ends there is another round, in a new state."""
        rng, kills, in_flight, records, rounds = random.Random(SEED), 0, 0, 0, 0
        pace = 0.05
        while kills < KILLS:
            rounds += 1
            state, place = self.path(f"state{rounds}"), self.path(f"logs{rounds}")
            place.mkdir()
            paths = [str(place / os.path.basename(log)) for log in logs]
            data = [pathlib.Path(log).read_bytes() for log in logs]
            sizes = [0 if grow else len(content) for content in data]
            whole = sum(map(live.records_of, logs))
            while kills < KILLS and live.committed(state) < whole:
                sizes = [min(len(content), size + rng.randrange(1, len(content) // 10)) for content, size in zip(data, sizes)]
                for path, content, size in zip(paths, data, sizes):
                    with open(path, "ab") as f:
                        f.write(content[f.tell():size])
                there = sum(content[:size].count(b"\n") - path.endswith(".csv") for path, content, size in zip(paths, data, sizes))
                server = self.serve(state, *options, *paths)
                until(lambda: live.uncommitted(server) or live.committed(state) >= there, 30, "reading", pause=0.002)
                time.sleep(rng.uniform(0.0, pace))
                lost = live.kill_in_flight(server, state, 0.02)
                kills, in_flight, records = kills + 1, in_flight + (lost > 0), records + lost
            for path, content in zip(paths, data):
                pathlib.Path(path).write_bytes(content)
            digest = self.followed(state, paths, *options)
            self.assertEqual((digest, model_of(state)), undisturbed, f"round {rounds}, after {kills} kills")
        say(f"{self.id().rsplit('.', 1)[1]}: {kills} kills, {in_flight} of them with uncommitted records in flight ({records} records), "
            f"{rounds} rounds")
        self.assertGreaterEqual(2 * in_flight, kills)

    def undisturbed(self, logs, *options):
        state = self.path("undisturbed")
        return self.followed(state, logs, *options), model_of(state)

    def test_one_log_that_grows(self):
        log = self.logs[3:]
        self.kill_rounds(log, True, self.with_model, self.undisturbed(log, *self.with_model))

    def test_one_log_that_grows_learning_first(self):
        """Flows and other lines of Suricata: sub-models of their own."""
        log = self.logs[3:]
        self.kill_rounds(log, True, (), self.undisturbed(log))

    def test_all_logs_learning_first(self):
        expected = self.undisturbed(self.logs)
        self.assertEqual(len(expected[1]), 1)
        self.kill_rounds(self.logs, False, (), expected)


class Replaying(live.Case):
    ROWS = 60000

    def replay(self, port, *options):
        return subprocess.Popen([BINARY, "replay", "--to", f"http://127.0.0.1:{port}", "--speed", "max", *map(str, options), *self.logs],
                                stderr=subprocess.PIPE, text=True)

    def kill_rounds(self, options, undisturbed):
        rng, kills, resent, new, rounds = random.Random(SEED), 0, 0, 0, 0
        while kills < KILLS:
            rounds += 1
            state, port = self.path(f"state{rounds}"), live.free_port()
            server = self.serve(state, *options, port=port)
            # a larger batch is committed in parts: then the kill may fall between them, and one resent batch stand for several kills
            replay = self.replay(port, "--batch", rng.choice((500, 1000, 2000)))
            seen = 0
            while kills < KILLS and replay.poll() is None:
                with contextlib.suppress(AssertionError):  # the last batch may have been answered before
                    until(lambda: replay.poll() is not None or server.get("health").json["sequence"] != seen, 5, pause=0.005)
                time.sleep(rng.uniform(0.0, 0.05))
                if replay.poll() is not None:
                    break
                self.kill(server)
                kills += 1
                server = self.serve(state, *options, port=port)
                seen = server.get("health").json["sequence"]
            _, said = replay.communicate(timeout=120)
            self.assertEqual(replay.returncode, 0, said)
            for line in said.splitlines():
                if " resent " in line:
                    words = line.split()
                    resent, new = resent + int(words[words.index("resent") + 1]), new + int(words[words.index("batches,") + 1])
            self.assertEqual((self.end(server, state), model_of(state)), undisturbed, f"round {rounds}, after {kills} kills: {said}")
        say(f"{self.id().rsplit('.', 1)[1]}: {kills} kills, {resent} batches resent, {new} of them with uncommitted records in flight, "
            f"{rounds} rounds")
        self.assertGreaterEqual(2 * new, kills)

    def replayed(self, server):
        replay = self.replay(server.port)
        _, said = replay.communicate(timeout=120)
        self.assertEqual(replay.returncode, 0, said)

    def undisturbed(self, *options):
        state = self.path("undisturbed")
        server = self.serve(state, *options)
        self.replayed(server)
        return self.end(server, state), model_of(state)

    def test_with_a_model(self):
        self.kill_rounds(self.with_model, self.undisturbed(*self.with_model))

    def test_learning_first(self):
        self.kill_rounds((), self.undisturbed())

    def test_followed_and_replayed_adds_nothing(self):
        state = self.path("state")
        expected = self.followed(state, self.logs, *self.with_model)
        server = self.serve(state, *self.logs)
        self.replayed(server)
        self.assertEqual(self.end(server, state), expected)
        server = self.serve(state)
        self.replayed(server)
        self.assertEqual(self.end(server, state), expected)
        self.assertEqual(self.followed(state, self.logs), expected)


class Pushing(live.Case):
    ROWS = 30000

    def bodies(self, lines=400):
        for log, kind in zip(self.logs, ("iscx", "cowrie", "dionaea", "suricata")):
            content = pathlib.Path(log).read_bytes().splitlines(keepends=True)
            header = content.pop(0) if kind == "iscx" else b""
            for i in range(0, len(content), lines):
                yield kind, f"{kind}-{i}", header + b"".join(content[i:i + lines])

    def push(self, server, kind, key, body):
        answer = server.push(body, kind, {"Idempotency-Key": key, "Content-Type": "text/csv" if kind == "iscx" else "application/x-ndjson"},
                             source=kind)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json

    def undisturbed(self, *options, lines=400):
        state = self.path("undisturbed")
        server = self.serve(state, *options)
        answers = {key: self.push(server, kind, key, body) for kind, key, body in self.bodies(lines)}
        return answers, self.end(server, state)

    def keyed_pushes(self, *options):
        """Each batch is sent until it is answered, and once more later: a killed server has all of it or nothing."""
        answers, expected = self.undisturbed(*options)
        rng, state, port = random.Random(SEED), self.path("state"), live.free_port()
        bodies = list(self.bodies())
        moments = set(rng.sample(range(len(bodies)), min(KILLS, len(bodies) // 2)))
        server, in_flight, known = self.serve(state, *options, port=port), 0, 0
        for number, (kind, key, body) in enumerate(bodies):
            answer = None
            if number in moments:
                request = self.send(server, kind, key, body)
                time.sleep(rng.uniform(0.0, 0.02))
                self.kill(server)
                answer = self.received(request)
                server = self.serve(state, *options, port=port)
                again = self.push(server, kind, key, body)
                if answer is None:
                    in_flight, known = in_flight + (not again["repeated"]), known + again["repeated"]
                else:
                    self.assertEqual(again, {**answer, "repeated": True})
                answer = again
            answer = answer or self.push(server, kind, key, body)
            self.assertEqual(counts_of(answer), counts_of(answers[key]), key)
            if rng.random() < 0.2:
                kind, key, body = bodies[rng.randrange(number + 1)]
                again = self.push(server, kind, key, body)
                self.assertTrue(again["repeated"])
                self.assertEqual(counts_of(again), counts_of(answers[key]), key)
        self.assertEqual(self.end(server, state), expected)
        say(f"{self.id().rsplit('.', 1)[1]}: {len(moments)} kills, {in_flight} unanswered pushes were not kept, {known} were")

    def send(self, server, kind, key, body):
        connection = server.connect()
        connection.request("POST", f"/api/v1/events?format={kind}&source={kind}", body,
                           {"Idempotency-Key": key, "Content-Type": "text/csv" if kind == "iscx" else "application/x-ndjson"})
        return connection

    def received(self, connection):
        try:
            response = connection.getresponse()
            return json.loads(response.read())
        except (http.client.HTTPException, OSError):
            return None
        finally:
            connection.close()

    def keyed_pushes_in_parts(self, *options):
        """Bodies so large that a commit holds only a part of them: sent again after a kill they go on where they were."""
        answers, expected = self.undisturbed(*options, lines=8000)
        rng, state, port, kills, parts = random.Random(SEED), self.path("state"), live.free_port(), 0, 0
        server = self.serve(state, *options, port=port)
        for kind, key, body in self.bodies(8000):
            for _ in range(4):
                before = server.get("health").json["sequence"]
                request = self.send(server, kind, key, body)
                time.sleep(rng.uniform(0.0, 0.25))
                self.kill(server)
                unanswered = self.received(request) is None
                server = self.serve(state, *options, port=port)
                kills, parts = kills + 1, parts + (unanswered and server.get("health").json["sequence"] > before)
            answer = self.push(server, kind, key, body)
            self.assertEqual(counts_of(answer), counts_of(answers[key]), key)
        self.assertEqual(self.end(server, state), expected)
        say(f"{self.id().rsplit('.', 1)[1]}: {kills} kills, {parts} after a part was kept")

    def test_keyed_pushes_in_parts(self):
        self.keyed_pushes_in_parts(*self.with_model)

    def test_keyed_pushes_in_parts_learning_first(self):
        self.keyed_pushes_in_parts()

    def test_keyed_pushes(self):
        self.keyed_pushes(*self.with_model)

    def test_keyed_pushes_learning_first(self):
        self.keyed_pushes()

    def test_killed_when_learning_ends_within_a_push(self):
        """The commit of what was held for learning comes in the middle of a push: sent again after a kill, it goes on there."""
        kind, key, body = next(self.bodies(8000))
        server = self.serve(self.path("undisturbed"))
        expected = self.push(server, kind, key, body), self.end(server, self.path("undisturbed"))
        cut = 0
        for attempt in range(6):
            state = self.path(f"state-{attempt}")
            server = self.serve(state)
            request = self.send(server, kind, key, body)
            while live.committed(state) == 0 and server.get("health").json["sequence"] == 0:
                pass
            self.kill(server)
            cut += self.received(request) is None
            server = self.serve(state)
            answer = self.push(server, kind, key, body)
            self.assertEqual(counts_of(answer), counts_of(expected[0]))
            self.assertEqual(self.end(server, state), expected[1])
        say(f"killed when learning ends within a push: {cut} of 6 were not answered")

    def test_what_was_answered_while_learning_is_kept(self):
        bodies = list(self.bodies(300))
        answers, expected = {}, None
        for disturbed in (False, True):
            state = self.path(f"learning-{disturbed}")
            server = self.serve(state)
            for number, (kind, key, body) in enumerate(bodies):
                self.push(server, kind, key, body)
                if disturbed and number in (3, 9, 15, 40):
                    before = server.get("summary", window="all").json
                    self.kill(server)
                    server = self.serve(state)
                    after = server.get("summary", window="all").json
                    for name in ("state", "learning"):
                        self.assertEqual(after[name], before[name])
                    self.assertEqual(after["now"]["events"], before["now"]["events"])
            answers[disturbed] = server.get("summary", window="all").json["now"]
            digest = self.end(server, state), model_of(state)
            expected = expected or digest
            self.assertEqual(digest, expected)
        self.assertEqual(answers[False], answers[True])
        self.assertEqual(answers[True]["events"], self.events)


if __name__ == "__main__":
    print("seed", SEED, flush=True)
    unittest.main(verbosity=1)
