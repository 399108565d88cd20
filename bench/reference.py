"""The yardstick: the job of `honeyguide score` as a careful author would write it with pandas and scikit-learn.

  reference.py --format suricata|iscx [--output jsonl|scores] [--jobs N] [--train FILE] FILE > OUT

Reads, decodes, makes features, scores every event with an isolation forest (100 trees of 256 rows, one forest for Suricata's flow
lines and one for the others) and writes events as JSON lines or scores as CSV. Each chunk of records is one task of a process
pool, since scikit-learn's own n_jobs leaves parsing on one core; columns are numpy arrays, what repeats (addresses, dates, flags,
names) is computed once a distinct value, and path lengths come from a table a tree instead of scikit-learn's slower decision
paths.

Each event is scored alone, as `score --no-behaviour` does, and by one forest; reference_whole.py does the job of `score` as it is by
default. Training (on the first 65,536 records of --train) and imports are not timed. Says events and seconds on standard error.
"""
import argparse
import base64
import binascii
import hashlib
import io
import ipaddress
import json
import multiprocessing
import os
import re
import sys
import time
from functools import lru_cache

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from pandas._libs.json import dumps as fast_dumps
from pandas._libs.json import loads as fast_loads
from sklearn.ensemble import IsolationForest

CHUNK_BYTES = 8 << 20
TRAIN_ROWS = 65536
COMMON_PORTS = (80, 443, 22, 21, 25, 53, 3389)
FLAGS = {"F": 1, "S": 2, "R": 4, "P": 8, "A": 16, "U": 32}
DIRECTIONS = {"L2L": (0, "internal"), "L2R": (1, "outbound"), "R2L": (2, "inbound"), "R2R": (3, "external"),
              "to_server": (2, "inbound"), "to_client": (2, "inbound")}
PRIVATE = [ipaddress.ip_network(n) for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")]


# ---- values that repeat

@lru_cache(maxsize=1 << 20)
def address(text):
    """Canonical text and whether it is private."""
    try:
        ip = ipaddress.ip_address(text)
    except ValueError:
        return None, False
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return str(ip), any(ip in net for net in PRIVATE if net.version == ip.version)


def by_value(values, convert, dtype=object):
    """convert() of each value, called once a distinct one. factorize() makes NaN of None."""
    codes, distinct = pd.factorize(np.asarray(values, dtype=object), use_na_sentinel=False)
    table = np.empty(len(distinct), dtype=dtype)
    table[:] = [convert(None if v != v else v) for v in distinct]
    return table[codes]


def letters(mask):
    return "".join(letter for letter, bit in FLAGS.items() if mask & bit)


def quoted(values):
    """JSON text of each value, null for None."""
    return by_value(values, lambda v: "null" if v is None else json.dumps(v, ensure_ascii=False))


# ---- features: one dict of float columns, NaN where undefined

def ratio(a, b):
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(b > 0, a / b, np.nan)


def features(e):
    total_bytes, total_packets = e["bytes_sent"] + e["bytes_received"], e["packets_sent"] + e["packets_received"]
    flags, tcp = e["flags"], e["protocol"] == "tcp"
    bits = {name: np.where(tcp, np.where(flags >= 0, (flags & bit) > 0, np.nan), 0.0)
            for name, bit in (("syn", 2), ("ack", 16), ("fin", 1), ("rst", 4), ("psh", 8))}
    columns = [e["duration"], total_bytes, total_packets, ratio(total_bytes, e["duration"]), ratio(total_packets, e["duration"]),
               ratio(total_bytes, total_packets), ratio(e["bytes_sent"], total_bytes), ratio(e["packets_sent"], total_packets),
               *bits.values(), e["source_private"], e["destination_private"], e["source_private"] & e["destination_private"],
               np.isin(e["destination_port"], COMMON_PORTS), e["direction_code"]]
    for i in range(6):
        columns[i] = np.log1p(columns[i])
    return np.column_stack([np.asarray(c, dtype=np.float32) for c in columns])


CATEGORIES = ("protocol", "application", "destination_port", "kind")


class Forest:
    """A fitted forest on the columns that are there for more than half of the rows."""

    def __init__(self, matrix, categories, seed, samples=256):
        self.rarity = []
        for values in categories:
            distinct, counts = np.unique(np.asarray(values, dtype=str), return_counts=True)
            self.rarity.append((pd.Series(-np.log(counts / len(values)), index=distinct), np.log(len(values) + 1)))
        self.kept = np.isnan(matrix).mean(axis=0) <= 0.5
        x = self.inputs(matrix, categories)
        forest = IsolationForest(n_estimators=100, max_samples=min(samples, len(x)), random_state=seed, n_jobs=1).fit(x)
        self.trees = [self.table(t.tree_) for t in forest.estimators_]
        self.scale = 100 * self.mean_path(np.array([forest.max_samples_]))[0]
        self.edges = np.quantile(self.score(matrix, categories), (0.99, 0.995, 0.999))

    @staticmethod
    def mean_path(n):
        n = np.asarray(n, dtype=float)
        with np.errstate(divide="ignore", invalid="ignore"):
            long = 2 * (np.log(n - 1) + np.euler_gamma) - 2 * (n - 1) / n
        return np.where(n > 2, long, np.where(n == 2, 1.0, 0.0))

    def table(self, tree):
        """The path length that each leaf stands for."""
        depth = np.zeros(tree.node_count)
        for node in range(tree.node_count):
            for child in (tree.children_left[node], tree.children_right[node]):
                if child > 0:
                    depth[child] = depth[node] + 1
        return tree, (depth + self.mean_path(tree.n_node_samples)).astype(np.float32)

    def inputs(self, matrix, categories):
        rare = [pd.Series(np.asarray(values, dtype=object)).astype(str).map(table).fillna(unseen).to_numpy(np.float32)
                for values, (table, unseen) in zip(categories, self.rarity)]
        x = np.column_stack([matrix[:, self.kept], *rare])
        return np.ascontiguousarray(np.nan_to_num(x, copy=False, nan=-1.0), dtype=np.float32)

    def score(self, matrix, categories):
        return self.score_inputs(self.inputs(matrix, categories))

    def score_inputs(self, x):
        depth = np.zeros(len(x), dtype=np.float32)
        for tree, length in self.trees:
            depth += length[tree.apply(x)]
        return np.exp2(-depth / self.scale)


# ---- the two decoders: a chunk of whole records to columns

def numbers(values, missing=np.nan):
    return np.array([missing if v is None else v for v in values], dtype=float)


def stamps(texts):
    """RFC 3339 stamps as datetime64 in UTC."""
    if all(t[26:] == "+0000" for t in texts):
        return np.array([t[:26] for t in texts], dtype="datetime64[us]")
    return pd.to_datetime(pd.Series(texts), utc=True).dt.tz_localize(None).to_numpy("datetime64[us]")


def suricata_flags(record):
    tcp = record.get("tcp")
    if tcp is None:
        return -1
    text = tcp.get("tcp_flags_ts") or tcp.get("tcp_flags")
    return int(text, 16) & 63 if text else -1


def decode_suricata(lines, offsets):
    records = []
    for line, offset in zip(lines, offsets):
        try:
            record = fast_loads(line)
        except ValueError:
            continue
        if type(record) is dict and "timestamp" in record and record.get("event_type") != "stats":
            record["\0"] = offset
            records.append(record)
    pop = lambda name, other=None: [r.pop(name, other) for r in records]
    flows = [r.get("flow") or {} for r in records]
    kind = np.array([r.get("event_type") for r in records], dtype=object)
    is_flow = kind == "flow"
    e = {"kind": kind, "offset": pop("\0"), "time": stamps(pop("timestamp")), "records": records, "is_flow": is_flow,
         "source_port": pop("src_port"), "destination_port": pop("dest_port"),
         "protocol": by_value(pop("proto", ""), str.lower), "application": by_value(pop("app_proto"), lambda v: v.upper() if v and v != "failed" else None),
         "flags": np.array([suricata_flags(r) for r in records])}
    for name, key in (("bytes_sent", "bytes_toserver"), ("bytes_received", "bytes_toclient"), ("packets_sent", "pkts_toserver"), ("packets_received", "pkts_toclient")):
        e[name] = np.where(is_flow, numbers([f.get(key) for f in flows]), np.nan)
    e["duration"] = np.full(len(records), np.nan)
    at = np.flatnonzero(is_flow)
    start, end = (stamps([flows[i][key] for i in at]) for key in ("start", "end"))
    e["duration"][at] = np.maximum((end - start) / np.timedelta64(1, "s"), 0)
    e["direction"] = pop("direction")
    e["payload"] = pop("payload")
    e["label"] = np.array(["Attack" if k == "alert" else None for k in kind], dtype=object)
    e["attack_type"] = np.array(["suspicious" if k == "alert" else None for k in kind], dtype=object)
    add_addresses(e, pop("src_ip"), pop("dest_ip"))
    return e


def flags_of(text):
    return sum(FLAGS.get(t, 0) for t in set(re.split("[,;]", text))) if text and text != "N/A" else -1


def decode_iscx(chunk, header, first_offset):
    frame = pd.read_csv(io.BytesIO(chunk), header=None, names=header, dtype=str, keep_default_na=False, na_filter=False, encoding_errors="replace")
    column = lambda name: frame[name].to_numpy(object) if name in frame else np.full(len(frame), None, dtype=object)
    # A Brazilian summer has no say here: the data set's clock is UTC-3 all year.
    when = lambda name: by_value(column(name), lambda v: pd.to_datetime(v, format="%m/%d/%Y %H:%M").to_datetime64(), "datetime64[us]") + np.timedelta64(3, "h")
    start, stop = when("startDateTime"), when("stopDateTime")
    lengths = np.fromiter((len(p) + 1 for p in rows_of(chunk)), dtype=np.int64)
    offsets = first_offset + np.concatenate(([0], np.cumsum(lengths)[:-1]))
    count = lambda name: pd.to_numeric(frame[name], errors="coerce").to_numpy(float)
    e = {"kind": np.full(len(frame), "flow", dtype=object), "offset": offsets.tolist(), "time": start, "is_flow": np.ones(len(frame), dtype=bool),
         "duration": np.maximum((stop - start) / np.timedelta64(1, "s"), 0),
         "bytes_sent": count("totalSourceBytes"), "bytes_received": count("totalDestinationBytes"),
         "packets_sent": count("totalSourcePackets"), "packets_received": count("totalDestinationPackets"),
         "source_port": count("sourcePort").astype(int).tolist(), "destination_port": count("destinationPort").astype(int).tolist(),
         "protocol": by_value(column("protocolName"), lambda v: v.split("_")[0]), "application": by_value(column("appName"), str.upper),
         "flags": by_value(column("sourceTCPFlagsDescription"), flags_of, int), "direction": column("direction"),
         "payload": column("sourcePayloadAsBase64"), "label": column("Label"),
         "attack_type": by_value(column("Label"), lambda v: "other" if v == "Attack" else None)}
    e["records"] = [{"generated": g, "appName": a, "destinationPayloadAsBase64": p, "destinationTCPFlagsDescription": f}
                    for g, a, p, f in zip(*(column(n) for n in ("generated", "appName", "destinationPayloadAsBase64", "destinationTCPFlagsDescription")))]
    add_addresses(e, column("source"), column("destination"))
    return e


def add_addresses(e, source, destination):
    for name, values in (("source", source), ("destination", destination)):
        both = by_value(values, lambda v: address(v) if v else (None, False))
        e[name + "_ip"] = [b[0] for b in both]
        e[name + "_private"] = np.array([b[1] for b in both])
    e["direction_code"] = by_value(e["direction"], lambda v: DIRECTIONS.get(v, (np.nan,))[0], float)
    e["direction"] = by_value(e["direction"], lambda v: DIRECTIONS.get(v, (0, None))[1])


# ---- writing

def payload_of(text):
    """JSON text of the payload and of its encoding."""
    if not text:
        return "null", "null"
    try:
        return json.dumps(base64.b64decode(text, validate=True).decode(), ensure_ascii=False), "null"
    except (binascii.Error, ValueError):
        return json.dumps(text), '"base64"'


FIELDS = ("event_time", "dataset", "source_ip", "source_port", "destination_ip", "destination_port", "protocol", "application_protocol",
          "duration", "bytes_sent", "bytes_received", "packets_sent", "packets_received", "direction", "tcp_flags", "payload",
          "payload_encoding", "label", "attack_type")
TEMPLATE = "{" + ",".join(f'"{name}":%s' for name in FIELDS) + ',"missing":%s,"event_id":"%s","anomaly_score":%s,"is_anomaly":%s,"severity":%s,"attributes":%s}'


def missing_names(masks):
    """The names of the fields whose bit is set, as JSON, once a distinct set."""
    weights = np.zeros(len(masks[0][1]), dtype=np.int64)
    for bit, (_, mask) in enumerate(masks):
        weights |= mask.astype(np.int64) << bit
    return by_value(weights, lambda w: json.dumps([name for bit, (name, _) in enumerate(masks) if w >> bit & 1], separators=(",", ":")))


def is_none(values):
    return np.fromiter((v is None for v in values), dtype=bool, count=len(values))


def plain(values):
    return ["null" if v is None else v for v in values]


def counter(values):
    return np.nan_to_num(values).astype(np.int64).tolist()


def write_events(e, ids, scores, severity, dataset):
    n = len(ids)
    payloads = [payload_of(p) for p in e["payload"]]
    flags = by_value(e["flags"], lambda v: "null" if v < 0 else f'"{letters(v)}"')
    columns = {"direction": e["direction"], "application_protocol": e["application"], "label": e["label"], "attack_type": e["attack_type"],
               "source_ip": e["source_ip"], "destination_ip": e["destination_ip"], "source_port": e["source_port"], "destination_port": e["destination_port"]}
    masks = [(name, is_none(values)) for name, values in columns.items()]
    masks += [(name, np.isnan(e[name])) for name in ("duration", "bytes_sent", "bytes_received", "packets_sent", "packets_received")]
    masks += [("tcp_flags", e["flags"] < 0), ("payload", np.array([p[0] == "null" for p in payloads])), ("payload_encoding", np.array([p[1] == "null" for p in payloads]))]
    masks.sort(key=lambda m: FIELDS.index(m[0]))
    times = np.datetime_as_string(e["time"], unit="us")
    names = np.array(['"none"', '"low"', '"medium"', '"high"'], dtype=object)[severity]
    rows = zip((f'"{t}Z"' for t in times), [f'"{dataset}"'] * n, quoted(e["source_ip"]), plain(e["source_port"]), quoted(e["destination_ip"]),
               plain(e["destination_port"]), quoted(e["protocol"]), quoted(e["application"]),
               ["null" if d != d else d for d in e["duration"].tolist()], counter(e["bytes_sent"]), counter(e["bytes_received"]),
               counter(e["packets_sent"]), counter(e["packets_received"]), quoted(e["direction"]), flags, (p[0] for p in payloads),
               (p[1] for p in payloads), quoted(e["label"]), quoted(e["attack_type"]), missing_names(masks), ids, scores,
               np.array(["false", "true"], dtype=object)[(severity > 0).astype(int)], names, (fast_dumps(r, ensure_ascii=False) for r in e["records"]))
    return "\n".join([TEMPLATE % row for row in rows]) + "\n"


def write_scores(ids, scores, severity):
    names = np.array(["none", "low", "medium", "high"], dtype=object)[severity]
    return "".join([f"{i},{s},{v}\n" for i, s, v in zip(ids, scores, names)])


# ---- the run

settings = None
forests = {}
header = None
stream = b""


def rows_of(chunk):
    """CSV rows without their newline: lines, glued together again where a quoted cell holds a newline."""
    lines = chunk.split(b"\n")
    if lines and lines[-1] == b"":
        lines.pop()
    if chunk.count(b'"') % 2 == 0 and not any(line.count(b'"') % 2 for line in lines):
        return lines
    rows, open_row = [], None
    for line in lines:
        row = line if open_row is None else open_row + b"\n" + line
        open_row = row if row.count(b'"') % 2 else None
        if open_row is None:
            rows.append(row)
    return rows


def decode(chunk, offset):
    if settings.format == "iscx":
        return decode_iscx(chunk, header, offset)
    lines = chunk.split(b"\n")
    if lines and lines[-1] == b"":
        lines.pop()
    lengths = np.fromiter((len(line) + 1 for line in lines), dtype=np.int64, count=len(lines))
    return decode_suricata(lines, (offset + np.concatenate(([0], np.cumsum(lengths)[:-1]))).tolist())


def categories_of(e, at):
    return [np.asarray(e[name], dtype=object)[at] for name in CATEGORIES]


def ids_of(e):
    hasher = hashlib.blake2b(stream, digest_size=16)
    ids = []
    for where in e["offset"]:
        h = hasher.copy()
        h.update(where.to_bytes(8, "little"))
        ids.append(h.hexdigest())
    return ids


def task(job):
    chunk, offset = job
    e = decode(chunk, offset)
    matrix = features(e)
    scores = np.zeros(len(matrix))
    severity = np.zeros(len(matrix), dtype=int)
    for kind, forest in forests.items():
        at = np.flatnonzero(e["is_flow"] == kind)
        if len(at):
            scores[at] = forest.score(matrix[at], categories_of(e, at))
            severity[at] = np.searchsorted(forest.edges, scores[at])
    ids = ids_of(e)
    short = [float(f"{s:.8g}") for s in scores.tolist()]
    text = write_scores(ids, short, severity) if settings.output == "scores" else write_events(e, ids, short, severity, settings.format)
    return len(ids), text.encode("utf-8", "replace")


def chunks(path):
    """Runs of whole records with their offset; a quoted newline ends none."""
    with open(path, "rb") as f:
        offset = len(f.readline()) if settings.format == "iscx" else 0
        f.seek(offset)
        rest = b""
        while True:
            block = f.read(CHUNK_BYTES)
            rest += block
            cut = len(rest) if not block else rest.rfind(b"\n") + 1
            while settings.format == "iscx" and block and cut > 0 and rest.count(b'"', 0, cut) % 2:
                cut = rest.rfind(b"\n", 0, cut - 1) + 1
            if cut:
                yield rest[:cut], offset
                offset += cut
                rest = rest[cut:]
            if not block:
                return


def train(path):
    for chunk, offset in chunks(path):
        e = decode(chunk, offset)
        break
    matrix = features(e)
    usable = np.array([label != "Attack" for label in e["label"]]) | (settings.format != "iscx")
    for kind in (True, False):
        at = np.flatnonzero((e["is_flow"] == kind) & usable)[:TRAIN_ROWS]
        if len(at) >= 256:
            forests[kind] = Forest(matrix[at], categories_of(e, at), 1)


def set_up(outputs=("jsonl", "scores")):
    global settings, header, stream
    parser = argparse.ArgumentParser()
    parser.add_argument("--format", choices=("suricata", "iscx"), required=True)
    parser.add_argument("--output", choices=outputs, default="jsonl")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--train")
    parser.add_argument("file")
    settings = parser.parse_args()
    with open(settings.file, "rb") as f:
        stream = f.readline()[:64]
    header = [name.strip('"') for name in stream_header(settings.file).split(",")]


def tell(events, seconds):
    print(json.dumps({"events": events, "seconds": round(seconds, 3), "events_per_second": round(events / seconds)}), file=sys.stderr)


def main():
    set_up()
    train(settings.train or settings.file)
    out = sys.stdout.buffer
    events = 0
    with multiprocessing.get_context("fork").Pool(settings.jobs) as pool:
        began = time.perf_counter()
        if settings.output == "scores":
            out.write(b"event_id,anomaly_score,severity\n")
        for n, text in pool.imap(task, chunks(settings.file)):
            events += n
            out.write(text)
        out.flush()
        seconds = time.perf_counter() - began
    tell(events, seconds)


def stream_header(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.readline().rstrip("\r\n")


if __name__ == "__main__":
    main()
