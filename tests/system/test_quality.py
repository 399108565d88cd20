#!/usr/bin/python3
"""Is the default worth believing? Through `train` and `score --format table`, by the functions of bench/quality.py: NSL-KDD, and
ADBench beside scikit-learn's Isolation Forest on the same rows. Everything is drawn from fixed seeds: two runs give the same."""
import os
import sys
import unittest

import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "bench"))
import quality  # noqa: E402

BINARY = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "build/src/app/honeyguide"
DATA = os.path.join(ROOT, "../shared/data")
SEEDS = 2


class Quality(unittest.TestCase):
    @unittest.skipUnless(os.path.isdir(f"{DATA}/nsl-kdd"), "no NSL-KDD at ../shared/data")
    def test_nsl_kdd(self):
        train, test = quality.nsl_kdd(DATA)
        areas = [quality.area(test["label"], quality.score(BINARY, "ensemble", train, test, seed, False)) for seed in range(SEEDS)]
        print("NSL-KDD", areas)
        self.assertGreaterEqual(np.mean(areas), 0.970)

    @unittest.skipUnless(os.path.isdir(f"{DATA}/adbench"), "no ADBench sets at ../shared/data")
    def test_adbench(self):
        areas = {"N": [], "T": []}
        for name, protocol, found in quality.adbench_figures(BINARY, DATA, ["ensemble"], SEEDS):
            areas[protocol].append((found["ensemble"], found["scikit-learn"]))
            print(f"{name:<16} {protocol}  ensemble {found['ensemble']:.4f}  scikit-learn {found['scikit-learn']:.4f}", flush=True)
        (n, their_n), (t, their_t) = np.mean(areas["N"], axis=0), np.mean(areas["T"], axis=0)
        print(f"means of {len(areas['N'])} sets: N {n:.4f} beside {their_n:.4f}, T {t:.4f} beside {their_t:.4f}")
        self.assertEqual(len(areas["N"]), 12)
        self.assertGreaterEqual(n, their_n + 0.02)
        self.assertGreaterEqual(t, their_t)


if __name__ == "__main__":
    print("seeds 0 to", SEEDS - 1)
    unittest.main(verbosity=1)
