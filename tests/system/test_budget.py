"""The alert budget in the real program: test_budget.py BINARY. What is anomalous is recounted here from the events that the API gives,
by the rules of src/detect/budget.h; results don't depend on how events are pushed, nor on kills; `model show` prints them."""
import collections
import contextlib
import datetime
import json
import math
import pathlib
import random
import sqlite3
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import live  # noqa: E402
from live import BINARY, SEED, run, say  # noqa: E402

KINDS = ("iscx", "cowrie", "dionaea", "suricata")
HOUR = datetime.timedelta(hours=1)
UNKNOWN, MOST = 1e-3, 0.1


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def monday(time):
    day = time.replace(hour=0, minute=0, second=0, microsecond=0)
    return day - datetime.timedelta(days=day.weekday())


class Ring:
    """Events by hour of the source clock, of one source or of all."""

    def __init__(self, learnt, asked):
        self.learnt, self.expected = learnt, asked / UNKNOWN
        self.hours, self.kinds, self.first, self.hour, self.caught = collections.Counter(), set(), None, None, 0

    def whole(self):
        hours = min(24, self.hour - self.first - 1) if self.hour is not None else 0
        return sum(self.hours[self.hour - back] for back in range(1, hours + 1)) if hours > 0 else 0, hours

    def events_a_day(self):
        whole, hours = self.whole()
        learnt = [self.learnt.get(kind, 0) for kind in self.kinds]
        known = sum(learnt) if all(learnt) else 0
        return max(whole * 24 / hours if whole else known, self.caught)

    def enter(self, hour):
        if self.hour is None:
            self.first = self.hour = hour
        elif hour > self.hour:
            self.hour, self.caught = hour, 0

    def count(self, hour):
        self.enter(hour)
        self.hours[self.hour] += 1
        seen = self.whole()[0] + self.hours[self.hour]
        if seen > 2 * (self.events_a_day() or self.expected):
            self.caught = seen


SHARE = 0.15  # of the alerts a day, the score's: the rest is left to the hints of named detectors


class Recount:
    """What the program must have made of the events, in their sequence."""

    def __init__(self, learnt, alerts_per_day=None, per_source=False, rate=None):
        self.asked, self.each, self.fixed = alerts_per_day, per_source, rate
        self.rings = collections.defaultdict(lambda: Ring(learnt, alerts_per_day or 0))
        self.clock, self.weeks = None, collections.defaultdict(collections.Counter)
        self.alarmed = []
        self.expected = collections.Counter()

    def rate(self, source, kind):
        for name in (None, source):
            ring = self.rings[name]
            ring.kinds.add(kind)
            if self.rings[None].hour is not None and ring.hour is not None:
                ring.enter(self.rings[None].hour)
        events = self.rings[source if self.each else None].events_a_day()
        return self.fixed or (min(self.asked * SHARE / events, MOST) if events else UNKNOWN)

    def take(self, event, source, kind):
        """The severity it must have."""
        time, p = instant(event["event_time"]), event["p_value"]
        rate = self.rate(source, kind)
        self.clock = max(self.clock or time, time)
        for name in (None, source):
            self.rings[name].count(int(self.clock.timestamp()) // 3600)
        week = self.weeks[source, monday(time)]
        if event["label"] != "Attack" or event["dataset"] in ("cowrie", "dionaea"):
            week.update({"events": 1, "alarms": p < rate, f"bin{min(int(p * 20), 19)}": 1, **{f"tail{t}": p <= t for t in (1e-2, 1e-3, 1e-4)}})
            self.expected[source, monday(time)] += rate
            if p < rate:
                self.alarmed.append(event["event_id"])
        return "none" if p >= rate else "high" if p <= 1e-4 else "medium" if p <= 1e-3 else "low"


def kind_of(event):
    if event["dataset"] != "suricata":
        return event["dataset"]
    return "suricata_flow" if event["attributes"]["event_type"] == "flow" else "suricata_other"


class Budget(live.Case):
    ROWS = 12000

    def all_events(self, server):
        rows, cursor = [], {}
        while cursor is not None:
            page = server.get("events", window="all", limit=500, **cursor).json
            rows += page["events"]
            cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else None
        return sorted(rows, key=lambda e: e["sequence"])

    def check_weeks(self, server, recount, options):
        answer = server.get("reliability", weeks=52).json
        seen = 0
        for source in answer["sources"]:
            self.assertGreater(source["events_a_day"], 0)
            for week in source["weeks"]:
                key = pathlib.Path(source["source"]).name, instant(week["from"])
                own = recount.weeks[key]
                self.assertEqual([week["events"], week["alarms"], week["p_values"], [t["events"] for t in week["tails"]]],
                                 [own["events"], own["alarms"], [own[f"bin{i}"] for i in range(20)], [own[f"tail{t}"] for t in (1e-2, 1e-3, 1e-4)]])
                self.assertAlmostEqual(week["expected"], recount.expected[key], 4)
                self.assertLessEqual(week["alerts"], week["alarms"])
                low, high = week["interval"]
                self.assertLessEqual(low, week["alarms"])
                self.assertGreater(high, week["alarms"])
                few = week["events"] < 1000 or week["expected"] < 5
                self.assertEqual(week["verdict"], "more" if week["expected"] < low else "too_few" if few else
                                 "fewer" if week["expected"] > high else "as_asked")
                seen += 1
        self.assertEqual(seen, sum(1 for week in recount.weeks.values() if week["events"]), options)
        return answer

    def attacks(self):
        """What truth.csv calls attacks, labelled or not."""
        with open(pathlib.Path(self.logs[0]).parent / "truth.csv", encoding="utf-8") as f:
            return {line.split(",")[0] for line in f if ",Attack," in line}

    def judged(self, name, recount, *options):
        """Follows all logs and recounts; gives the answer on reliability."""
        state = self.path(name)
        server = self.serve(state, *self.with_model, *options, *self.logs)
        self.wait_for_records(server, sum(map(live.records_of, self.logs)))
        model = server.get("summary").json["model"]
        recount = recount({m["name"]: m["events_a_day"] for m in model["sub_models"]})
        source_of = dict(zip(KINDS, map(lambda log: pathlib.Path(log).name, self.logs)))
        rows, odd = self.all_events(server), 0
        self.assertEqual(len(rows), server.get("health").json["sequence"])
        for event in rows:
            severity = recount.take(event, source_of[event["dataset"]], kind_of(event))
            found = event["finding"] is not None and event["dataset"] not in ("cowrie", "dionaea")
            if found:  # a named detector's say stands beside the score's
                self.assertEqual(event["severity"], "high" if event["finding"]["p"] <= 1e-4 or severity == "high" else "medium", event)
                self.assertEqual(event["anomaly_score"], 1 - min(event["p_value"] if severity != "none" else 1, event["finding"]["p"]))
            else:
                self.assertEqual(event["severity"], severity, event)
                self.assertEqual(event["anomaly_score"], 1 - event["p_value"])
            odd += found or severity != "none"
        now = server.get("summary", window="all").json["now"]
        self.assertEqual(now["by_score"] + now["by_both"], odd)
        answer = self.check_weeks(server, recount, options)
        asked, false = sum(recount.expected.values()), len(set(recount.alarmed) - self.attacks())
        say(f"{' '.join(options)}: {odd} of {len(rows)} events anomalous by score, {len(recount.alarmed)} of those that no label calls attacks, "
            f"{false} of those that are none; {asked:.1f} asked")
        self.assertLess(false, asked * 2 + 15)
        self.end(server, state)
        return answer

    def test_in_total(self):
        answer = self.judged("total", lambda learnt: Recount(learnt, alerts_per_day=5), "--alerts-per-day", "5")
        self.assertEqual((answer["budget"]["mode"], answer["budget"]["alerts_per_day"]), ("total", 5))
        self.assertEqual(len({source["rate_asked"] for source in answer["sources"]}), 1)
        self.assertAlmostEqual(answer["sources"][0]["rate_asked"], 5 * SHARE / answer["budget"]["events_a_day"])

    def test_per_source(self):
        answer = self.judged("each", lambda learnt: Recount(learnt, alerts_per_day=5, per_source=True), "--alerts-per-day", "5", "--per-source")
        for source in answer["sources"]:
            self.assertAlmostEqual(source["rate_asked"], min(MOST, 5 * SHARE / source["events_a_day"]))

    def test_rate(self):
        answer = self.judged("rate", lambda learnt: Recount(learnt, rate=0.001), "--false-alarm-rate", "0.001", "--ignore-labels")
        self.assertEqual({source["rate_asked"] for source in answer["sources"]}, {0.001})
        self.assertEqual(answer["budget"]["false_alarm_rate"], 0.001)


def kept(state):
    """What of a budget is kept, byte by byte."""
    with contextlib.closing(sqlite3.connect(f"file:{state}/honeyguide.db?mode=ro", uri=True)) as db:
        return [db.execute(query).fetchall() for query in ("SELECT * FROM budget ORDER BY source", "SELECT * FROM reliability ORDER BY week_us, source",
                                                           "SELECT bytes FROM named_state WHERE name = 'budget'")]


class Pushed(live.Case):
    ROWS = 16000

    def lines(self, most):
        return pathlib.Path(self.logs[3]).read_bytes().splitlines(keepends=True)[:most]

    def pushed(self, name, size, lines, *options):
        state = self.path(name)
        server = self.serve(state, *options)
        for i in range(0, len(lines), size):
            self.assertEqual(server.push(b"".join(lines[i:i + size]), "suricata", source="sensor").status, 200)
        return self.end(server, state), kept(state)

    def test_sizes_of_pushes(self):
        for number, options in enumerate(((), ("--alerts-per-day", "5", "--per-source"), (*self.with_model, "--alerts-per-day", "300"))):
            lines = self.lines(3000)
            whole = self.pushed(f"whole{number}", 1000, lines, *options)
            for size in (1, 7):
                with self.subTest(options=options, size=size):
                    self.assertEqual(self.pushed(f"by{size}-{number}", size, lines, *options), whole)
            self.assertGreater(len(whole[1][1]), 0)

    def test_killed(self):
        """kill -9 between pushes and within them: what is kept at the end is what an undisturbed run keeps."""
        rng, lines = random.Random(SEED), self.lines(5000)
        for number, options in enumerate((self.with_model, ())):
            whole = self.pushed(f"undisturbed{number}", 250, lines, *options)
            state, port = self.path(f"killed{number}"), live.free_port()
            server = self.serve(state, *options, port=port)
            for i in range(0, len(lines), 250):
                body, key = b"".join(lines[i:i + 250]), f"batch-{i}"
                if rng.random() < 0.5:
                    connection = server.connect()
                    with contextlib.suppress(OSError):
                        connection.request("POST", "/api/v1/events?format=suricata&source=sensor", body,
                                           {"Content-Type": "application/x-ndjson", "Idempotency-Key": key})
                        if rng.random() < 0.5:
                            connection.getresponse().read()
                    self.kill(server)
                    connection.close()
                    server = self.serve(state, *options, port=port)
                answer = server.push(body, "suricata", {"Idempotency-Key": key}, source="sensor")
                self.assertEqual(answer.status, 200, answer.body)
            self.end(server, state)
            self.assertEqual(kept(state), whole[1], options)

    def test_another_budget_after_a_restart(self):
        """The events a day go on; the settings are those of the run. A quarantine that is tried again goes by the last run's."""
        state = self.path("state")
        server = self.serve(state, *self.with_model, "--alerts-per-day", "50")
        server.push(b"".join(self.lines(4000)), "suricata", source="sensor")
        before = server.get("reliability").json
        self.end(server, state)
        run("quarantine", "retry", "--state", state)
        self.assertEqual(json.loads(run("model", "show", "--state", state, "--output", "json"))["budget"]["alerts_per_day"], 50)
        server = self.serve(state, *self.with_model, "--alerts-per-day", "25")
        after = server.get("reliability").json
        self.assertEqual(after["budget"], {**before["budget"], "alerts_per_day": 25})
        self.assertEqual([s["weeks"] for s in after["sources"]], [s["weeks"] for s in before["sources"]])
        self.assertEqual(after["sources"][0]["events_a_day"], before["sources"][0]["events_a_day"])
        self.assertTrue(math.isclose(after["sources"][0]["rate_asked"], min(MOST, 25 * SHARE / after["budget"]["events_a_day"])))
        self.end(server, state)


class Show(live.Case):
    ROWS = 12000

    def show(self, *args, env=None):
        done = subprocess.run([BINARY, "model", "show", *map(str, args)], capture_output=True, timeout=60, env=env)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def test_file(self):
        status, text, _ = self.show(self.model)
        self.assertEqual(status, 0)
        self.assertIn("at most 20 false alerts a day in total", text)
        shown = json.loads(self.show(self.model, "--output", "json", "--alerts-per-day", "10")[1])
        self.assertIn(shown["model"]["digest"], text)
        self.assertEqual(shown["budget"], {"mode": "total", "alerts_per_day": 10, "false_alarm_rate": None})
        day = sum(rate["events_a_day"] for rate in shown["rates"])
        self.assertEqual({rate["sub_model"] for rate in shown["rates"]}, {m["name"] for m in shown["model"]["sub_models"] if m["rows"]})
        self.assertTrue(all(math.isclose(rate["rate"], 10 / day) for rate in shown["rates"]))
        shown = json.loads(self.show(self.model, "--output", "json", "--per-source")[1])
        self.assertTrue(all(math.isclose(rate["rate"], min(MOST, 20 / rate["events_a_day"])) for rate in shown["rates"]))
        self.assertNotIn("sources", shown)

    def test_state(self):
        state = self.path("state")
        server = self.serve(state, "--false-alarm-rate", "0.02", *self.logs)
        self.wait_for_records(server, sum(map(live.records_of, self.logs)))
        answer = server.get("reliability").json
        shown = json.loads(self.show("--state", state, "--output", "json")[1])  # while it runs
        self.assertEqual(shown["sources"], [{"source": s["source"], "weeks": s["weeks"]} for s in answer["sources"] if s["weeks"]])
        self.assertEqual(shown["budget"], {"mode": "rate", "alerts_per_day": None, "false_alarm_rate": 0.02})
        self.assertIsNotNone(shown["model"])
        self.end(server, state)
        status, text, _ = self.show("--state", state, env={"LC_ALL": "C"})
        self.assertEqual(status, 0)
        for source in filter(lambda s: s["weeks"], answer["sources"]):
            self.assertIn(source["source"] + "\n", text)
            for week in source["weeks"]:
                self.assertIn(f"  week of {week['from'][:10]}: {week['events']} events, asked ", text)
                self.assertIn("    " + week["words"] + "\n", text)
        self.assertTrue(text.isascii())
        self.assertRegex(text, r"(?m)^    p 0 \|[ .:\-=+*#@]{20}\| 1$")
        self.assertRegex(self.show("--state", state, env={"LC_ALL": "C.UTF-8"})[1], r"(?m)^    p 0 \|[ ▁▂▃▄▅▆▇█]{20}\| 1$")

    def test_wrong_use(self):
        for args in ((), (self.model, self.model), (self.model, "--output", "xml"), (self.model, "--weeks", "53"),
                     (self.model, "--alerts-per-day", "0"), (self.model, "--false-alarm-rate", "0.11"),
                     (self.model, "--false-alarm-rate", "0.1", "--alerts-per-day", "3")):
            self.assertEqual(self.show(*args)[0], 2, args)
        for option in (("--alerts-per-day", "x"), ("--false-alarm-rate", "0"), ("--false-alarm-rate", "0.1", "--per-source")):
            done = subprocess.run([BINARY, "serve", "--state", str(self.path("no")), *option], capture_output=True, timeout=20)
            self.assertEqual(done.returncode, 2, option)
        self.assertEqual(self.show(self.dir / "absent")[0], 1)


if __name__ == "__main__":
    say(f"seed {SEED}")
    unittest.main()
