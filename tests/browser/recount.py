"""Recounts what the page shows from `honeyguide score`'s JSON lines, by contract.md's rules and without the program's code.

recount.py --window 1h|6h|24h|all --bucket SECONDS < scored.jsonl   prints one JSON object.
"""
import argparse
import ipaddress
import json
import math
import sys
from collections import Counter, defaultdict
from datetime import datetime, timezone

HOURS = {"1h": 1, "6h": 6, "24h": 24}
BURST_P = 1e-4
BURST_MEMORY = 12
BURST_LEAST = 3
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def seconds(stamp):
    delta = datetime.fromisoformat(stamp.replace("Z", "+00:00")) - EPOCH
    return delta.days * 86400 + delta.seconds + delta.microseconds / 1e6


def read(stream):
    events = []
    for line in stream:
        event = json.loads(line)
        by_label, by_score = event["label"] == "Attack", bool(event["is_anomaly"])
        event["at"] = seconds(event["event_time"])
        event["by"] = "both" if by_label and by_score else "label" if by_label else "score" if by_score else None
        events.append(event)
    return events


def tally(events):
    odd = [e for e in events if e["by"]]
    scores = [e["anomaly_score"] for e in odd if e["anomaly_score"] is not None]
    every = [e["anomaly_score"] for e in events if e["anomaly_score"] is not None]
    out = {"events": len(events), "anomalous": len(odd)}
    out.update({"by_" + kind: sum(e["by"] == kind for e in odd) for kind in ("label", "score", "both")})
    out.update({severity: sum(e["severity"] == severity for e in odd) for severity in ("high", "medium", "low")})
    out["mean_score"] = math.fsum(scores) / len(scores) if scores else None
    out["mean_score_all"] = math.fsum(every) / len(every) if every else None
    return out


def poisson_tail(mean, least):
    """P(X >= least) for a Poisson variable."""
    if mean <= 0:
        return 0.0
    term, below = math.exp(-mean), 0.0
    for k in range(least):
        below += term
        term *= mean / (k + 1)
    return max(0.0, 1.0 - below)


def series(events, first, start, end, width):
    """Buckets of the range. Bursts look at the 12 buckets before, those before the range included."""
    begin = math.floor(start / width) * width
    counts, inside = Counter(), defaultdict(list)
    for e in events:
        bucket = math.floor(e["at"] / width) * width
        if e["by"] and e["at"] < end:
            counts[bucket] += 1
        if start <= e["at"] < end:
            inside[bucket].append(e)
    rows = []
    for at in range(int(begin), int(end), width):
        row = tally(inside[at])
        before = [counts[at - i * width] for i in range(1, BURST_MEMORY + 1)]
        enough = at - BURST_MEMORY * width >= math.floor(first / width) * width
        n = row["anomalous"]
        whole = at >= start
        row.update(time=at, observed=row["events"] > 0, whole=whole,
                   burst=enough and n >= BURST_LEAST and poisson_tail(sum(before) / BURST_MEMORY, n) < BURST_P)
        rows.append(row)
    return rows


def key_counts(events, key):
    found = Counter(key(e) for e in events if e["by"])
    return [{"key": name, "anomalous": n} for name, n in sorted(found.items(), key=lambda kv: (-kv[1], str(kv[0])))]


def protocol(event):
    return event["application_protocol"] or (event["protocol"] or "unknown").upper().replace("UNKNOWN", "unknown")


def unlocatable(events):
    """Anomalous events that no map has a place for: private and the like."""
    def inside(text):
        return text is not None and not ipaddress.ip_address(text).is_global
    return sum(inside(e["source_ip"]) for e in events if e["by"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--window", default="1h", choices=[*HOURS, "all"])
    parser.add_argument("--bucket", type=int, default=300)
    args = parser.parse_args()
    events = read(sys.stdin)
    clock, first = max(e["at"] for e in events), min(e["at"] for e in events)
    end = (math.floor(clock / 60) + 1) * 60
    start = math.floor(first / 60) * 60 if args.window == "all" else end - HOURS[args.window] * 3600
    now = [e for e in events if start <= e["at"] < end]
    past = [e for e in events if start - (end - start) <= e["at"] < start]
    attackers = {e["source_ip"] for e in now if e["by"] and e["source_ip"]}
    attackers_past = {e["source_ip"] for e in past if e["by"] and e["source_ip"]}
    print(json.dumps({
        "from": start, "to": end, "now": tally(now), "before": None if args.window == "all" else tally(past),
        "attackers": len(attackers), "attackers_before": len(attackers_past),
        "ports": key_counts(now, lambda e: None if e["destination_port"] is None else str(e["destination_port"])),
        "protocols": key_counts(now, protocol), "buckets": series(events, first, start, end, args.bucket), "unlocatable": unlocatable(now),
        "sources": len(events),
    }))


if __name__ == "__main__":
    main()
