"""Canaries in the real program: test_canaries.py BINARY. They are injected and found at the same places whatever the batches and kills,
and nothing else changes by them."""
import contextlib
import datetime
import pathlib
import random
import sqlite3
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import live  # noqa: E402
from live import BINARY, SEED, run, say  # noqa: E402

KINDS = ["scan", "brute_force", "beacon"]
HOUR = 3600


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def without_sequence(answer):
    return {name: value for name, value in answer.items() if name != "sequence"}


class Canaries(live.Case):
    ROWS = 24000

    def canaries(self, server):
        answer = server.get("canaries")
        self.assertEqual(answer.status, 200)
        return without_sequence(answer.json)

    def followed_with(self, state, paths, *options):
        """What is told of the canaries, and the digest, after following the files to their ends, undisturbed."""
        server = self.serve(state, *options, *paths)
        self.wait_for_records(server, sum(map(live.records_of, paths)), 60)
        told = self.canaries(server)
        return told, self.end(server, state)

    def test_they_are_found_and_change_nothing(self):
        flows = [self.logs[0], self.logs[3]]
        told, digest = self.followed_with(self.path("with"), flows, *self.with_model, "--canaries")
        none, undisturbed = self.followed_with(self.path("without"), flows, *self.with_model)
        self.assertEqual(digest, undisturbed, live.difference(self.path("with"), self.path("without")))
        self.assertEqual(none, {"enabled": False, "every_hours": None, "needs_flows": False, "kinds": []})
        self.assertEqual((told["enabled"], told["every_hours"], told["needs_flows"]), (True, 6, False))
        self.assertEqual([kind["kind"] for kind in told["kinds"]], KINDS)
        with contextlib.closing(sqlite3.connect(f"file:{self.path('with')}/honeyguide.db?mode=ro", uri=True)) as db:
            first, last = db.execute("SELECT min(t), max(t) FROM (SELECT time_us t FROM event UNION ALL SELECT time_us FROM recent)").fetchone()
        periods = (last - first) / 1e6 / (6 * HOUR)
        self.assertGreater(periods, 4)
        for kind in told["kinds"]:
            say(f"{kind['kind']}: {kind['injected']} injected, {kind['found']} found, median {kind['median_seconds_to_alert']} s")
            self.assertLessEqual(abs(kind["injected"] - periods), 2)  # a quiet night has no flow to begin with
            self.assertEqual(kind["found"] + kind["missed"], kind["injected"])
            self.assertGreaterEqual(kind["found"], 0.8 * kind["injected"])
            self.assertLess(kind["median_seconds_to_alert"], {"scan": 60, "brute_force": 300, "beacon": HOUR}[kind["kind"]])
            self.assertLess(instant(kind["last"]["time"]).timestamp(), last / 1e6)
            self.assertEqual(kind["last"]["found"], kind["last"]["by"] is not None)
        self.nothing_of_the_test_block(self.path("with"))

    def nothing_of_the_test_block(self, state):
        """No stored event, alert or rollup names an address of 198.18.0.0/15."""
        with contextlib.closing(sqlite3.connect(f"file:{state}/honeyguide.db?mode=ro", uri=True)) as db:
            blocks = [bytes(10) + b"\xff\xff\xc6" + second for second in (b"\x12", b"\x13")]
            for table in ("event", "recent", "alert"):
                rows = db.execute(f"SELECT source_ip, destination_ip FROM {table}").fetchall()
                self.assertGreater(len(rows), 0, table)
                for addresses in rows:
                    for address in addresses:
                        if address is not None:
                            self.assertNotIn(bytes(address)[:14], blocks)

    def test_a_stricter_setting_misses_them(self):
        """A canary is no certain thing: the rules' own settings and the budget decide."""
        flows = [self.logs[0]]
        deaf = [f"--rule={setting}" for setting in self.all_settings_at_their_most()]
        told, _ = self.followed_with(self.path("state"), flows, *self.with_model, "--canaries", "--false-alarm-rate", "1e-12", *deaf)
        for kind in told["kinds"]:
            say(f"deaf: {kind['kind']}: {kind['injected']} injected, {kind['found']} found")
        self.assertGreater(sum(kind["injected"] for kind in told["kinds"]), 10)
        self.assertLess(sum(kind["found"] for kind in told["kinds"]), 0.5 * sum(kind["injected"] for kind in told["kinds"]))
        missed = [kind for kind in told["kinds"] if not kind["last"]["found"]]
        self.assertTrue(missed)
        for kind in missed:
            self.assertEqual((kind["last"]["by"], kind["last"]["seconds_to_alert"]), (None, None))

    @staticmethod
    def all_settings_at_their_most():
        return ["scan_vertical.ports=65536", "scan_vertical.inside_ports=65536", "scan_horizontal.hosts=1000000",
                "scan_horizontal.inside_hosts=1000000", "brute_force.attempts=1000000", "brute_force.inside_attempts=1000000",
                "brute_force.surge=1000000", "brute_force.failures=1000000", "flood.sources=1000000", "beaconing.events=1000000", "surge.returns=1000000",
                "surge.events=1000000", "new_destination.connections=1000000"]

    def pushed(self, state, lines, sizes, *options):
        """What is told after the lines were pushed in parts of these sizes, the program killed where a size is negative."""
        server, at = self.serve(state, *options), 0
        while at < len(lines):
            size = sizes()
            body = "\n".join(lines[at:at + abs(size)]) + "\n"
            answer = server.push(body, format="suricata", source="here")
            self.assertEqual(answer.status, 200, answer.body[:300])
            at += abs(size)
            if size < 0:
                self.kill(server)
                server = self.serve(state, *options)
        told = self.canaries(server)
        return told, self.end(server, state)

    def test_batches_and_kills_don_t_matter(self):
        lines = pathlib.Path(self.logs[3]).read_text().splitlines()[:12000]
        options = ("--canaries", "--canary-hours", "1")  # learning first
        rng = random.Random(SEED)
        whole = self.pushed(self.path("whole"), lines, lambda: len(lines), *options)
        parts = self.pushed(self.path("parts"), lines, lambda: rng.randrange(1, 2500), *options)
        killed = self.pushed(self.path("killed"), lines, lambda: rng.choice((-1, 1)) * rng.randrange(500, 2500), *options)
        self.assertGreater(sum(kind["injected"] for kind in whole[0]["kinds"]), 20)
        self.assertEqual(whole, parts)
        self.assertEqual(whole, killed)

    def test_what_was_told_is_told_after_a_kill(self):
        state = self.path("state")
        server = self.serve(state, *self.with_model, "--canaries", self.logs[3])
        self.wait_for_records(server, live.records_of(self.logs[3]), 60)
        before = self.canaries(server)
        self.assertGreater(before["kinds"][0]["injected"], 0)
        self.kill(server)
        server = self.serve(state, *self.with_model, "--canaries")
        self.assertEqual(self.canaries(server), before)
        server.stop()
        server = self.serve(state, *self.with_model, "--canaries", "--canary-hours", "3")
        again = self.canaries(server)
        self.assertEqual((again["kinds"], again["every_hours"]), (before["kinds"], 3))

    def test_a_damaged_state_is_counted_anew(self):
        state = self.path("state")
        server = self.serve(state, *self.with_model, "--canaries", self.logs[3])
        self.wait_for_records(server, live.records_of(self.logs[3]), 60)
        server.stop()
        with contextlib.closing(sqlite3.connect(f"{state}/honeyguide.db")) as db:
            (kept,) = db.execute("SELECT bytes FROM named_state WHERE name = 'canaries'").fetchone()
        rng = random.Random(SEED)
        for damage in (b"", kept[:-1], bytes(len(kept)), b"\xff" * len(kept), rng.randbytes(len(kept)), kept[:16] + b"\x7f" * 8 + kept[24:]):
            with contextlib.closing(sqlite3.connect(f"{state}/honeyguide.db")) as db:
                db.execute("UPDATE named_state SET bytes = ? WHERE name = 'canaries'", (damage,))
                db.commit()
            server = self.serve(state, *self.with_model, "--canaries")
            told = self.canaries(server)
            for kind in told["kinds"]:
                self.assertEqual((kind["injected"], kind["found"], kind["last"]), (0, 0, None))
            self.assertEqual(server.stop(), 0, server.errors)

    def test_honeypots_alone_have_none(self):
        told, _ = self.followed_with(self.path("state"), self.logs[1:3], *self.with_model, "--canaries")
        self.assertTrue(told["enabled"] and told["needs_flows"])
        self.assertEqual({kind["injected"] for kind in told["kinds"]}, {0})

    def test_what_is_refused_and_what_a_configuration_says(self):
        for options, word in ((("--canary-hours", "6"), "--canaries"), (("--canaries", "--canary-hours", "0"), "--canary-hours"),
                              (("--canaries", "--canary-hours", "169"), "--canary-hours")):
            r = subprocess.run([BINARY, "serve", "--state", self.path("none"), *options], capture_output=True, timeout=20)
            self.assertEqual(r.returncode, 2)
            self.assertIn(word, r.stderr.decode())
        config = self.path("canaries.yaml")
        config.write_text(f"state: {self.path('configured')}\ncanaries: true\ncanary-hours: 12\n")
        server = self.serve(self.path("configured"), "--config", config)
        told = self.canaries(server)
        self.assertEqual((told["enabled"], told["every_hours"]), (True, 12))
        config.write_text("state: s\ncanary-hours: 0\n")
        r = subprocess.run([BINARY, "serve", "--config", config], capture_output=True, timeout=20)
        self.assertEqual(r.returncode, 2)
        self.assertIn("canaries.yaml:2", r.stderr.decode())


if __name__ == "__main__":
    say(f"seed {SEED}")
    unittest.main(verbosity=1)
