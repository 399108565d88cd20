"""The isolation forest against scikit-learn's on ADBench sets: mean AUROC over 10 seeds, not below by more than 0.01 in the mean over the sets.

Usage: test_adbench.py FOREST_TOOL DATA_DIRECTORY
"""
import pathlib
import subprocess
import sys
import unittest

try:
    import numpy as np
    from sklearn.ensemble import IsolationForest
    from sklearn.metrics import roc_auc_score
except ImportError as error:
    np = None
    WHY_NOT = f"needs Debian's python3-numpy and python3-sklearn: {error}"

SEEDS = 10
ROWS_MAX = 6000
SUBSAMPLE_SEED = 4711
TOOL = DATA = None


def load(path):
    with np.load(path) as file:
        rows, labels = file["X"].astype(np.float32), file["y"].astype(int).ravel()
    if len(rows) > ROWS_MAX:
        kept = np.random.default_rng(SUBSAMPLE_SEED).choice(len(rows), ROWS_MAX, replace=False)
        rows, labels = rows[kept], labels[kept]
    return np.ascontiguousarray(rows), labels


def ours(rows):
    out = subprocess.run([TOOL, str(rows.shape[1]), str(SEEDS)], input=rows.tobytes(), stdout=subprocess.PIPE, check=True)
    return np.frombuffer(out.stdout, dtype=np.float32).reshape(SEEDS, len(rows))


def theirs(rows):
    for seed in range(SEEDS):
        forest = IsolationForest(n_estimators=100, max_samples=256, random_state=seed)
        yield -forest.fit(rows).score_samples(rows)


class AdbenchTest(unittest.TestCase):
    def test_mean_auroc(self):
        if np is None:
            self.skipTest(WHY_NOT)
        files = sorted(pathlib.Path(DATA).glob("*.npz"))
        if not files:
            self.skipTest(f"no ADBench sets at {DATA}")
        print(f"# seeds 0 to {SEEDS - 1}, subsample seed {SUBSAMPLE_SEED}, at most {ROWS_MAX} rows a set")
        means = []
        for path in files:
            rows, labels = load(path)
            mine = np.mean([roc_auc_score(labels, scores) for scores in ours(rows)])
            reference = np.mean([roc_auc_score(labels, scores) for scores in theirs(rows)])
            means.append((mine, reference))
            print(f"# {path.stem:16} {len(rows):5} x {rows.shape[1]:3}  ours {mine:.4f}  scikit-learn {reference:.4f}  "
                  f"{mine - reference:+.4f}", flush=True)
        mine, reference = np.mean(means, axis=0)
        print(f"# mean of {len(files)} sets: ours {mine:.4f}, scikit-learn {reference:.4f}, {mine - reference:+.4f}")
        self.assertGreater(mine, reference - 0.01)


if __name__ == "__main__":
    TOOL, DATA = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1], verbosity=2)
