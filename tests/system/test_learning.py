"""Learning while running, against the real program: test_learning.py BINARY. The same events give the same models, ledger and digest however
they are pushed and however often it is killed; what was said of an event stays; an earlier model can be put back."""
import contextlib
import hashlib
import json
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

KILLS = 40 if LONG else 8
OFTEN = ("--refit-events", "20000")  # a refit takes effect 65,536 events on: two of them in what is generated


def rows_of(state, query):
    with contextlib.closing(sqlite3.connect(f"file:{state}/honeyguide.db?mode=ro", uri=True, timeout=20)) as db:
        return db.execute(query).fetchall()


def ledger_of(state):
    return rows_of(state, "SELECT number, hex(digest), hex(parent), sequence, clock_us, reason, rows, reference, ledger FROM model_history ORDER BY number")


def refits(ledger):
    return [line for line in ledger if line[5] in ("due", "growth", "drift")]


def everything(state):
    """What a restart would go on from, and what was told: hashes of it, since unittest would compare megabytes line by line."""
    queries = {"model": "SELECT hex(digest) FROM model", "rows": "SELECT slot, bytes FROM learnt_row ORDER BY slot",
               "drift": "SELECT * FROM drift ORDER BY hour_us, kind",
               **{name: f"SELECT bytes FROM named_state WHERE name = '{name}'" for name in ("learner", "refit", "refit_training")}}
    return ledger_of(state), {name: hashlib.sha256(repr(rows_of(state, query)).encode()).hexdigest() for name, query in queries.items()}


class Learning(live.Case):
    ROWS = 180000

    def test_killed_while_refits_are_under_way(self):
        state = self.path("undisturbed")
        expected = self.followed(state, self.logs, *OFTEN), everything(state)
        self.assertGreaterEqual(len(refits(expected[1][0])), 2, expected[1][0])
        rng, state, port, kills, under_way = random.Random(SEED), self.path("state"), live.free_port(), 0, 0
        whole = sum(map(live.records_of, self.logs))
        while kills < KILLS and live.committed(state) < whole:
            before = live.committed(state)
            server = self.serve(state, *OFTEN, *self.logs, port=port)
            until(lambda: live.committed(state) > before, 30, "a commit", pause=0.005)
            time.sleep(rng.uniform(0.0, 8.0 / KILLS))
            plan = server.get("model").json["learning"]
            self.kill(server)
            kills, under_way = kills + 1, under_way + (plan is not None and plan["under_way"] is not None)
        digest = self.followed(state, self.logs, *OFTEN)
        self.assertEqual((digest, everything(state)[0]), (expected[0], expected[1][0]))
        self.assertEqual(everything(state), expected[1])
        say(f"{kills} kills, {under_way} of them with a refit under way; {len(refits(expected[1][0]))} refits")
        self.assertGreater(under_way, 0)

    def blocks(self, lines=2000):
        for log, kind in zip(self.logs, ("iscx", "cowrie", "dionaea", "suricata")):
            content = pathlib.Path(log).read_bytes().splitlines(keepends=True)
            header = content.pop(0) if kind == "iscx" else b""
            for i in range(0, len(content), lines):
                yield kind, header, content[i:i + lines]

    def pushed(self, state, size_at):
        """size_at(sequence): how many records the push that begins there holds."""
        server = self.serve(state, *OFTEN)
        sequence = sizes = 0
        for kind, header, lines in self.blocks():
            while lines:
                n = size_at(sequence)
                answer = server.push(header + b"".join(lines[:n]), kind, {"Content-Type": "text/csv" if kind == "iscx" else "application/x-ndjson"},
                                     source=kind)
                self.assertEqual(answer.status, 200, answer.body)
                sequence, lines, sizes = answer.json["sequence"], lines[n:], sizes + 1
        self.assertEqual(server.stop(), 0)
        # each push of CSV repeats the header, so that identities differ, and with them the digest
        scores = rows_of(state, "SELECT sequence, time_us, score, severity FROM event UNION SELECT sequence, time_us, score, severity FROM recent")
        return hashlib.sha256(repr(sorted(scores)).encode()).hexdigest(), everything(state), sizes

    def test_any_batches_give_the_same_models(self):
        digest, expected, few = self.pushed(self.path("large"), lambda sequence: 2000)
        lines = refits(expected[0])
        self.assertGreaterEqual(len(lines), 2)
        edges = [line[3] for line in lines] + [json.loads(line[8])["drawn_at"] for line in lines]

        def small(sequence):
            distance = min(abs(sequence - edge) for edge in edges)
            return 1 if distance < 12 else 7 if distance < 300 else 137 if distance < 2500 else 1000
        again, other, many = self.pushed(self.path("small"), small)
        self.assertEqual(other[0], expected[0])
        self.assertEqual((again, other), (digest, expected))
        say(f"{few} pushes of up to 2,000 records and {many} of 1, 7, 137 and 1,000 give the same {len(lines)} refits")

    def test_what_was_said_stays(self):
        state = self.path("state")
        server = self.serve(state, *OFTEN, *self.logs)
        until(lambda: server.get("health").json["sequence"] >= 60000, 60, "events", pause=0.01)
        server.stop()
        said = ("SELECT sequence, score, severity, detail FROM event WHERE sequence <= {0} ORDER BY sequence",
                "SELECT sequence, score, severity, detail FROM recent WHERE sequence <= {0} ORDER BY sequence",
                "SELECT id, count, score, severity, score_detail, hex(model) FROM alert WHERE last_us < {1} ORDER BY id")
        sequence, clock = rows_of(state, "SELECT sequence, clock_us FROM state")[0]
        bounds = (sequence, clock - 2 * 3600 * 1000000)
        before = [rows_of(state, query.format(*bounds)) for query in said]
        self.assertGreater(len(before[2]), 10)
        self.followed(state, self.logs, *OFTEN)
        self.assertGreaterEqual(len(refits(ledger_of(state))), 2)
        after = [rows_of(state, query.format(*bounds)) for query in said]
        kept = {row[0] for row in before[2]}
        self.assertEqual(after[:2], before[:2])
        self.assertEqual([row for row in after[2] if row[0] in kept], before[2])

    def scorers(self, server, sequence):
        """By the events' sequences: which models the events about one are said to be scored by."""
        rows = server.get("events", window="all", order="oldest", cursor=sequence - 3, limit=5).json["events"]
        said = {row["sequence"]: server.get("events/" + row["event_id"]).json["event"] for row in rows}
        return {at: event["scored_by"] for at, event in said.items() if event["p_value"] is not None}

    def test_rollback(self):
        state = self.path("state")
        half = [self.path(pathlib.Path(log).name) for log in self.logs]
        for log, part in zip(self.logs, half):
            lines = pathlib.Path(log).read_bytes().splitlines(keepends=True)
            part.write_bytes(b"".join(lines[:len(lines) * 3 // 5]))
        server = self.serve(state, *OFTEN, *half)
        self.wait_for_records(server, sum(map(live.records_of, map(str, half))), 60)
        answer = server.get("model").json
        self.assertEqual([line["reason"] for line in answer["ledger"]][-1], "first")
        self.assertEqual(answer["ledger"][0]["digest"], answer["model"]["digest"])
        self.assertTrue(answer["ledger"][0]["reason"] in ("due", "growth"), answer["ledger"][0])
        sources = {source["source"] for kind in answer["ledger"][0]["learnt_from"]["kinds"] for source in kind["sources"]}
        self.assertLessEqual(sources, set(map(str, half)))
        self.assertIsNotNone(answer["learning"]["divergence"])
        drift = server.get("drift", hours=720).json["kinds"]
        self.assertGreater(sum(hour["events"] for kind in drift for hour in kind["hours"]), 50000)
        for hours in ("0", "721", "x"):
            self.assertEqual(server.ask("GET", "/api/v1/drift?hours=" + hours).status, 400)
        first, second = answer["ledger"][1]["digest"], answer["ledger"][0]["digest"]
        begin = answer["ledger"][0]["from_sequence"]
        told = self.scorers(server, begin)
        self.assertEqual([told[begin - 1], told[begin]], [first, second])
        refused = subprocess.run([BINARY, "model", "rollback", "--state", state, first], capture_output=True, text=True)
        self.assertEqual(refused.returncode, 1, refused)
        server.stop()
        listed = json.loads(run("model", "list", "--state", state, "--output", "json"))["ledger"]
        self.assertEqual(listed, answer["ledger"])
        run("model", "rollback", "--state", state, first[:12])
        ledger = ledger_of(state)
        self.assertEqual((ledger[-1][1].lower(), ledger[-1][5]), (first, "rollback"))
        for part, log in zip(half, self.logs):
            part.write_bytes(pathlib.Path(log).read_bytes())
        self.followed(state, list(map(str, half)), *OFTEN)
        self.assertEqual(ledger_of(state), ledger)  # paused: none was started
        models = {row[0].lower() for row in rows_of(state, f"SELECT hex(model) FROM alert WHERE first_sequence >= {ledger[-1][3]} AND by_score > 0")}
        self.assertEqual(models, {first})
        run("model", "pause", "--state", state)
        self.assertIn(first[:12], run("model", "list", "--state", state))
        run("model", "resume", "--state", state)
        server = self.serve(state)
        self.assertEqual(self.scorers(server, begin), told)  # whatever is in force now
        again = ledger[-1][3]
        told = self.scorers(server, again)
        self.assertEqual([told[again - 1], told[again]], [second, first])
        self.assertFalse(server.get("model").json["learning"]["paused"])
        self.assertEqual(server.stop(), 0)
        wrong = subprocess.run([BINARY, "model", "rollback", "--state", state, "00000000"], capture_output=True, text=True)
        self.assertEqual(wrong.returncode, 2, wrong)

    def test_without_refits(self):
        for name, options in (("never", ("--refit-hours", "0", *OFTEN)), ("given", (*OFTEN, *self.with_model))):
            state = self.path(name)
            self.followed(state, self.logs[:1], *options)
            self.assertEqual(refits(ledger_of(state)), [])
            self.assertEqual(ledger_of(state)[0][5], "given" if name == "given" else "first")


if __name__ == "__main__":
    print("seed", SEED, flush=True)
    unittest.main(verbosity=1)
