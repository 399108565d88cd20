#!/usr/bin/python3
"""`train` and `score --format table` over hand-made tables: what is learnt, left out, missing, and refused. (Figures: test_evaluate.py.)"""
import csv
import gzip
import os
import random
import subprocess
import sys
import tempfile
import unittest

BINARY = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "build/src/app/honeyguide"
SEED = int(os.environ.get("HG_SEED", "20261123"))
HEADER = ["size", "delay", "kind", "unit", "class"]  # unit: the same in all rows
DETECTORS = ("ensemble", "iforest", "neighbour", "ecod", "ocsvm")


def run(*args, stdin=b""):
    return subprocess.run([BINARY, *args], input=stdin, capture_output=True, timeout=120)


def content(path):
    with open(path, "rb") as f:
        return f.read()


def usual(rng):
    return [round(rng.gauss(100, 10), 3), round(rng.gauss(5, 1), 4), rng.choice("aaaabbc"), 7, "normal"]


class Tables(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.TemporaryDirectory()
        cls.rng = random.Random(SEED)
        cls.rows = [usual(cls.rng) for _ in range(1200)]
        cls.table = cls.write("table.csv", HEADER, cls.rows)
        cls.model = cls.path("model")
        cls.trained = cls.train(cls.model, cls.table, "--label-column", "class")

    @classmethod
    def tearDownClass(cls):
        cls.tmp.cleanup()

    @classmethod
    def path(cls, name):
        return os.path.join(cls.tmp.name, name)

    @classmethod
    def write(cls, name, header, rows):
        with open(cls.path(name), "w", newline="") as f:
            csv.writer(f).writerows([header, *rows])
        return cls.path(name)

    @classmethod
    def train(cls, model, table, *more):
        r = run("train", "--model", model, "--format", "table", *more, table)
        assert r.returncode == 0, r.stderr
        return r.stdout.decode()

    def scores_of(self, model, table):
        r = run("score", "--model", model, "--format", "table", "--output", "scores", table)
        self.assertEqual(r.returncode, 0, r.stderr)
        rows = list(csv.DictReader(r.stdout.decode().splitlines()))
        self.assertEqual([str(i + 1) for i in range(len(rows))], [row["row"] for row in rows])
        return [float(row["anomaly_score"]) for row in rows]

    def scores(self, rows, header=HEADER, model=None):
        return self.scores_of(model or self.model, self.write("some.csv", header, rows))

    def refused(self, status, word, *args):
        r = run(*args)
        self.assertEqual((r.returncode, r.stdout), (status, b""), (args, r.stderr))
        self.assertIn(word, r.stderr.decode())

    # ---- scores

    def test_scores_come_in_the_order_of_the_rows(self):
        rows = [usual(self.rng) for _ in range(300)]
        for i in range(0, 300, 30):
            rows[i] = [900, 50, "c", 7, "odd"]
        scores = self.scores(rows)
        self.assertEqual(set(range(0, 300, 30)), set(sorted(range(300), key=lambda i: -scores[i])[:10]))
        order = self.rng.sample(range(300), 300)
        self.assertEqual([scores[i] for i in order], self.scores([rows[i] for i in order]))
        self.assertEqual([scores[7]], self.scores([rows[7]]))

    def test_columns_are_found_by_name(self):
        rows = [usual(self.rng) for _ in range(50)]
        turned = [["x", *row[::-1]] for row in rows]
        self.assertEqual(self.scores(rows), self.scores(turned, ["more", *HEADER[::-1]]))

    def test_labels_have_no_say_in_a_score(self):
        rows = [usual(self.rng) for _ in range(50)]
        self.assertEqual(self.scores(rows), self.scores([[*row[:4], "attack"] for row in rows]))

    def test_a_missing_cell_is_not_odd_by_itself(self):
        gap = lambda row, i: ["" if i % 4 == 0 else row[0], *row[1:]]
        model = self.path("gaps")
        self.train(model, self.write("gaps.csv", HEADER, [gap(usual(self.rng), i) for i in range(2400)]), "--label-column", "class")
        for model, least in ((model, -0.08), (self.model, -0.25)):  # one that knows gaps; one that never saw one scores the rest, and lower
            scores = self.scores([gap(usual(self.rng), i) for i in range(2000)], model=model)
            gaps, whole = scores[::4], [s for i, s in enumerate(scores) if i % 4]
            difference = sum(gaps) / len(gaps) - sum(whole) / len(whole)
            self.assertTrue(least < difference < 0.08, difference)
            self.assertLess(sum(s > 0.99 for s in gaps), 25)  # of 500
        for word in ("", "?", "NA", "nan", "null"):
            self.assertEqual(self.scores([["", 5, "a", 7, ""]]), self.scores([[word, 5, "a", 7, ""]]))
        odd, = self.scores([["", 50, "a", 7, ""]])
        self.assertGreater(odd, 0.99)

    def test_a_row_of_nothing_has_no_score(self):
        r = run("score", "--model", self.model, "--format", "table", "--output", "scores", self.write("none.csv", HEADER, [["", "", "", "", ""]]))
        self.assertEqual(r.returncode, 0, r.stderr)
        row, = csv.DictReader(r.stdout.decode().splitlines())
        self.assertIn(row["anomaly_score"], ("", "0"))

    def test_another_table_is_refused(self):
        r = run("score", "--model", self.model, "--format", "table", self.write("other.csv", ["p", "q"], [[1, 2]]))
        self.assertEqual(r.returncode, 1)
        self.assertIn(b"none of the model's columns is there", r.stderr)

    def test_rows_without_a_label_are_no_normal_rows(self):
        rows = [[i % 17, i % 5, "normal" if i < 100 else ""] for i in range(400)]
        for label, words in (("y", "100 rows labelled Normal used of 100"), (None, "400 rows without label used of 400")):
            options = ("--label-column", label) if label else ("--drop", "y")
            said = self.train(self.path("half"), self.write("half.csv", ["a", "b", "y"], rows), *options)
            self.assertIn(words, said)

    def test_nothing_that_varies_is_refused(self):
        path = self.write("alike.csv", ["a", "b"], [[1, "x"]] * 40)
        r = run("train", "--model", self.path("never"), "--format", "table", path)
        self.assertEqual(r.returncode, 1)
        self.assertIn(b"left to learn from", r.stderr)

    def test_an_unseen_category_is_odder_than_a_frequent_one(self):
        often, rare, unseen = self.scores([[100, 5, kind, 7, ""] for kind in ("a", "c", "never")])
        self.assertLess(often, unseen)
        self.assertLessEqual(rare, unseen)

    def test_a_constant_column_is_named_and_never_pins_the_score(self):
        line, = (line for line in self.trained.splitlines() if "unit" in line)
        self.assertIn("constant", line)
        for detector in DETECTORS:
            model = self.path("constant-" + detector)
            self.train(model, self.table, "--label-column", "class", "--detector", detector)
            seven, other, gone = self.scores([[100, 5, "a", unit, ""] for unit in (7, 1e9, "")], model=model)
            self.assertEqual((seven, seven), (other, gone), detector)

    # ---- what is learnt

    def test_dropped_columns_have_no_say(self):
        model = self.path("dropped")
        text = self.train(model, self.table, "--label-column", "class", "--drop", "delay,kind")
        self.assertNotIn("delay", text)
        self.assertEqual(1, len(set(self.scores([[100, delay, kind, 7, ""] for delay, kind in ((5, "a"), (99, "never"))], model=model))))

    def test_rows_of_attacks_are_learnt_only_where_asked(self):
        rows = self.rows + [[900 + i, 50, "c", 7, "attack"] for i in range(400)]
        table = self.write("mixed.csv", HEADER, rows)
        clean, all_rows = self.path("clean"), self.path("all")
        self.train(clean, table, "--label-column", "class")
        self.train(all_rows, table, "--label-column", "class", "--all")
        odd = [[1100, 50, "c", 7, ""]]
        self.assertGreater(self.scores(odd, model=clean)[0], 0.999)
        self.assertLess(self.scores(odd, model=all_rows)[0], 0.999)
        self.assertEqual(self.scores(odd, model=clean), self.scores(odd))  # as if they were not there

    def test_the_label_is_no_feature(self):
        self.assertNotIn("class", "".join(self.trained.split("label")))
        without = self.path("without")
        self.train(without, self.write("bare.csv", HEADER[:4], [row[:4] for row in self.rows]))
        self.assertEqual(len(self.scores(self.rows[:9], model=without)), 9)

    def test_two_runs_give_the_same_bytes_and_another_seed_another_model(self):
        for detector in DETECTORS:
            models = [self.path(f"{detector}-{i}") for i in range(3)]
            for model, seed in zip(models, "445"):
                self.train(model, self.table, "--label-column", "class", "--detector", detector, "--seed", seed)
            self.assertEqual(content(models[0]), content(models[1]), detector)
            self.assertNotEqual(content(models[0]), content(models[2]), detector)
            usual_one, odd = self.scores([[100, 5, "a", 7, ""], [900, 50, "c", 7, ""]], model=models[0])
            self.assertLess(usual_one, 0.98, detector)
            self.assertGreater(odd, 0.99, detector)

    def test_gzip_and_standard_input(self):
        zipped = self.path("table.csv.gz")
        with gzip.open(zipped, "wb") as f:
            f.write(content(self.table))
        model = self.path("zipped")
        self.train(model, zipped, "--label-column", "class")
        self.assertEqual(content(self.model), content(model))
        r = run("score", "--model", model, "--format", "table", "--output", "scores", "-", stdin=content(self.table))
        self.assertEqual(r.returncode, 0, r.stderr)
        self.assertEqual(self.scores_of(model, self.table), [float(line.split(",")[1]) for line in r.stdout.decode().splitlines()[1:]])

    def test_a_wide_table(self):
        header = [f"x{i}" for i in range(300)]
        rows = [[round(self.rng.gauss(i % 7, 1), 3) for i in range(300)] for _ in range(600)]
        rows[500] = [v + 6 for v in rows[500]]
        for detector in DETECTORS:
            model = self.path("wide-" + detector)
            self.train(model, self.write("wide.csv", header, rows[:400]), "--detector", detector)
            scores = self.scores(rows[400:], header, model)
            self.assertEqual(100, max(range(200), key=lambda i: scores[i]), detector)

    def test_a_table_of_twenty_rows(self):
        model = self.path("few")
        for detector in DETECTORS:
            self.train(model, self.write("few.csv", HEADER, self.rows[:20]), "--label-column", "class", "--detector", detector)
            scores = self.scores(self.rows[20:60] + [[900, 50, "never", 7, ""]], model=model)
            self.assertTrue(all(0 <= s <= 1 for s in scores))
            if detector != "iforest":  # so few rows are few cuts, and beyond the outermost all is alike
                self.assertEqual(scores[40], max(scores), detector)

    # ---- what is refused

    def test_wrong_use(self):
        as_table = ("--format", "table")
        for word, args in (("one table", ("train", "--model", self.path("x"), *as_table, self.table, self.table)),
                           ("nothing", ("train", "--model", self.path("x"), *as_table, "--label-column", "nothing", self.table)),
                           ("nothing", ("train", "--model", self.path("x"), *as_table, "--drop", "kind,nothing", self.table)),
                           ("--drop", ("train", "--model", self.path("x"), *as_table, "--drop", "kind,", self.table)),
                           ("--format table", ("train", "--model", self.path("x"), "--drop", "kind", self.table)),
                           ("oracle", ("train", "--model", self.path("x"), *as_table, "--detector", "oracle", self.table)),
                           ("--model", ("train", *as_table, self.table)), ("--model", ("score", *as_table, self.table)),
                           ("one table", ("score", "--model", self.model, *as_table, self.table, self.table))):
            self.refused(2, word, *args)
        self.assertFalse(os.path.exists(self.path("x")))

    def test_tables_that_are_none(self):
        for name, text in (("empty", b""), ("headless", b"\n\n"), ("bodiless", b"a,b\n"), ("twice", b"a,a\n1,2\n" * 30), ("few", b"a,b\n1,2\n2,1\n")):
            with open(self.path(name), "wb") as f:
                f.write(text)
            self.refused(1, "", "train", "--model", self.path("x"), "--format", "table", self.path(name))
        self.refused(1, "nowhere", "train", "--model", self.path("x"), "--format", "table", self.path("nowhere"))

    def test_a_model_of_logs_and_one_of_a_table_are_told_apart(self):
        logs, model = self.path("logs"), self.path("logs.model")
        self.assertEqual(run("generate", "--out", logs, "--rows", "8000", "--seed", str(SEED)).returncode, 0)
        self.assertEqual(run("train", "--model", model, logs + "/iscx.csv").returncode, 0)
        self.refused(2, "the model is of logs", "score", "--model", model, "--format", "table", self.table)
        self.refused(2, "the model is of a table", "score", "--model", self.model, logs + "/iscx.csv")

    def test_a_damaged_foreign_or_cut_model_is_refused_with_the_reason(self):
        good = content(self.model)
        reasons = set()
        for name, data in (("cut", good[:-9]), ("foreign", b"PK\x03\x04" + good[4:]), ("flipped", good[:500] + bytes([good[500] ^ 1]) + good[501:]),
                           ("longer", good + b"x"), ("none", b"")):
            with open(self.path(name), "wb") as f:
                f.write(data)
            r = run("score", "--model", self.path(name), "--format", "table", self.table)
            self.assertEqual((r.returncode, r.stdout), (1, b""), name)
            self.assertIn(self.path(name), r.stderr.decode())
            reasons.add(r.stderr.decode().split(self.path(name))[1].strip())
        print("reasons:", *sorted(reasons), sep="\n  ")
        self.assertNotIn("", reasons)
        self.assertGreaterEqual(len(reasons), 3)


if __name__ == "__main__":
    print("seed", SEED)
    unittest.main(verbosity=1)
