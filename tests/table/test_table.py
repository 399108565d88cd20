"""Tables read by honeyguide against Python's csv and pandas: test_table.py SHEET_TOOL"""
import csv
import ctypes
import io
import json
import math
import os
import random
import subprocess
import sys
import unittest

try:
    import numpy
    import pandas
except ImportError:
    numpy = pandas = None

TOOL = sys.argv.pop(1)
DATA = "../shared/data"
SEED = int(os.environ.get("HG_SEED", random.SystemRandom().randrange(1 << 32)))
CHARACTERS = [*'ab",\n é\t7.', "\r\n"]  # the writer leaves a lone carriage return unquoted
MISSING = {"", "?", "na", "n/a", "nan", "-nan", "null"}


def code(text):
    """FNV-1a of the text, as the codes of categories are."""
    h = 2166136261
    for byte in text.encode():
        h = (h ^ byte) * 16777619 & 0xffffffff
    return h or 1


def read(table, *options):
    done = subprocess.run([TOOL, *options], input=table, capture_output=True, check=True)
    head, *rows = done.stdout.decode().removesuffix("\n").split("\n")
    return json.loads(head), [row.split("\t") for row in rows], done.stderr.decode()


def number(text):
    try:
        return float(text) if "_" not in text and text == text.strip() else None
    except ValueError:
        return None


def told(texts):
    """What a column of these cells should be read as: (category?, values)."""
    texts = [t.strip(" \t") for t in texts]
    there = [t for t in texts if t.lower() not in MISSING]
    if all(number(t) is not None for t in there):
        return False, [None if t.lower() in MISSING or math.isinf(number(t)) else number(t) for t in texts]
    return True, [0 if t.lower() in MISSING else code(t) for t in texts]


def random_cell(rng, kind):
    if rng.random() < 0.1:
        return rng.choice(["", "?", "NaN", " ", "null"])
    if kind == "number":
        return rng.choice([str(rng.randrange(-1000, 1000)), repr(rng.gauss(0, 1e6)), f"{rng.random():.3e}", "-0.5", "1e-50", "inf"])
    return "".join(rng.choice(CHARACTERS) for _ in range(rng.randrange(6)))


class AgainstCsv(unittest.TestCase):
    def test_random_tables_are_read_as_python_does(self):
        print("HG_SEED", SEED)
        rng = random.Random(SEED)
        for _ in range(150):
            kinds = [rng.choice(["number", "text"]) for _ in range(rng.randrange(2, 9))]
            rows = [[random_cell(rng, kind) for kind in kinds] for _ in range(rng.randrange(1, 40))]
            out = io.StringIO(newline="")
            writer = csv.writer(out, lineterminator=rng.choice(["\n", "\r\n"]), quoting=rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
            writer.writerow([f"column {i}" for i in range(len(kinds))])
            writer.writerows(rows)
            head, got, said = read(out.getvalue().encode(), "--step", str(rng.choice([1, 7, 4096])))
            self.assertEqual("", said)
            self.assertEqual((len(rows), 0), (head["rows"], head["malformed"]))
            for i in range(len(kinds)):
                category, values = told([row[i] for row in rows])
                self.assertEqual(category, head["categories"][i])
                for row, value in zip(got, values):
                    self.same(value, row[i], category)

    def same(self, expected, got, category):
        if category:
            self.assertEqual(expected, int(got))
        elif expected is None:
            self.assertEqual("", got)
        else:
            self.assertEqual(ctypes.c_float(expected).value, ctypes.c_float(float(got)).value)


@unittest.skipUnless(pandas is not None, "no pandas")
class AgainstPandas(unittest.TestCase):
    def compare(self, frame, label, *options):
        table = frame.to_csv(index=False).encode()
        head, rows, said = read(table, "--label", label, *options)
        expected = pandas.read_csv(io.BytesIO(table)).drop(columns=label)
        self.assertEqual(list(expected.columns), head["columns"])
        self.assertEqual((len(expected), 0, ""), (head["rows"], head["malformed"], said))
        for i, name in enumerate(head["columns"]):
            column = expected[name]
            self.assertEqual(column.dtype == object, head["categories"][i], name)
            if head["categories"][i]:
                self.assertEqual([code(text) for text in column], [int(row[i]) for row in rows])
            else:
                got = numpy.array([row[i] or "nan" for row in rows], dtype=numpy.float32)
                numpy.testing.assert_array_equal(column.to_numpy(numpy.float32), got)
        return rows

    @unittest.skipUnless(os.path.isdir(f"{DATA}/nsl-kdd"), "no NSL-KDD here")
    def test_nsl_kdd(self):
        frame = pandas.read_csv(f"{DATA}/nsl-kdd/KDDTest+.txt", header=None)
        frame.columns = [f"f{i}" for i in range(41)] + ["attack", "difficulty"]
        rows = self.compare(frame, "attack")
        self.assertEqual([t if t != "normal" else "" for t in frame["attack"]], [row[-1] for row in rows])
        self.assertEqual(["normal" if t == "normal" else "attack" for t in frame["attack"]], [row[-2] for row in rows])

    @unittest.skipUnless(os.path.isdir(f"{DATA}/adbench"), "no ADBench here")
    def test_adbench(self):
        for name in ("6_cardio", "44_Wilt", "2_annthyroid"):
            data = numpy.load(f"{DATA}/adbench/{name}.npz", allow_pickle=True)
            frame = pandas.DataFrame(data["X"]).add_prefix("x")
            frame["y"] = data["y"].astype(float)
            rows = self.compare(frame, "y")
            self.assertEqual(["attack" if y == 1 else "normal" for y in data["y"]], [row[-2] for row in rows])


if __name__ == "__main__":
    unittest.main()
