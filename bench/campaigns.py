"""How soon attack campaigns get an alert, and what that costs in false ones: by the named detectors, by the score, by both.

  campaigns.py BINARY [--seeds 777] [--rows 200000] [--train-days 1] [--alerts-per-day 20] [--late] [--said]

For each seed `generate` makes logs, the first day trains a model, and `score --ignore-labels` goes over all of them. A campaign of ten
records and more that begins after the first day is alerted where one of its own records is anomalous no later than 60 s of event time
after its tenth record. A false alert is one that holds no record of an attack; an alert is what docs/detection.md says: by a named
detector grouped as core/rules.def says, by the score of one source address, destination port and leading reason, until ten minutes pass.
The same logs without the records of attacks give the false alerts of quiet days. Alerts at honeypots are counted apart. --late lists
the campaigns that weren't alerted in time, --said what the named detectors and hints say on quiet days. (Made-up logs: docs/generate.md
says what they can't show.)
"""
import argparse
import collections
import csv
import datetime
import ipaddress
import json
import os
import re
import subprocess
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FILES = ("iscx.csv", "eve.json", "cowrie.json", "dionaea.json")
HONEYPOTS = ("cowrie", "dionaea")
HINTS = ("surge", "new_destination")  # named, but part of the score
FAMILIES = ("scan", "brute_force", "flood", "exploit", "exfiltration", "command_and_control")
TENTH, IN_TIME_S, GAP_S, DAY_S = 10, 60, 600, 86400
TIME, ID = re.compile(r'"event_time":"([^"]*)"'), re.compile(r'"event_id":"([0-9a-f]{32})"')


def groupings():
    with open(f"{ROOT}/src/core/rules.def") as f:
        rules = dict(re.findall(r'^HG_RULE\((\w+),.*, (\w+)\)$', f.read(), re.M))
    with open(f"{ROOT}/src/core/features.def") as f:
        windows = f.read().split("HG_FEATURE(direction", 1)[1]
    for prefix, group in (("src", "SOURCE"), ("pair", "INSIDE"), ("dst", "TARGET")):
        rules.update({name: group for name in re.findall(rf"^HG_FEATURE\(({prefix}_\w+),", windows, re.M)})
    return {**rules, "src_activity": "SOURCE", "src_spread": "SOURCE"}


def told(*args):
    done = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(args)} failed:\n{done.stderr}")
    return done.stdout


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def read_truth(room):
    with open(f"{room}/truth.csv") as f:
        return {row["event_id"]: row for row in csv.DictReader(f)}


def write_part(binary, room, to, keep):
    """Those records of the logs that `keep` wants, by event id and time. Suricata's statistics are no events."""
    os.mkdir(to)
    for name in FILES:
        seen = ((ID.search(line).group(1), TIME.search(line).group(1)) for line in told(binary, "normalize", f"{room}/{name}").splitlines())
        with open(f"{room}/{name}") as f, open(f"{to}/{name}", "w") as out:
            if name.endswith(".csv"):
                out.write(f.readline())
            out.writelines(line for line in f if '"event_type":"stats"' not in line and keep(*next(seen)))


class Event:
    """Of an anomalous event what its alert is grouped by, and what was found."""
    __slots__ = ("id", "time", "source", "target", "port", "rule", "dataset", "reason", "by_score", "words")

    def __init__(self, told_event, rates):
        e = told_event
        self.id, self.time, self.dataset = e["event_id"], seconds(e["event_time"]), e["dataset"]
        self.source, self.target, self.port = e["source_ip"], e["destination_ip"], e["destination_port"]
        self.rule = e["finding"]["name"] if e.get("finding") else None
        self.words = e["finding"]["words"] if e.get("finding") else None
        self.reason = e["reason_key"]
        self.by_score = self.rule is None or e["p_value"] <= rates.get(e["dataset"], 0)


def score(binary, model, room, alerts_per_day):
    """Anomalous events in the order of their times. Which p-values the budget lets through shows in those that no detector found."""
    lines = told(binary, "score", "--model", model, "--ignore-labels", "--alerts-per-day", str(alerts_per_day),
                 *(f"{room}/{name}" for name in FILES)).splitlines()
    odd = [json.loads(line) for line in lines if '"is_anomaly":true' in line]
    rates = collections.defaultdict(float)
    for e in odd:
        if not e.get("finding"):
            rates[e["dataset"]] = max(rates[e["dataset"]], e["p_value"])
    return [Event(e, rates) for e in odd]


def alerts(events, grouping):
    """Lists of events, by the rules of alerts; each event is in one."""
    open_ones, made = {}, []
    for e in events:
        group = "SOURCE_AND_PORT" if e.dataset in HONEYPOTS else grouping.get(e.reason, "SOURCE_AND_PORT")
        if group == "INSIDE":
            group = "SOURCE" if ipaddress.ip_address(e.source).is_private else "TARGET"
        key = {"SOURCE_AND_PORT": (e.reason, e.source, e.port), "SOURCE": (e.reason, e.source), "TARGET": (e.reason, e.target, e.port)}[group]
        if key not in open_ones or e.time - open_ones[key][-1].time > GAP_S:
            open_ones[key] = []
            made.append(open_ones[key])
        open_ones[key].append(e)
    return made


def false_alerts(events, grouping, truth, begin, days):
    """A day: by rule, by "score", and "honeypot" for all that are there."""
    counts = collections.Counter()
    for alert in alerts([e for e in events if e.time >= begin], grouping):
        first = alert[0]
        if first.dataset in HONEYPOTS:
            counts["honeypot"] += 1
        elif truth is None or all(truth[e.id]["label"] == "Normal" for e in alert):
            counts[first.rule or "score"] += 1
    return {name: n / days for name, n in counts.items()}


def campaigns(truth, times, begin):
    """Of each campaign its family, the ids of its records and the time of its tenth."""
    ids = collections.defaultdict(list)
    for event_id, row in truth.items():
        if row["campaign"]:
            ids[row["campaign"]].append(event_id)
    found = {}
    for name, those in ids.items():
        at = sorted(times[i] for i in those)
        if len(at) >= TENTH and at[0] >= begin:
            kinds = collections.Counter(truth[i]["attack_type"] for i in those if truth[i]["attack_type"] in FAMILIES)
            found[name] = (kinds.most_common(1)[0][0], at[TENTH - 1])
    return found


def figures(binary, seed, rows, train_days, alerts_per_day):
    with tempfile.TemporaryDirectory() as room:
        told(binary, "generate", "--out", f"{room}/all", "--rows", str(rows), "--seed", str(seed))
        truth = read_truth(f"{room}/all")
        times = {}
        for name in FILES:
            for line in told(binary, "normalize", f"{room}/all/{name}").splitlines():
                times[ID.search(line).group(1)] = seconds(TIME.search(line).group(1))
        first, last = min(times.values()), max(times.values())
        begin = first + train_days * DAY_S
        days = (last - begin) / DAY_S
        write_part(binary, f"{room}/all", f"{room}/early", lambda i, t: times[i] < begin)
        write_part(binary, f"{room}/all", f"{room}/quiet",
                   lambda i, t: truth[i]["label"] == "Normal" or (not truth[i]["campaign"] and truth[i]["label"] == "Attack"))
        told(binary, "train", "--model", f"{room}/model", *(f"{room}/early/{name}" for name in FILES))
        loud = score(binary, f"{room}/model", f"{room}/all", alerts_per_day)
        quiet = score(binary, f"{room}/model", f"{room}/quiet", alerts_per_day)
    grouping = groupings()
    hits = {"rules": {}, "score": {}}
    for e in loud:
        name = truth[e.id]["campaign"]
        for by, counts in (("rules", e.rule is not None), ("score", e.by_score)):
            if name and counts:
                hits[by].setdefault(name, e.time)
    caught = []
    for name, (family, tenth) in campaigns(truth, times, begin).items():
        wait = {by: hits[by].get(name, float("inf")) - tenth for by in hits}
        caught.append({"campaign": name, "family": family, **wait, "either": min(wait.values())})
    said = [alert[-1] for alert in alerts([e for e in quiet if e.time >= begin and e.rule and e.dataset not in HONEYPOTS], grouping)]
    return {"campaigns": caught, "said": [f"{e.rule} {e.source} -> {e.target} {e.port}: {e.words}" for e in said], "loud": false_alerts(loud, grouping, truth, begin, days),
            "quiet": false_alerts(quiet, grouping, None, begin, days), "days": days}


def share(caught, by):
    return sum(c[by] <= IN_TIME_S for c in caught) / max(len(caught), 1)


def named(counts):
    return sum(n for name, n in counts.items() if name not in ("score", "honeypot", *HINTS))


def hints(counts):
    return sum(counts.get(name, 0) for name in HINTS)


def total(counts):
    return sum(n for name, n in counts.items() if name != "honeypot")


def say_campaigns(caught):
    print(f"  {'family':<20} {'campaigns':>9} {'by rules':>9} {'by score':>9} {'either':>7}   median s after the 10th record")
    for family in (*FAMILIES, "all"):
        those = [c for c in caught if family in (c["family"], "all")]
        waits = sorted(c["either"] for c in those if c["either"] < float("inf"))
        print(f"  {family:<20} {len(those):>9} {share(those, 'rules'):>9.3f} {share(those, 'score'):>9.3f} {share(those, 'either'):>7.3f}"
              f"   {waits[len(waits) // 2] if waits else float('nan'):.0f}")


def say_false(words, counts):
    def parts(wanted):
        return ", ".join(f"{name} {n:.2f}" for name, n in sorted(counts.items()) if wanted(name)) or "none"
    print(f"  false alerts a day, {words}: named detectors {named(counts):.2f} "
          f"({parts(lambda name: name not in ('score', 'honeypot', *HINTS))}); hints {hints(counts):.2f} ({parts(lambda name: name in HINTS)}); "
          f"score {counts.get('score', 0):.2f}; all {total(counts):.2f}; besides at honeypots {counts.get('honeypot', 0):.1f}", flush=True)


def mean(results, key):
    names = {name for r in results for name in r[key]}
    return {name: sum(r[key].get(name, 0) for r in results) / len(results) for name in names}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--seeds", default="777")
    parser.add_argument("--rows", type=int, default=200000)
    parser.add_argument("--train-days", type=int, default=1)
    parser.add_argument("--alerts-per-day", type=float, default=20)
    parser.add_argument("--late", action="store_true")
    parser.add_argument("--said", action="store_true")
    given = parser.parse_args()
    results = []
    for seed in (int(s) for s in given.seeds.split(",")):
        results.append(figures(given.binary, seed, given.rows, given.train_days, given.alerts_per_day))
        r = results[-1]
        print(f"seed {seed}: {share(r['campaigns'], 'either'):.3f} of {len(r['campaigns'])} campaigns alerted in time, "
              f"{share(r['campaigns'], 'rules'):.3f} by the named detectors; named false alerts a day {named(r['loud']):.2f}, on quiet days "
              f"{named(r['quiet']):.2f}; all {total(r['loud']):.2f}, on quiet days {total(r['quiet']):.2f}", flush=True)
        for c in r["campaigns"] if given.late else []:
            if c["either"] > IN_TIME_S:
                print(f"    {c['campaign']} {c['family']}: {c['either']:.0f} s")
        for words in r["said"] if given.said else []:
            print(f"    {words}")
    print("all seeds:")
    say_campaigns([c for r in results for c in r["campaigns"]])
    say_false("with attacks", mean(results, "loud"))
    say_false("quiet days", mean(results, "quiet"))


if __name__ == "__main__":
    main()
