"""Are the detectors worth believing? AUROC on the 12 ADBench sets and on NSL-KDD, of the default and its kin beside scikit-learn's
Isolation Forest(100, 256) on the same rows as they come.

Protocol N: trained on half of the normal rows, tested on the others and all anomalies. T: 70 % of all rows against the rest, so that
training holds its share of anomalies. NSL-KDD: trained on the normal rows of KDDTrain+_20Percent, tested on KDDTest+.

Usage: test_quality.py DETECTOR_TOOL ADBENCH_DIRECTORY NSL_KDD_DIRECTORY
"""
import csv
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

SPLITS = 3  # each with other rows and another seed
ROWS_MAX = 8000
SPLIT_SEED = 100
DETECTORS = ["ensemble", "iforest", "neighbour", "ecod"]
DEFAULT = "ensemble"
CATEGORIES = (1, 2, 3)  # of NSL-KDD: protocol, service, flag
TOOL = ADBENCH = NSL_KDD = None


def skewness(values):
    deviation = values.std()
    return ((values - values.mean()) ** 3).mean() / deviation ** 3 if deviation > 0 else 0.0


def rarity(training, values):
    """-log of the frequency in training; what wasn't there gets log(n + 1)."""
    seen, counts = np.unique(training, return_counts=True)
    table = dict(zip(seen, -np.log(counts / len(training))))
    return np.array([table.get(value, np.log(len(training) + 1)) for value in values])


def prepare(training, test, categories=()):
    """As the sub-model does: constant columns dropped, heavy tails on a log scale, categories by rarity."""
    columns = []
    for c in range(training.shape[1]):
        before, after = training[:, c], test[:, c]
        if c in categories:
            before, after = rarity(before, before), rarity(before, after)
        else:
            before, after = before.astype(float), after.astype(float)
            if before.min() >= 0 and skewness(before) > 2 and abs(skewness(np.log1p(before))) < skewness(before):
                before, after = np.log1p(before), np.log1p(np.maximum(after, 0))
        if before.min() < before.max():
            columns.append(np.concatenate([before, after]))
    rows = np.array(columns, dtype=np.float32).T
    return rows[:len(training)], rows[len(training):]


def ours(name, training, test, contamination, seeds=1):
    rows = np.ascontiguousarray(np.concatenate([training, test]))
    command = [TOOL, name, str(rows.shape[1]), str(len(training)), str(contamination), str(seeds)]
    out = subprocess.run(command, input=rows.tobytes(), stdout=subprocess.PIPE, check=True)
    return np.frombuffer(out.stdout, dtype=np.float32).reshape(seeds, len(test))


def theirs(training, test, seed):
    forest = IsolationForest(n_estimators=100, max_samples=min(256, len(training)), random_state=seed)
    return -forest.fit(training).score_samples(test)


def load(path):
    with np.load(path) as file:
        return file["X"].astype(np.float32), file["y"].astype(int).ravel()


def splits(rows, labels, seed):
    """(protocol, contamination, training rows, test rows) of one draw."""
    draw = np.random.default_rng(SPLIT_SEED + seed)
    kept = draw.permutation(len(rows))[:ROWS_MAX]
    normal, anomalies = kept[labels[kept] == 0], kept[labels[kept] == 1]
    half, most = len(normal) // 2, int(0.7 * len(kept))
    yield "N", 0, normal[:half], np.concatenate([normal[half:], anomalies])
    yield "T", 0.1, kept[:most], kept[most:]


def areas_of_set(path):
    """{(protocol, detector): mean AUROC}"""
    rows, labels = load(path)
    areas = {}
    for seed in range(SPLITS):
        for protocol, contamination, training, test in splits(rows, labels, seed):
            found = {"scikit-learn": theirs(rows[training], rows[test], seed)}
            prepared = prepare(rows[training], rows[test])
            for name in DETECTORS:
                found[name] = ours(name, *prepared, contamination)[0]
            for name, scores in found.items():
                areas.setdefault((protocol, name), []).append(roc_auc_score(labels[test], scores))
    return {key: float(np.mean(values)) for key, values in areas.items()}


def read_nsl_kdd(name):
    with open(pathlib.Path(NSL_KDD) / name, newline="") as file:
        rows = np.array([row for row in csv.reader(file)], dtype=object)
    return rows[:, :41], rows[:, 41] != "normal"


class QualityTest(unittest.TestCase):
    def setUp(self):
        if np is None:
            self.skipTest(WHY_NOT)

    def test_adbench(self):
        files = sorted(pathlib.Path(ADBENCH).glob("*.npz"))
        if not files:
            self.skipTest(f"no ADBench sets at {ADBENCH}")
        print(f"# AUROC, mean of {SPLITS} splits from seed {SPLIT_SEED}, at most {ROWS_MAX} rows a set")
        names = ["scikit-learn"] + DETECTORS
        print("# " + " " * 18 + "".join(f"{name:>14}" for name in names))
        all_areas = []
        for path in files:
            areas = areas_of_set(path)
            all_areas.append(areas)
            for protocol in "NT":
                print(f"# {path.stem:16} {protocol}" + "".join(f"{areas[protocol, name]:14.4f}" for name in names), flush=True)
        mean = {key: np.mean([areas[key] for areas in all_areas]) for key in all_areas[0]}
        for protocol in "NT":
            print(f"# {'mean':16} {protocol}" + "".join(f"{mean[protocol, name]:14.4f}" for name in names))
        self.assertGreater(mean["N", DEFAULT], mean["N", "scikit-learn"] + 0.02)
        self.assertGreaterEqual(mean["T", DEFAULT], mean["T", "scikit-learn"])

    def test_nsl_kdd(self):
        if not (pathlib.Path(NSL_KDD) / "KDDTest+.txt").exists():
            self.skipTest(f"no NSL-KDD at {NSL_KDD}")
        rows, attack = read_nsl_kdd("KDDTrain+_20Percent.txt")
        test, labels = read_nsl_kdd("KDDTest+.txt")
        training, test = prepare(rows[~attack], test, CATEGORIES)
        areas = {}
        for name in DETECTORS:
            areas[name] = [roc_auc_score(labels, scores) for scores in ours(name, training, test, 0, SPLITS)]
            print(f"# NSL-KDD, normal rows only: {name:10}", " ".join(f"{area:.4f}" for area in areas[name]), flush=True)
        self.assertGreaterEqual(np.mean(areas[DEFAULT]), 0.970)


if __name__ == "__main__":
    TOOL, ADBENCH, NSL_KDD = sys.argv[1:4]
    unittest.main(argv=sys.argv[:1], verbosity=2)
