#!/usr/bin/python3
"""`evaluate` and `backtest` over generated logs and tables: figures recounted, controls, splits, and what is refused."""
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import unittest

BINARY = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "build/src/app/honeyguide"
SEED = int(os.environ.get("HG_SEED", "20261123"))
FIGURES = {"n", "positives", "unscored", "auroc", "auprc", "recall_at_fpr", "recall_at_budget", "intervals", "mask_auroc"}


def run(*args, stdin=b""):
    return subprocess.run([BINARY, *args], input=stdin, capture_output=True, timeout=120)


def auroc(attacks, normal):
    """By counting pairs."""
    wins = sum((a > n) + (a == n) / 2 for a in attacks for n in normal)
    return wins / (len(attacks) * len(normal))


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.TemporaryDirectory()
        cls.dir = cls.tmp.name
        made = run("generate", "--out", cls.path("logs"), "--rows", "24000", "--seed", str(SEED))
        assert made.returncode == 0, made.stderr
        cls.iscx, cls.eve, cls.cowrie, cls.dionaea = (cls.path("logs/" + n) for n in ("iscx.csv", "eve.json", "cowrie.json", "dionaea.json"))
        cls.truth = cls.path("logs/truth.csv")

    @classmethod
    def tearDownClass(cls):
        cls.tmp.cleanup()

    @classmethod
    def path(cls, name):
        return os.path.join(cls.dir, name)

    @classmethod
    def write_table(cls, name, header, rows):
        with open(cls.path(name), "w", newline="") as f:
            csv.writer(f).writerows([header, *rows])
        return cls.path(name)

    def evaluate(self, *args):
        r = run("evaluate", "--output", "json", "--bootstrap", "60", *args)
        self.assertEqual(r.returncode, 0, r.stderr)
        return json.loads(r.stdout)

    def refused(self, status, word, *args):
        r = run(*args)
        self.assertEqual(r.returncode, status, (args, r.stderr))
        self.assertIn(word, r.stderr.decode())
        self.assertEqual(r.stdout, b"")


class Logs(Case):
    def check_part(self, part):
        self.assertLessEqual(FIGURES, set(part))
        self.assertEqual({"0.01", "0.001", "0.0001"}, set(part["recall_at_fpr"]))
        self.assertEqual({"auroc", "auprc", "recall_at_fpr", "recall_at_budget", "sampled"}, set(part["intervals"]))
        for name in ("auroc", "auprc", "recall_at_budget"):
            low, high = part["intervals"][name]
            if part[name] is not None and low is not None:
                self.assertLessEqual(0, low)
                self.assertLessEqual(low - 1e-9, part[name], name)
                self.assertLessEqual(part[name], high + 1e-9, name)
                self.assertLessEqual(high, 1)

    def test_the_shape_of_the_answer(self):
        got = self.evaluate("--truth", self.truth, self.iscx, self.eve, self.cowrie, self.dionaea)
        self.check_part(got)
        for part in [*got["by_dataset"].values(), *got["by_attack_type"].values()]:
            self.check_part(part)
        self.assertEqual({"mask_auroc", "dataset_auroc", "label_by_dataset_auroc", "label_is_dataset", "null_test_auroc", "null_tests"}, set(got["controls"]))
        self.assertEqual({"alerts_per_day", "rate", "events_per_day", "false_alarms_per_day", "realised_alerts_per_day"}, set(got["budget"]))
        self.assertEqual(got["budget"]["alerts_per_day"], 20)
        self.assertEqual(got["split"], "time")
        self.assertEqual(got["judged_by"], "truth")
        self.assertGreater(got["duplicates"], 0)
        self.assertLessEqual({"scan", "brute_force", "flood"}, set(got["by_attack_type"]))
        self.assertTrue(got["by_dataset"]["iscx"]["in_headline"])
        self.assertFalse(got["by_dataset"]["cowrie"]["in_headline"])
        self.assertIn("honeypot", got["by_dataset"]["cowrie"]["score_means"])

    def test_any_number_of_threads_gives_the_same(self):
        args = ("--truth", self.truth, self.iscx, self.eve)
        self.assertEqual(self.evaluate("--threads", "1", *args), self.evaluate("--threads", "4", *args))

    def test_the_text_says_what_the_json_says(self):
        r = run("evaluate", "--bootstrap", "0", self.iscx)
        self.assertEqual(r.returncode, 0, r.stderr)
        got = self.evaluate(self.iscx)
        text = r.stdout.decode()
        for part in ("AUROC", "by data set", "by family", "Controls", "false alarms a day", f"{got['duplicates']} repeat the inputs"):
            self.assertIn(part, text)
        self.assertIn(f"{got['by_dataset']['iscx']['auroc']:.3f}", text)

    def test_attacks_of_the_log_itself_where_no_truth_is_given(self):
        got = self.evaluate(self.iscx)
        self.assertEqual(got["judged_by"], "labels")
        self.assertEqual(got["unknown"], 0)
        self.assertGreater(got["positives"], 0)

    def test_rows_that_nobody_spoke_of_are_left_out(self):
        got = self.evaluate(self.iscx, self.eve)
        self.assertGreater(got["unknown"], 1000)
        flows = got["by_dataset"].get("suricata_flow", {"positives": 0})
        self.assertEqual(flows["positives"], 0)

    def test_a_family_that_is_left_out_and_each_day(self):
        got = self.evaluate("--split", "leave-one-attack-out", self.iscx)
        self.assertEqual(got["folds"], len(got["by_attack_type"]))
        normal = {part["n"] - part["positives"] for part in got["by_attack_type"].values()}
        self.assertEqual(len(normal), 1)  # each family against the same normal rows
        self.assertEqual(sum(part["positives"] for part in got["by_attack_type"].values()), got["positives"])
        self.assertEqual(got["n"] - got["positives"], normal.pop())
        self.assertIsNone(got["budget"]["realised_alerts_per_day"])
        days = self.evaluate("--split", "leave-one-day-out", self.iscx)
        self.assertEqual(days["folds"], 5)
        self.assertEqual(days["n"] + days["unscored"], days["rows"] - days["duplicates"])

    def test_a_honeypot_as_attacks_and_flows_as_normal_get_a_warning(self):
        with open(self.iscx, newline="") as f:
            rows = list(csv.DictReader(f))
        normal = [row for row in rows if row["Label"] == "Normal"]
        path = self.path("normal.csv")
        with open(path, "w", newline="") as f:
            writer = csv.DictWriter(f, rows[0].keys())
            writer.writeheader()
            writer.writerows(normal)
        got = self.evaluate(path, self.cowrie, self.dionaea)
        self.assertIsNotNone(got["warning"])
        self.assertIsNone(got["auroc"])
        self.assertEqual([None] * 3, list(got["recall_at_fpr"].values()))
        self.assertTrue(got["controls"]["label_is_dataset"])
        self.assertIn("no data set has both attacks and normal rows", got["warning"])
        text = run("evaluate", "--bootstrap", "0", path, self.cowrie, self.dionaea)
        self.assertEqual(text.returncode, 0)
        self.assertIn(b"WARNING: ", text.stdout)

    def test_a_model_as_it_is(self):
        model = self.path("model")
        self.assertEqual(run("train", "--model", model, self.iscx).returncode, 0)
        got = self.evaluate("--model", model, self.iscx)
        self.assertEqual(got["split"], "none")
        self.assertEqual(got["n"], got["rows"] - got["duplicates"])
        self.refused(2, "--split", "evaluate", "--model", model, "--split", "time", self.iscx)
        self.refused(2, "--split", "evaluate", "--model", model, "--all", self.iscx)
        self.refused(2, "model of logs", "evaluate", "--model", model, "--format", "table", "--label-column", "Label", self.iscx)

    def test_a_budget_is_kept_to(self):
        few, many = (self.evaluate("--alerts-per-day", n, self.iscx)["budget"] for n in ("2", "100"))
        self.assertAlmostEqual(many["rate"] / few["rate"], 50, 6)
        self.assertLess(few["false_alarms_per_day"], many["false_alarms_per_day"])
        self.assertLessEqual(few["realised_alerts_per_day"], many["realised_alerts_per_day"])

    def test_no_labels_and_one_label(self):
        with open(self.eve, encoding="utf-8") as f:
            flows = [line for line in f if '"event_type":"flow"' in line]
        path = self.path("flows.json")
        with open(path, "w", encoding="utf-8") as f:
            f.writelines(flows)
        self.refused(1, "no labels", "evaluate", path)
        self.refused(1, "no row is known to be Normal", "evaluate", self.dionaea)

    def test_wrong_use(self):
        for args, word in ((["--split", "space"], "--split takes"), (["--output", "xml"], "--output takes"), (["--bootstrap", "5"], "--bootstrap"),
                           (["--detector", "oracle"], "oracle"), (["--label-column", "x"], "--format table"), (["--nonsense"], "--help"),
                           (["--alerts-per-day", "0"], "--alerts-per-day"), (["--per-source"], "--per-source")):
            self.refused(2, word, "evaluate", *args, self.iscx)
        self.refused(2, "name the logs", "evaluate")
        self.refused(1, "can't open", "evaluate", "--truth", self.path("nowhere.csv"), self.iscx)
        self.refused(1, "no truth.csv", "evaluate", "--truth", self.iscx, self.iscx)
        self.refused(1, "nowhere", "evaluate", self.path("nowhere.json"))


class Tables(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rng = random.Random(SEED)
        cls.header = ["size", "time", "kind", "class"]
        cls.rows = []
        for i in range(1500):
            attack = i % 12 == 0
            cls.rows.append([round(rng.lognormvariate(8 if attack else 3, 1), 3), round(rng.gauss(3 if attack else 0, 1), 4),
                             rng.choice("abc"), ("worm" if i % 24 == 0 else "flood") if attack else "normal"])
        cls.table = cls.write_table("table.csv", cls.header, cls.rows)
        cls.as_table = ("--format", "table", "--label-column", "class")

    def test_figures_are_those_of_the_scores(self):
        model = self.path("table.model")
        self.assertEqual(run("train", "--model", model, *self.as_table, self.table).returncode, 0)
        scored = run("score", "--model", model, "--output", "scores", *self.as_table, self.table)
        self.assertEqual(scored.returncode, 0, scored.stderr)
        scores = [float(line.split(",")[1]) for line in scored.stdout.decode().splitlines()[1:]]
        got = self.evaluate("--model", model, *self.as_table, self.table)
        labels = [row[3] for row in self.rows]
        self.assertEqual(got["n"], 1500)
        for family in ("worm", "flood"):
            expected = auroc([s for s, l in zip(scores, labels) if l == family], [s for s, l in zip(scores, labels) if l == "normal"])
            self.assertAlmostEqual(got["by_attack_type"][family]["auroc"], expected, 5)
        self.assertAlmostEqual(got["auroc"], auroc([s for s, l in zip(scores, labels) if l != "normal"],
                                                   [s for s, l in zip(scores, labels) if l == "normal"]), 5)
        self.assertIsNone(got["warning"])
        self.assertIsNone(got["budget"]["rate"])

    def test_splits_of_a_table(self):
        got = self.evaluate(*self.as_table, self.table)
        self.assertEqual((got["n"], got["split"], got["folds"]), (450, "time", 1))
        self.assertGreater(got["auroc"], 0.9)
        self.assertEqual(got["n"], self.evaluate("--all", "--detector", "iforest", *self.as_table, self.table)["n"])
        got = self.evaluate("--split", "leave-one-attack-out", *self.as_table, self.table)
        self.assertEqual({"worm", "flood"}, set(got["by_attack_type"]))
        self.assertEqual(got["positives"], 125)
        self.refused(2, "no days", "evaluate", "--split", "leave-one-day-out", *self.as_table, self.table)

    def test_duplicates_are_counted_and_left_out(self):
        doubled = self.write_table("doubled.csv", self.header, self.rows + self.rows[:700] + [r[:3] + ["normal"] for r in self.rows[:12:12]])
        got = self.evaluate("--model", self.trained(), *self.as_table, doubled)
        self.assertEqual((got["rows"], got["duplicates"], got["n"]), (2201, 700, 1501))

    def trained(self):
        model = self.path("doubled.model")
        self.assertEqual(run("train", "--model", model, *self.as_table, self.table).returncode, 0)
        return model

    def test_what_is_missing_alone_gives_a_warning(self):
        rng = random.Random(SEED)
        rows = [["" if row[3] != "normal" or rng.random() < 0.02 else row[0], *row[1:]] for row in self.rows]
        got = self.evaluate(*self.as_table, self.write_table("gaps.csv", self.header, rows))
        self.assertGreater(got["controls"]["mask_auroc"], 0.95)
        self.assertIn("the mask of missing columns alone reaches", got["warning"])
        self.assertIsNone(got["auroc"])
        self.assertIsNotNone(got["not_believed"]["auroc"])

    def test_names_of_families_are_safe_to_show(self):
        nasty = 'a"b\x1b]0;x\\,c'
        rows = [[*row[:3], nasty if row[3] == "worm" else row[3]] for row in self.rows]
        path = self.write_table("nasty.csv", self.header, rows)
        self.assertIn(nasty, self.evaluate(*self.as_table, path)["by_attack_type"])
        text = run("evaluate", "--bootstrap", "0", *self.as_table, path)
        self.assertEqual(text.returncode, 0)
        self.assertNotIn(b"\x1b", text.stdout)

    def test_wrong_use(self):
        self.refused(2, "--label-column", "evaluate", "--format", "table", self.table)
        self.refused(2, "--label-column", "evaluate", "--truth", self.truth, *self.as_table, self.table)
        self.refused(2, "one table", "evaluate", *self.as_table, self.table, self.table)
        self.refused(2, "nothing", "evaluate", "--format", "table", "--label-column", "nothing", self.table)
        normal = self.write_table("normal.csv", self.header, [row for row in self.rows if row[3] == "normal"])
        self.refused(1, "no row is known to be Attack", "evaluate", *self.as_table, normal)
        blank = self.write_table("blank.csv", self.header, [[*row[:3], ""] for row in self.rows])
        self.refused(1, "no labels", "evaluate", *self.as_table, blank)
        few = self.write_table("few.csv", self.header, self.rows[:14])
        self.refused(1, "", "evaluate", *self.as_table, few)


class Backtest(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.models = [cls.path("a.model"), cls.path("b.model")]
        for model, more in zip(cls.models, ([], ["--all", "--seed", "9"])):
            made = run("train", "--model", model, *more, cls.iscx, cls.eve)
            assert made.returncode == 0, made.stderr

    def backtest(self, a, b, *more):
        r = run("backtest", "--output", "json", "--model", a, "--against", b, *more, self.iscx, self.eve)
        self.assertEqual(r.returncode, 0, r.stderr)
        return json.loads(r.stdout)

    def scored(self, model, rate):
        r = run("score", "--ignore-labels", "--no-behaviour", "--false-alarm-rate", rate, "--output", "scores", "--model", model, self.iscx, self.eve)
        self.assertEqual(r.returncode, 0, r.stderr)
        return {row["event_id"]: row["severity"] for row in csv.DictReader(r.stdout.decode().splitlines())}

    def test_a_model_against_itself_changes_nothing(self):
        got = self.backtest(self.models[0], self.models[0], "--false-alarm-rate", "0.01")
        for what in ("events", "alerts"):
            total = got["total"][what]
            self.assertGreater(total["model"], 0)
            self.assertEqual((total["model"], 0, 0, 0), (total["against"], total["gained"], total["lost"], total["moved"]))

    def test_events_are_those_that_score_finds(self):
        got = self.backtest(*self.models, "--no-behaviour", "--false-alarm-rate", "0.01")["total"]
        a, b = (self.scored(model, "0.01") for model in self.models)
        self.assertEqual(got["seen"], len(a))
        odd_a, odd_b = ({i for i, s in scores.items() if s not in ("", "none")} for scores in (a, b))
        self.assertEqual((got["events"]["model"], got["events"]["against"]), (len(odd_a), len(odd_b)))
        self.assertEqual((got["events"]["gained"], got["events"]["lost"]), (len(odd_b - odd_a), len(odd_a - odd_b)))
        self.assertGreaterEqual(got["events"]["moved"], sum(a[i] != b[i] for i in odd_a & odd_b))
        self.assertGreater(got["events"]["gained"] + got["events"]["lost"], 0)

    def test_days_and_families_add_up_and_mirror(self):
        got, mirrored = self.backtest(*self.models, "--truth", self.truth), self.backtest(*self.models[::-1], "--truth", self.truth)
        self.assertLessEqual({"scan", "flood", None}, {row["attack_type"] for row in got["by_day"]})
        for what in ("events", "alerts"):
            for key, total in got["total"][what].items():
                self.assertEqual(total, sum(row[what][key] for row in got["by_day"]))
            for key in ("gained", "lost"):
                self.assertGreaterEqual(got["total"][what]["against" if key == "gained" else "model"], got["total"][what][key])
        self.assertEqual(got["model"], mirrored["against"])
        r = run("backtest", "--model", self.models[0], "--against", self.models[1], "--truth", self.truth, self.iscx, self.eve)
        self.assertIn(str(got["total"]["seen"]), r.stdout.decode().splitlines()[-1])
        threads = self.backtest(*self.models, "--truth", self.truth, "--threads", "1")
        self.assertEqual(threads, got)

    def test_wrong_use(self):
        self.refused(2, "--against", "backtest", "--model", self.models[0], self.iscx)
        self.refused(2, "name the logs", "backtest", "--model", self.models[0], "--against", self.models[1])
        self.refused(2, "--output takes", "backtest", "--output", "csv", "--model", self.models[0], "--against", self.models[1], self.iscx)
        self.refused(1, "nowhere", "backtest", "--model", self.models[0], "--against", self.path("nowhere"), self.iscx)
        self.refused(1, "", "backtest", "--model", self.iscx, "--against", self.models[1], self.iscx)
        table = self.write_table("t.csv", ["a", "b"], [[i * 7 % 31, i * i % 17] for i in range(200)])
        model = self.path("t.model")
        self.assertEqual(run("train", "--format", "table", "--model", model, table).returncode, 0)
        self.refused(2, "model of a table", "backtest", "--model", self.models[0], "--against", model, self.iscx)
        self.refused(2, "model of a table", "evaluate", "--model", model, self.iscx)


if __name__ == "__main__":
    print("seed", SEED)
    unittest.main(verbosity=1)
