"""Our reading of JSON against python3's: test_json_differential.py DECODE_TOOL

Real logs (../shared/data, where they are) and the golden samples, as they stand and mutated: of a line that we take, each value that
we give is python's; a line that python refuses, we refuse. Being stricter is allowed and counted. HG_SEED repeats a run.
"""
import glob
import ipaddress
import json
import os
import random
import subprocess
import sys
import tempfile
import unittest

TOOL = sys.argv.pop(1)
SEED = int(os.environ.get("HG_SEED") or random.randrange(1 << 32))
LINES_MAX = 400  # of a file are mutated, spread over it
MUTANTS = 6      # of a line
MARK = {
    "suricata": '{"timestamp":"2001-01-01T00:00:00.%06d+0000","flow_id":1,"event_type":"flow","src_ip":"192.0.2.1","flow":{}}',
    "cowrie": '{"eventid":"cowrie.mark","timestamp":"2001-01-01T00:00:00.%06dZ","src_ip":"192.0.2.1","session":"mark"}',
    "dionaea": '{"connection":{"protocol":"smbd","transport":"tcp","type":"accept"},"dst_ip":"192.0.2.1","dst_port":1,'
               '"src_ip":"192.0.2.1","src_port":1,"timestamp":"2001-01-01T00:00:00.%06d"}',
}
SNIPPETS = [b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\\ud83d", b"\\ude00", b"\\u0000", b"\\ud83d\\ude00", b"NaN", b"Infinity", b"-0",
            b"01", b"1.", b"1e999", b"184467440737095516160", b"9007199254740993", b"null", b"true", b"\xff", b"\xc3\xa9", b"\xed\xa0\x80",
            b"\x00", b"\x1f", b"\t", b" ", b"\\x", b"\\/", b"/**/", b'"src_port":7,', b'"src_ip":"192.0.2.77",', b"[" * 70, b"]" * 70]


def mutate(rng, line):
    out = bytearray(line)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(out) + 1)
        kind = rng.randrange(5)
        if kind == 0 and at < len(out):
            out[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del out[at:at + rng.randint(1, 20)]
        elif kind == 2:
            out[at:at] = rng.choice(SNIPPETS)
        elif kind == 3:  # where a value or a key begins
            places = [i + 1 for i, c in enumerate(out) if c in b'{,:"']
            at = rng.choice(places) if places else 0
            out[at:at] = rng.choice(SNIPPETS)
        else:
            del out[at:]
    return bytes(out).replace(b"\n", b" ").replace(b"\r", b" ")


def refuse(word):
    raise ValueError(word)


def read_python(line):
    """None where python refuses; NaN and Infinity are no JSON."""
    try:
        doc = json.loads(line.decode("utf-8"), parse_constant=refuse)
    except (ValueError, RecursionError):
        return None
    return doc if isinstance(doc, dict) else None


def address(text):
    try:
        ip = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = getattr(ip, "ipv4_mapped", None)
    return str(mapped or ip)


def places(doc, key, depth=0):
    """The values of a key: of the object itself, else of the objects in it."""
    if key in doc:
        return [doc[key]]
    return [v for inner in doc.values() if isinstance(inner, dict) and depth < 2 for v in places(inner, key, depth + 1)]


def same(ours, theirs):
    if isinstance(theirs, (int, float)) and not isinstance(theirs, bool) and isinstance(ours, str):
        return json.loads(ours) == theirs  # flow_id, as it was written: more than a double can hold
    return ours == theirs and (isinstance(ours, bool) == isinstance(theirs, bool))


def differences(event, doc):
    """Fields and attributes of ours that are not what python reads; and how many were compared."""
    wrong, compared = [], 0
    flow = doc["flow"] if isinstance(doc.get("flow"), dict) else {}
    ends = [(flow.get("src_ip"), flow.get("src_port")), (flow.get("dest_ip"), flow.get("dest_port")), (doc.get("src_ip"), doc.get("src_port")), (doc.get("dest_ip", doc.get("dst_ip")), doc.get("dest_port", doc.get("dst_port")))]
    for ip, port in (("source_ip", "source_port"), ("destination_ip", "destination_port")):
        if event[ip] is not None:
            compared += 1
            if event[ip] not in [address(a) for a, _ in ends if isinstance(a, str)]:
                wrong.append((ip, event[ip], ends))
        if event[port] is not None:
            compared += 1
            if event[port] not in [int(float(p)) for _, p in ends if isinstance(p, (int, float, str)) and str(p).strip()]:
                wrong.append((port, event[port], ends))
    for key, value in event["attributes"].items():
        theirs = places(doc, key)
        if not theirs:
            continue
        compared += 1
        if not any(same(value, t) for t in theirs):
            wrong.append((key, value, theirs))
    return wrong, compared


class Differential(unittest.TestCase):
    counts = {"same": 0, "stricter": 0, "torn": 0, "refused or no event in both": 0, "values": 0}

    def check_format(self, name, lines):
        with tempfile.NamedTemporaryFile(suffix=".json") as f:
            for i, line in enumerate(lines):
                f.write(line + b"\n" + (MARK[name] % i).encode() + b"\n")
            f.flush()
            done = subprocess.run([TOOL, f.name], capture_output=True, timeout=300, check=False)
        self.assertEqual(done.returncode, 0, done.stderr[-500:])
        at, found = 0, []
        for text in done.stdout.split(b"\n"):
            if not text.startswith(b'{"event_time"') and not text.startswith(b'{"reject_offset"'):
                continue
            out = json.loads(text)
            if out.get("event_time", "").startswith("2001-01-01T00:00:00."):
                self.assertEqual(int(out["event_time"][20:26]), at, "a mark was lost or moved")
                self.check_line(lines[at], found)
                at, found = at + 1, []
            else:
                found.append(out)
        self.assertEqual(at, len(lines))

    def check_line(self, line, found):
        doc, counts = read_python(line), Differential.counts
        if len(found) > 1:
            counts["torn"] += 1
        elif not found or "event_time" not in found[0]:
            counts["stricter" if doc is not None else "refused or no event in both"] += 1
        elif doc is None:
            start = line.find(b"{")
            self.assertGreaterEqual(start, 0)
            prefixed = read_python(line[start:])  # behind what is taken for a syslog header
            self.assertIsNotNone(prefixed, f"python refuses what we take: {line!r}")
            counts["torn"] += 1
        else:
            wrong, compared = differences(found[0], doc)
            self.assertEqual(wrong, [], line)
            counts["same"] += 1
            counts["values"] += compared

    def check_files(self, name, pattern):
        rng = random.Random(f"{SEED} {pattern}")
        paths = sorted(glob.glob(pattern))
        if not paths:
            self.skipTest(f"{pattern} is not here")
        for path in paths:
            with open(path, "rb") as f:
                lines = [line.rstrip(b"\r\n") for line in f if line.startswith(b"{")]
            mutated = lines[::max(1, len(lines) // LINES_MAX)]
            mutants = [mutate(rng, line) for line in mutated for _ in range(MUTANTS)]
            first = next((line for line in lines if read_python(line)), None)
            if first is None:  # compressed, or no such log
                continue
            self.check_format(name, [first] + lines + [m for m in mutants if m.strip()])

    def test_golden_suricata(self):
        self.check_files("suricata", "tests/golden/suricata/*.log")

    def test_golden_cowrie(self):
        self.check_files("cowrie", "tests/golden/cowrie/*.log")

    def test_golden_dionaea(self):
        self.check_files("dionaea", "tests/golden/dionaea/*.log")

    def test_real_suricata(self):
        self.check_files("suricata", "../shared/data/tpot-*/eve.json*")

    def test_real_cowrie(self):
        self.check_files("cowrie", "../shared/data/tpot-*/cowrie.json*")

    def test_real_dionaea(self):
        self.check_files("dionaea", "../shared/data/tpot-*/dionaea.json*")

    @classmethod
    def tearDownClass(cls):
        print(f"seed {SEED}; lines: " + ", ".join(f"{n} {word}" for word, n in cls.counts.items()))


if __name__ == "__main__":
    unittest.main()
