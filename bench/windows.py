"""The behaviour columns of docs/features.md with numpy: what reference_whole.py puts beside the features of the event.

A window of ten sub-buckets is the sub-bucket that the event is in and the nine before it. Sorted by entity and time, an entity's
window is a run that ends at the event; so sums are differences of running sums, and a distinct count goes up where a value comes
that the run doesn't hold and down where its last occurrence leaves. Input must be in the order of time, as one sensor's log is;
memory isn't bounded, nothing is ever forgotten, and there are no named rules and no sightings: all of that is less work than
`honeyguide score` does.
"""
import numpy as np

WIDTHS = {"1m": 6, "10m": 60, "1h": 360}  # seconds of a sub-bucket
HOUR_US = 3600 * 1_000_000
COLUMNS = ("src_events_1m", "src_events_1h", "src_targets_10m", "src_ports_10m", "src_failed_10m", "src_bytes_sent_1h",
           "dst_events_1m", "dst_events_10m", "dst_sources_1m", "dst_sources_10m", "dst_failed_10m",
           "pair_events_10m", "pair_events_1h", "pair_ports_10m", "pair_bytes_sent_1h", "pair_interval_1h", "pair_regularity_1h",
           "src_is_new", "dst_is_new", "pair_is_new")


class Runs:
    """The events of one kind of entity, sorted by entity and time. Code -1: the event has no such entity."""

    def __init__(self, codes, us):
        self.order = np.argsort(codes, kind="stable")
        self.order = self.order[np.searchsorted(codes[self.order], 0):]
        self.codes, self.us = codes[self.order], us[self.order]
        n = len(self.order)
        self.second = self.us // 1_000_000
        first = np.ones(n, dtype=bool)
        first[1:] = self.codes[1:] != self.codes[:-1]
        begins = np.flatnonzero(first)
        self.begin = np.repeat(begins, np.diff(np.append(begins, n)))
        base = self.second.min(initial=0) - 2 * 3600
        span = self.second.max(initial=0) - base + 1
        key = self.codes * span + (self.second - base)
        self.start = {name: np.searchsorted(key, key - self.second + (self.second // width - 9) * width) for name, width in WIDTHS.items()}
        self.at = np.arange(n)

    def events(self, window):
        return self.at - self.start[window] + 1

    def sums(self, values, window):
        total = np.concatenate(([0], np.cumsum(values)))
        return total[1:] - total[self.start[window]]

    def of(self, values):
        return values[self.order]

    def distinct(self, values, window):
        """Different values, at least 0, in each window."""
        start, n = self.start[window], len(self.order)
        there = np.flatnonzero(values >= 0)
        pair = self.codes[there] * (values.max(initial=0) + 1) + values[there]
        by_value = there[np.argsort(pair, kind="stable")]
        same = np.diff(np.sort(pair)) == 0
        before, after = np.full(n, -1), np.full(n, n)
        before[by_value[1:][same]], after[by_value[:-1][same]] = by_value[:-1][same], by_value[1:][same]
        leaves = np.searchsorted(start, self.at, side="right")
        comes, goes = (values >= 0) & (before < start), leaves[(values >= 0) & (after >= leaves)]
        return np.cumsum(comes - np.bincount(goes, minlength=n + 1)[:n])

    def rhythm(self):
        """Mean seconds between an entity's events within the hour, and how regular they are."""
        gap = np.zeros(len(self.order), dtype=np.int64)
        gap[1:] = (self.us[1:] - self.us[:-1]) // 1000
        counts = self.at > self.start["1h"]
        gap[~counts] = 0
        n, total, squares = (self.sums(v, "1h") for v in (counts.astype(np.int64), gap, gap * gap))
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = np.sqrt(np.maximum(n * squares.astype(float) - total.astype(float) ** 2, 0))
            interval = np.where(n >= 2, total / n / 1000, np.nan)
            regularity = np.where((n >= 2) & (total > 0), 1 / (1 + spread / total), np.nan)
        return interval, regularity

    def is_new(self):
        return self.us - self.us[self.begin] < HOUR_US


def share(runs, e):
    known = runs.sums(runs.of(e["known"]), "10m")
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(known > 0, runs.sums(runs.of(e["failed"]), "10m") / known, np.nan)


def of_sources(e):
    runs = Runs(e["source"], e["us"])
    return runs, {"src_events_1m": runs.events("1m"), "src_events_1h": runs.events("1h"),
                  "src_targets_10m": runs.distinct(runs.of(e["destination"]), "10m"),
                  "src_ports_10m": runs.distinct(runs.of(e["port"]), "10m"), "src_failed_10m": share(runs, e),
                  "src_bytes_sent_1h": runs.sums(runs.of(e["bytes_sent"]), "1h"), "src_is_new": runs.is_new()}


def of_targets(e):
    there = (e["destination"] >= 0) & (e["port"] >= 0)
    runs = Runs(np.where(there, e["destination"] * 65536 + e["port"], -1), e["us"])
    sources = runs.of(e["source"])
    return runs, {"dst_events_1m": runs.events("1m"), "dst_events_10m": runs.events("10m"),
                  "dst_sources_1m": runs.distinct(sources, "1m"), "dst_sources_10m": runs.distinct(sources, "10m"),
                  "dst_failed_10m": share(runs, e), "dst_is_new": runs.is_new()}


def of_pairs(e):
    there = (e["source"] >= 0) & (e["destination"] >= 0)
    pairs = e["source"] * (e["destination"].max(initial=0) + 1) + e["destination"]
    runs = Runs(np.unique(np.where(there, pairs, -1), return_inverse=True)[1] - (not there.all()), e["us"])
    interval, regularity = runs.rhythm()
    return runs, {"pair_events_10m": runs.events("10m"), "pair_events_1h": runs.events("1h"),
                  "pair_ports_10m": runs.distinct(runs.of(e["port"]), "10m"),
                  "pair_bytes_sent_1h": runs.sums(runs.of(e["bytes_sent"]), "1h"),
                  "pair_interval_1h": interval, "pair_regularity_1h": regularity, "pair_is_new": runs.is_new()}


KINDS = (of_sources, of_targets, of_pairs)


def columns(e, each=map):
    """Events by COLUMNS. `each` may be the map of a process pool; e's arrays: us (microseconds), source, destination, port (codes, -1 for
    none), failed, known (0 or 1), bytes_sent."""
    out = np.full((len(e["us"]), len(COLUMNS)), np.nan, dtype=np.float32)
    for order, found in each(one_kind, [(of, e) for of in KINDS]):
        for name, values in found.items():
            out[order, COLUMNS.index(name)] = values
    if len(out):
        out[e["us"] - e["us"].min() < HOUR_US] = np.nan  # nobody was watched for long enough
    return out


def one_kind(job):
    of, e = job
    runs, found = of(e)
    return runs.order, {name: values.astype(np.float32) for name, values in found.items()}
