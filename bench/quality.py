"""How well the detectors find anomalies in other people's labelled tables, beside scikit-learn's Isolation Forest on the same rows.

  quality.py BINARY DATA [--seeds N] [--detectors ensemble,iforest,...] [--sets NAME,...]

DATA holds nsl-kdd/ and adbench/. Everything goes through the program as a user would run it: `train --format table`, `score
--format table --output scores`. Protocol N: trained on half of the normal rows, tested on the others and all anomalies. Protocol T:
70 % of all rows train, whatever their label (--all), the rest is the test. Duplicate rows are dropped first. Area under the ROC curve.
scikit-learn gets the same rows as numbers, as they are: 100 trees, 256 samples.
"""
import argparse
import glob
import os
import subprocess
import tempfile

import numpy as np
import pandas as pd
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score

NSL_COLUMNS = [f"c{i + 1}" for i in range(41)]


def run(*args):
    done = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(args)} failed:\n{done.stderr}")
    return done.stdout


def score(binary, detector, train, test, seed, everything):
    """Areas of the program's own: fitted to one frame, scored on the other. Both have the column `label`."""
    with tempfile.TemporaryDirectory() as room:
        a, b, model = (os.path.join(room, n) for n in ("train.csv", "test.csv", "model"))
        train.to_csv(a, index=False)
        test.drop(columns="label").to_csv(b, index=False)
        run(binary, "train", "--model", model, "--format", "table", "--label-column", "label", "--seed", str(seed), "--detector", detector,
            *(["--all"] if everything else []), a)
        run_out = run(binary, "score", "--model", model, "--format", "table", "--output", "scores", b)
    scores = pd.read_csv(pd.io.common.StringIO(run_out))["anomaly_score"].to_numpy()
    assert len(scores) == len(test)
    return scores


def area(labels, scores):
    return roc_auc_score((labels != "normal").to_numpy().astype(int), scores)


def adbench(path):
    with np.load(path) as data:
        frame = pd.DataFrame(np.ascontiguousarray(data["X"], dtype=float), columns=[f"x{i}" for i in range(data["X"].shape[1])])
        frame["label"] = np.where(data["y"] == 0, "normal", "anomaly")
    return frame.drop_duplicates(ignore_index=True)


def split_n(frame, rng):
    normal = rng.permutation(np.flatnonzero(frame["label"] == "normal"))
    half = len(normal) // 2
    test = np.concatenate([normal[half:], np.flatnonzero(frame["label"] != "normal")])
    return frame.iloc[normal[:half]], frame.iloc[test]


def split_t(frame, rng):
    order = rng.permutation(len(frame))
    cut = len(frame) * 7 // 10
    return frame.iloc[order[:cut]], frame.iloc[order[cut:]]


def sklearn_scores(train, test, seed):
    forest = IsolationForest(n_estimators=100, max_samples=min(256, len(train)), random_state=seed)
    forest.fit(train.drop(columns="label").to_numpy())
    return -forest.score_samples(test.drop(columns="label").to_numpy())


def nsl_kdd(data):
    frames = [pd.read_csv(os.path.join(data, "nsl-kdd", n), header=None).iloc[:, :42] for n in ("KDDTrain+_20Percent.txt", "KDDTest+.txt")]
    for frame in frames:
        frame.columns = NSL_COLUMNS + ["label"]
    return frames


def nsl_figures(binary, data, detectors, seeds):
    train, test = nsl_kdd(data)
    for detector in detectors:
        clean = [area(test["label"], score(binary, detector, train, test, seed, False)) for seed in range(seeds)]
        dirty = [area(test["label"], score(binary, detector, train, test, seed, True)) for seed in range(seeds)]
        yield detector, float(np.mean(clean)), float(np.mean(dirty))


def adbench_figures(binary, data, detectors, seeds, sets=None):
    """Rows (set, protocol, {detector: area}); "scikit-learn" is among the detectors."""
    for path in sorted(glob.glob(os.path.join(data, "adbench", "*.npz"))):
        name = os.path.basename(path)[:-4]
        if sets and name not in sets:
            continue
        frame = adbench(path)
        for protocol, split, everything in (("N", split_n, False), ("T", split_t, True)):
            areas = {d: [] for d in ["scikit-learn", *detectors]}
            for seed in range(seeds):
                train, test = split(frame, np.random.default_rng(seed))
                areas["scikit-learn"].append(area(test["label"], sklearn_scores(train, test, seed)))
                for detector in detectors:
                    areas[detector].append(area(test["label"], score(binary, detector, train, test, seed, everything)))
            yield name, protocol, {d: float(np.mean(a)) for d, a in areas.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("data")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--detectors", default="ensemble")
    parser.add_argument("--sets", default="")
    args = parser.parse_args()
    detectors = args.detectors.split(",")
    print("NSL-KDD, trained on its normal rows, or on all (contaminated); tested on KDDTest+")
    for detector, clean, dirty in nsl_figures(args.binary, args.data, detectors, args.seeds):
        print(f"  {detector:<12} {clean:.4f}  {dirty:.4f}", flush=True)
    print("ADBench" + "".join(f"  {d:>12}" for d in ["scikit-learn", *detectors]))
    means = {"N": [], "T": []}
    for name, protocol, areas in adbench_figures(args.binary, args.data, detectors, args.seeds, set(filter(None, args.sets.split(",")))):
        means[protocol].append(areas)
        print(f"  {name:<20} {protocol}" + "".join(f"  {a:12.4f}" for a in areas.values()), flush=True)
    for protocol, rows in means.items():
        if rows:
            print(f"  mean                 {protocol}" + "".join(f"  {np.mean([r[d] for r in rows]):12.4f}" for d in rows[0]))


if __name__ == "__main__":
    main()
