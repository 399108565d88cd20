#!/usr/bin/python3
"""AUROC, average precision and recall at false-alarm rates against scikit-learn's, with ties; what the intervals cover."""
import json
import os
import subprocess
import sys
import unittest

import numpy
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

TOOL = sys.argv.pop(1)
SEED = int(os.environ.get("HG_SEED", "20261123"))


def figures(sets, draws=0, seed=1):
    text = []
    for p, attack in sets:
        text.append(f"{draws} {seed} {len(p)}")
        text += [f"{a!r} {int(b)} {int(a < 0.05)}" for a, b in zip(p.tolist(), attack)]
    out = subprocess.run([TOOL], input="\n".join(text), capture_output=True, text=True, check=True, timeout=100)
    return [json.loads(line) for line in out.stdout.splitlines()]


def recall_at(p, attack, rate):
    """Of all thresholds that let at most `rate` of the normal rows pass, the best."""
    if (attack == 0).sum() * rate < 1 - 1e-9:
        return None
    fpr, tpr, _ = roc_curve(attack, -p, drop_intermediate=False)
    return tpr[fpr <= rate].max()


def draw(rng, normal, attacks, shift, steps=None):
    p = numpy.concatenate([rng.uniform(size=normal), rng.uniform(size=attacks) ** shift])
    if steps:
        p = numpy.ceil(p * steps) / steps
    attack = numpy.concatenate([numpy.zeros(normal, int), numpy.ones(attacks, int)])
    order = rng.permutation(normal + attacks)
    return p[order], attack[order]


class Figures(unittest.TestCase):
    def setUp(self):
        self.rng = numpy.random.default_rng(SEED)

    def compare(self, p, attack, got):
        self.assertAlmostEqual(got["auroc"][0], roc_auc_score(attack, -p), 12)
        self.assertAlmostEqual(got["auprc"][0], average_precision_score(attack, -p), 12)
        self.assertAlmostEqual(got["budget"][0], (p[attack == 1] < 0.05).mean(), 12)
        for rate in ("0.01", "0.001", "0.0001"):
            expected = recall_at(p, attack, float(rate))
            if expected is None:
                self.assertIsNone(got[rate][0], rate)
            else:
                self.assertAlmostEqual(got[rate][0], expected, 12, rate)

    def test_equal_to_scikit_learn_with_and_without_ties(self):
        sets = []
        for normal, attacks in ((1, 1), (2, 1), (50, 7), (99, 3), (100, 30), (1000, 200), (12000, 900)):
            for steps in (None, 1, 2, 5, 40, 1000):
                for shift in (1, 3, 0.4):
                    sets.append(draw(self.rng, normal, attacks, shift, steps))
        for (p, attack), got in zip(sets, figures(sets)):
            self.compare(p, attack, got)

    def test_one_class_has_no_figures(self):
        for attack in (numpy.zeros(5, int), numpy.ones(5, int), numpy.zeros(0, int)):
            got = figures([(numpy.linspace(0.1, 0.9, len(attack)), attack)], draws=50)[0]
            self.assertEqual({None}, {v for k in got if k != "sampled" for v in got[k]})

    def test_rates_that_few_normal_rows_can_show(self):
        got = figures([draw(self.rng, n, 40, 3) for n in (99, 100, 999, 1000, 9999, 10000)])
        have = [[g[r][0] is not None for r in ("0.01", "0.001", "0.0001")] for g in got]
        self.assertEqual([[False] * 3, [True, False, False], [True, False, False], [True, True, False], [True, True, False], [True] * 3], have)

    def test_intervals_hold_the_truth_as_often_as_they_say(self):
        """AUROC of uniform p against p^3: P(u^3 < v) = 3/4. Percentiles of small samples fall a little short of 95 %, as is known."""
        sets = [draw(self.rng, 150, 60, 3) for _ in range(400)]
        inside = {"auroc": 0, "budget": 0}
        for got in figures(sets, draws=300):
            inside["auroc"] += got["auroc"][1] <= 0.75 <= got["auroc"][2]
            inside["budget"] += got["budget"][1] <= 0.05 ** (1 / 3) <= got["budget"][2]
            for name in got:
                if name != "sampled" and got[name][0] is not None:
                    self.assertLessEqual(got[name][1], got[name][2])
        self.assertGreater(inside["auroc"] / 400, 0.885)
        self.assertLess(inside["auroc"] / 400, 0.985)
        self.assertGreater(inside["budget"] / 400, 0.86)

    def test_intervals_are_those_of_a_bootstrap_in_numpy(self):
        p, attack = draw(self.rng, 400, 80, 2)
        got = figures([(p, attack)], draws=4000)[0]
        normal, attacks = p[attack == 0], p[attack == 1]
        values = []
        for _ in range(2000):
            a, b = self.rng.choice(attacks, 80), self.rng.choice(normal, 400)
            values.append(roc_auc_score([1] * 80 + [0] * 400, -numpy.concatenate([a, b])))
        low, high = numpy.percentile(values, [2.5, 97.5])
        self.assertAlmostEqual(got["auroc"][1], low, delta=0.006)
        self.assertAlmostEqual(got["auroc"][2], high, delta=0.006)

    def test_same_seed_same_intervals_and_another_seed_others(self):
        rows = draw(self.rng, 500, 100, 2)
        first, again, other = figures([rows], 200, 7), figures([rows], 200, 7), figures([rows], 200, 8)
        self.assertEqual(first, again)
        self.assertNotEqual(first, other)
        self.assertEqual(first[0]["auroc"][0], other[0]["auroc"][0])

    def test_many_rows_are_sampled_for_the_intervals_alone(self):
        p, attack = draw(self.rng, 150000, 3000, 3, 5000)
        got = figures([(p, attack)], draws=60)[0]
        self.assertTrue(got["sampled"])
        self.compare(p, attack, got)
        for name in ("auroc", "auprc", "0.01", "budget"):
            self.assertLessEqual(got[name][1], got[name][0], name)
            self.assertLessEqual(got[name][0], got[name][2], name)


if __name__ == "__main__":
    print("seed", SEED)
    unittest.main(verbosity=1)
