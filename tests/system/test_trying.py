#!/usr/bin/python3
"""`quality`: the detector tried on itself, without labels: test_trying.py BINARY."""
import csv
import json
import os
import subprocess
import sys
import tempfile
import unittest

BINARY = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "build/src/app/honeyguide"
SEED = int(os.environ.get("HG_SEED", "20261129"))
KINDS = ["scan", "brute_force", "flood", "exfiltration", "beacon"]
WORDS = {"good", "fair", "poor", "unknown"}


def run(*args):
    return subprocess.run([BINARY, *args], capture_output=True, timeout=120)


class Quality(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        print("seed", SEED)
        cls.tmp = tempfile.TemporaryDirectory()
        made = run("generate", "--out", cls.path("logs"), "--rows", "24000", "--seed", str(SEED))
        assert made.returncode == 0, made.stderr
        cls.iscx, cls.eve, cls.cowrie = (cls.path("logs/" + n) for n in ("iscx.csv", "eve.json", "cowrie.json"))
        cls.default = cls.quality(cls.iscx, cls.eve)

    @classmethod
    def tearDownClass(cls):
        cls.tmp.cleanup()

    @classmethod
    def path(cls, name):
        return os.path.join(cls.tmp.name, name)

    @classmethod
    def quality(cls, *args):
        r = run("quality", "--refits", "4", "--output", "json", *args)
        assert r.returncode == 0, (args, r.stderr)
        return json.loads(r.stdout)

    def refused(self, status, word, *args):
        r = run("quality", *args)
        self.assertEqual(r.returncode, status, (args, r.stderr))
        self.assertIn(word, r.stderr.decode())
        self.assertEqual(r.stdout, b"")

    def train_on_one_row(self):
        """A model that has never seen two different rows: it finds all of them equally odd."""
        with open(self.iscx, newline="") as f:
            rows = csv.DictReader(f)
            one = next(row for row in rows if row["Label"] == "Normal")
        with open(self.path("one.csv"), "w", newline="") as f:
            writer = csv.DictWriter(f, one.keys())
            writer.writeheader()
            writer.writerows([one] * 400)
        r = run("train", "--no-behaviour", "--model", self.path("one.model"), self.path("one.csv"))
        self.assertEqual(r.returncode, 0, r.stderr)
        return self.path("one.model")

    def test_it_is_an_estimate_that_names_what_it_rests_on(self):
        got = self.default
        self.assertIs(got["estimate"], True)
        for part in ("agreement", "stability", "recall", "recall_by_score"):
            self.assertIn(got[part]["mark"], WORDS)
            self.assertGreater(len(got[part]["assumption"]), 40)
        text = run("quality", "--refits", "2", self.iscx).stdout.decode()
        self.assertTrue(text.startswith("An ESTIMATE, made without labels"))
        self.assertEqual(text.count("rests on:"), 3)

    def test_the_default_gets_plausible_marks(self):
        got = self.default
        self.assertEqual({"iscx", "suricata_flow", "suricata_other"}, {kind["name"] for kind in got["kinds"]})
        self.assertIn(got["agreement"]["mark"], ("good", "fair"))
        self.assertIn(got["stability"]["mark"], ("good", "fair"))
        self.assertGreaterEqual(got["recall"]["value"], 0.8)
        self.assertLessEqual(got["recall_by_score"]["value"], got["recall"]["value"])
        for kind in got["kinds"]:
            self.assertLessEqual(abs(kind["learnt"] - kind["tried"]), 1)
            self.assertEqual(len(kind["agreement"]), 4 + 6)
            self.assertLessEqual(kind["stability"]["overlap_worst"], kind["stability"]["overlap"])
            self.assertGreaterEqual(kind["stability"]["p_varies_by"], 1)

    def test_a_model_that_finds_all_rows_equally_odd_gets_bad_marks(self):
        got = self.quality("--model", self.train_on_one_row(), self.iscx)
        self.assertEqual(got["model"], "given")
        kind, = got["kinds"]
        of_model = [pair for pair in kind["agreement"] if pair["of"] == "model"]
        self.assertEqual([pair["rank_correlation"] for pair in of_model], [None] * 4)
        self.assertLess(max(pair["top_1_percent"] for pair in of_model), 0.15)
        for part in ("agreement", "stability", "recall_by_score"):
            self.assertEqual(got[part]["mark"], "poor", part)
        self.assertEqual(got["recall_by_score"]["value"], 0)

    def test_weaker_attacks_are_found_less(self):
        attacks = {(a["kind"], a["strength"]): a for a in self.default["attacks"]}
        self.assertEqual({kind for kind, _ in attacks}, set(KINDS))
        strengths = sorted({s for _, s in attacks}, reverse=True)
        self.assertEqual(strengths, [1, 0.25, 0.0625])
        for attack in attacks.values():
            self.assertGreater(attack["attacks"], 5)
            for by in ("score", "rules"):
                self.assertLessEqual(attack["found"][by], attack["found"]["either"])
            self.assertLessEqual(attack["found"]["either"], attack["found"]["score"] + attack["found"]["rules"])
        whole = [sum(attacks[k, s]["found"]["either"] for k in KINDS) / sum(attacks[k, s]["attacks"] for k in KINDS) for s in strengths]
        rules = [sum(attacks[k, s]["found"]["rules"] for k in KINDS) / sum(attacks[k, s]["attacks"] for k in KINDS) for s in strengths]
        score = [sum(attacks[k, s]["found"]["score"] for k in KINDS) / sum(attacks[k, s]["attacks"] for k in KINDS) for s in strengths]
        print("found by either, rules, score at falling strength:", *([round(x, 2) for x in xs] for xs in (whole, rules, score)))
        for found in (whole, rules, score):
            self.assertGreaterEqual(found[0], found[1] - 0.1)  # each is of 60 attacks
            self.assertGreater(found[0], found[2])
        records = [sum(attacks[k, s]["records_found"]["either"] for k in KINDS) / sum(attacks[k, s]["records"] for k in KINDS) for s in strengths]
        self.assertGreater(records[0], records[1])
        self.assertGreater(records[1], records[2])
        for kind in ("scan", "brute_force", "flood", "beacon"):  # the fewer there are, the longer it takes to know
            times = [attacks[kind, s]["median_seconds"] for s in strengths]
            times = [t for t in times if t is not None]
            self.assertEqual(times, sorted(times), kind)

    def test_any_number_of_threads_gives_the_same_and_a_seed_another(self):
        args = ("--refits", "2", self.iscx)
        one = self.quality("--threads", "1", *args)
        self.assertEqual(one, self.quality("--threads", "4", *args))
        self.assertNotEqual(one, self.quality("--seed", "2", *args))

    def test_a_smaller_budget_finds_less_by_score(self):
        few, many = (self.quality("--alerts-per-day", n, self.iscx) for n in ("1", "200"))
        self.assertLess(few["kinds"][0]["rate"], many["kinds"][0]["rate"])
        self.assertLess(few["recall_by_score"]["value"], many["recall_by_score"]["value"])

    def test_without_behaviour_made_up_attacks_hide(self):
        """Each of their records is a plain one: only what came before tells."""
        seen, unseen = self.default, self.quality("--no-behaviour", self.iscx, self.eve)
        self.assertEqual(sum(a["found"]["rules"] for a in unseen["attacks"]), 0)
        self.assertLess(unseen["recall"]["value"], seen["recall"]["value"] / 2)

    def test_a_honeypot_alone_has_no_flows_to_make_attacks_from(self):
        got = self.quality(self.cowrie)
        self.assertEqual(got["recall"]["mark"], "unknown")
        self.assertIsNone(got["recall"]["value"])
        self.assertEqual(sum(a["attacks"] for a in got["attacks"]), 0)

    def test_what_is_refused(self):
        self.refused(2, "twice", "-")
        self.refused(2, "name the logs")
        self.refused(2, "--refits", "--refits", "1", self.iscx)
        self.refused(2, "table or json", "--output", "text", self.iscx)
        self.refused(1, "", "--model", self.iscx, self.iscx)
        with open(self.iscx) as f, open(self.path("few.csv"), "w") as few:
            few.writelines(f.readlines()[:300])
        self.refused(1, "rows", self.path("few.csv"))


if __name__ == "__main__":
    unittest.main(verbosity=1)
