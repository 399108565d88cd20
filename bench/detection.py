"""Figures of detection for bench/run.py: how fast the detectors are, and how far they can be believed."""
import multiprocessing
import os
import re
import statistics
import time

import numpy as np
from sklearn.ensemble import IsolationForest

import quality
from report import figure, run, say, told

DATA = "../shared/data"
ROUNDS = 5
TARGETS = {  # words of bench_detectors: least, and the aim
    "forest 100 x 256, avx512, from codes": (10e6, 22e6),
    "forest 100 x 256, avx2, from codes": (5e6, 12e6),
    "forest 100 x 1024, avx512, from codes": (7e6, None),
    "forest 100 x 1024, avx2, from codes": (4e6, None),
    "ensemble, from numbers": (1e6, 2.5e6),
    "default model": (1e6, 2.5e6),
    "one-class SVM, avx512 to libsvm": (5, None),
    "one-class SVM, avx2 to libsvm": (5, None),
}
CEILINGS = {
    "forest 100 x 256, fit of 1000000 x 24": 12,
    "forest 100 x 256, one event, 99th percentile": 10,
    "forest 100 x 1024, one event, 99th percentile": 10,
    "ensemble, one event, 99th percentile": 10,
    "one-class SVM, difference from libsvm's decision values": 1e-6,
}
EVALUATE_ROWS, EVALUATE_SEED = 100_000, 77_001  # the generator and the detectors were tuned with others
LOGS = ("iscx.csv", "eve.json", "cowrie.json", "dionaea.json")


def figures_of(text):
    return [(words, float(value), unit) for words, value, unit in re.findall(r"^(.+): (\S+) (.+)$", text, re.M)]


def speed(bench, quick):
    say("detectors on one core, 24 prepared columns (medians of 5; time of the processor, but for single events):")
    found = set()
    for words, value, unit in figures_of(told(bench, *(["--quick"] if quick else []))):
        found.add(words)
        if words in CEILINGS:
            figure(words, value, unit, CEILINGS[words], most=True)
        else:
            least, aim = TARGETS.get(words, (None, None))
            figure(words, value, unit, least, aim=aim)
    for words in [*TARGETS, *CEILINGS]:
        if words not in found:
            say(f"  {words}: not measured, this processor lacks it")


# ---- scikit-learn beside it

forest = matrix = None


def score_half(half):
    return forest.score_samples(matrix[half::2])


def against_sklearn(bench, room, quick):
    """The same matrix for both; scikit-learn, which scores in one thread, as two processes, so that both have two cores."""
    global forest, matrix
    rows, path = (131_072 if quick else 262_144), os.path.join(room, "matrix.f32")
    rng = np.random.default_rng(1)
    columns = [rng.integers(0, 2, rows) if c % 6 == 0 else rng.integers(0, 40, rows) / 4 if c % 6 == 1 else rng.random((3, rows)).sum(axis=0)
               for c in range(24)]
    matrix = np.ascontiguousarray(np.stack(columns, axis=1), dtype=np.float32)
    matrix.tofile(path)
    forest = IsolationForest(n_estimators=100, max_samples=256, random_state=1).fit(matrix)
    ours, theirs = [], []
    with multiprocessing.get_context("fork").Pool(2) as pool:
        for _ in range(ROUNDS):
            ours.append(figures_of(told(bench, "--matrix", path, "24"))[0][1])
            began = time.perf_counter()
            pool.map(score_half, (0, 1))
            theirs.append(rows / (time.perf_counter() - began))
    say(f"numbers in, scores out: {rows:,} x 24 float32, forest of 100 x 256, two cores, in turns:")
    figure("two threads", statistics.median(ours), "rows/s")
    figure("  scikit-learn's score_samples, two processes", statistics.median(theirs), "rows/s")
    figure("  ratio to scikit-learn's", statistics.median(ours) / statistics.median(theirs), "times", 100)
    os.remove(path)


# ---- quality

def quality_figures(binary, quick):
    seeds = 1 if quick else 3
    say(f"areas under the ROC curve on other people's tables, seeds 0 to {seeds - 1} (bench/quality.py):")
    if os.path.isdir(os.path.join(DATA, "nsl-kdd")):
        for detector, clean, dirty in quality.nsl_figures(binary, DATA, ["ensemble"], seeds):
            figure(f"NSL-KDD, {detector}, normal rows only", clean, "AUROC", 0.970)
            figure(f"NSL-KDD, {detector}, all rows, 47 % of them attacks", dirty, "AUROC")
    else:
        say(f"  NSL-KDD: skipped, no {DATA}/nsl-kdd")
    if not os.path.isdir(os.path.join(DATA, "adbench")):
        say(f"  ADBench: skipped, no {DATA}/adbench")
        return
    means = {"N": [], "T": []}
    for name, protocol, areas in quality.adbench_figures(binary, DATA, ["ensemble"], seeds):
        means[protocol].append((areas["ensemble"], areas["scikit-learn"]))
        say(f"    {name:<20} {protocol}  ensemble {areas['ensemble']:.4f}  scikit-learn {areas['scikit-learn']:.4f}")
    for protocol, margin in (("N", 0.02), ("T", 0)):
        ours, theirs = np.mean(means[protocol], axis=0)
        figure(f"ADBench {protocol}, mean of {len(means[protocol])} sets, scikit-learn's {theirs:.4f}", ours, "AUROC", theirs + margin)


def false_alarms(test_calibration):
    say("false alarms, asked and realised (tests/detect/test_calibration):")
    text = told(test_calibration)
    for line in re.findall(r"^# (.*realised.*)$", text, re.M):
        ratio, inside = re.search(r"\(([\d.]+) times\)", line), re.search(r"([\d.]+) % of \d+ draws", line)
        if ratio is None:
            say(f"    {line}")
            continue
        words = re.sub(r", realised.*", "", line)
        figure(f"{words}: realised", float(ratio[1]), "times", 1.1, most=True)
        figure("  single draws in the 95 % Beta interval", float(inside[1]), "%", 90.4)  # 95 but for the luck of 200
    for name, value in re.findall(r"^# (\w+): null test ([\d.]+)$", text, re.M):
        figure(f"null test, {name}: distance from 50", abs(float(value) - 0.5) * 100, "points", 2, most=True)


def generated_logs(binary, room):
    logs = os.path.join(room, f"evaluate-{EVALUATE_SEED}")
    if not os.path.exists(os.path.join(logs, "truth.csv")):
        run([binary, "generate", "--out", logs, "--rows", str(EVALUATE_ROWS), "--seed", str(EVALUATE_SEED)])
    say(f"attacks found in generated logs ({EVALUATE_ROWS:,} rows, seed {EVALUATE_SEED}, used for nothing else), with the controls:")
    text = told(binary, "evaluate", "--truth", os.path.join(logs, "truth.csv"), "--alerts-per-day", "20",
                *(os.path.join(logs, name) for name in LOGS))
    say("    " + text.rstrip().replace("\n", "\n    "))


def measure(build, binary, room, quick):
    bench = os.path.join(build, "tests/detect/bench_detectors")
    speed(bench, quick)
    against_sklearn(bench, room, quick)
    quality_figures(binary, quick)
    false_alarms(os.path.join(build, "tests/detect/test_calibration"))
    generated_logs(binary, room)
