"""`honeyguide explain` and GET /explain of the real program: test_explain.py BINARY. What they say is what the alert says; they say it twice
the same, while a server runs and after it; another model in force changes nothing; attackers' text steers no terminal."""
import json
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import live  # noqa: E402
from live import BINARY, SEED, all_alerts, run, say, total, until  # noqa: E402

EVIL = "\x1b]0;owned\x07\x1b[31m\u202eevil"
SAME_FIGURES = ("feature", "value", "low", "median", "high", "share")


def explain(state, identity, *options):
    done = subprocess.run([BINARY, "explain", "--state", str(state), *options, identity], capture_output=True, timeout=60)
    return done.returncode, done.stdout, done.stderr.decode()


def by_score(alerts):
    return [a for a in alerts if a["by_score"] + a["by_both"] > 0 and a["p_value"] is not None]


class Explain(live.Case):
    ROWS = 12000

    def followed(self, state, *options):
        server = self.serve(state, "--alerts-per-day", 100, *options, *self.logs)
        until(lambda: server.get("health").json["sequence"] >= self.events, 60, "reading all logs")
        return server

    def whole(self, state, identity):
        status, out, errors = explain(state, identity, "--json")
        self.assertEqual((status, errors), (0, ""))
        return json.loads(out)

    def check_alert(self, server, state, alert):
        """What is told of it is what it says itself; in text, too; by the API the same."""
        told = self.whole(state, alert["alert_id"])
        self.assertEqual([told[k] for k in ("alert_id", "event_id", "p_value", "severity", "scored_by", "finding", "reason")],
                         [alert[k] for k in ("alert_id", "event_id", "p_value", "severity", "model", "finding", "reason")])
        why = told["explanation"]
        self.assertIsNone(told["why_not"])
        self.assertTrue(why["same_model"])
        self.assertEqual((why["model"], why["p_value"]), (alert["model"], alert["p_value"]))
        self.assertEqual([[f[k] for k in SAME_FIGURES] for f in why["features"][:3]], [[f[k] for k in SAME_FIGURES] for f in alert["features"]])
        self.assertAlmostEqual(sum(f["share"] for f in why["features"]), 1, 5)
        self.assertEqual(why["ordinary"], why["p_value"] >= why["rate"])
        self.assertFalse(why["ordinary"] and why["counterfactuals"])
        leading = {f["feature"] for f in why["features"][:3]}
        for possible in why["counterfactuals"]:
            self.assertTrue(len(possible["changes"]) == 2 or possible["changes"][0]["feature"] in leading)
            self.assertRegex(possible["words"], r"^Had .*, it would be ordinary\.$")
        text = explain(state, alert["alert_id"])[1].decode()
        for part in [alert["reason"], alert["model"], *(c["words"] for c in why["counterfactuals"])]:
            self.assertIn(part, text)
        answer = server.get(f"explain/{alert['alert_id']}").json
        self.assertEqual({k: v for k, v in answer["explanation"].items() if k != "rate"}, {k: v for k, v in why.items() if k != "rate"})
        self.assertAlmostEqual(answer["explanation"]["rate"], why["rate"], 12)
        self.assertEqual(answer["reason"], alert["reason"])
        return bool(why["counterfactuals"])

    def test_alerts_are_explained_as_they_were_scored(self):
        state = self.path("state")
        server = self.followed(state, *self.with_model)
        alerts = by_score(all_alerts(server))
        self.assertGreater(len(alerts), 10)
        some = alerts[::max(1, len(alerts) // 25)]
        possible = sum(self.check_alert(server, state, alert) for alert in some)
        say(f"{possible} of {len(some)} alerts have something that would be ordinary")
        self.assertGreater(possible, 0)
        events = [e for a in some[:5] for e in server.get(f"alerts/{a['alert_id']}/events", limit=5).json["events"]
                  if e["is_anomaly"] and e["p_value"] is not None]
        self.assertTrue(events)
        for event in events:
            told = self.whole(state, event["event_id"])
            if event["event_id"] != event["alert_id"]:  # an alert is named by its first event
                self.assertEqual((told["event_id"], told["p_value"]), (event["event_id"], event["p_value"]))
            self.assertEqual(told["alert_id"], event["alert_id"])
        before = [explain(state, a["alert_id"], "--json") for a in some[:3]]
        server.stop()
        self.assertEqual(before, [explain(state, a["alert_id"], "--json") for a in some[:3]])

    def test_another_model_changes_nothing(self):
        state, other = self.path("state"), self.path("other")
        server = self.followed(state, *self.with_model)
        alert = by_score(all_alerts(server))[0]
        before = self.whole(state, alert["alert_id"])
        server.stop()
        run("train", "--model", other, "--seed", 77, *self.logs)
        server = self.serve(state, "--model", other)
        until(lambda: server.get("summary", window="all").json["model"]["digest"] != alert["model"], what="another model")
        after = self.whole(state, alert["alert_id"])
        same = ("p_value", "anomaly_score", "severity", "scored_by", "reason")
        self.assertEqual([before[k] for k in same], [after[k] for k in same])
        text = explain(state, alert["alert_id"])[1].decode()
        if after["explanation"]["same_model"]:  # the ledger kept it
            self.assertEqual(before["explanation"]["features"], after["explanation"]["features"])
            self.assertIn("another one is in force now", text)
        else:
            self.assertIn("NOT the one that scored it", text)

    def test_attackers_text_steers_no_terminal(self):
        log, state = self.path("evil.json"), self.path("state")
        with open(log, "w", encoding="utf-8") as f:
            for i in range(400):
                f.write(json.dumps({"eventid": "cowrie.session.connect" if i < 390 else f"cowrie.{EVIL}.{i}", "src_ip": "192.0.2.7", "src_port": 40000 + i,
                                    "dst_ip": "198.51.100.2", "dst_port": 2222, "session": f"{i:012x}", "protocol": "ssh" if i < 390 else EVIL,
                                    "sensor": "s", "timestamp": f"2026-03-01T10:{i // 60:02}:{i % 60:02}.000000Z"}) + "\n")
        server = self.serve(state, *self.with_model, "--false-alarm-rate", "0.1", log)
        until(lambda: total(server) == 400, what="reading it")
        alerts = list(all_alerts(server))
        self.assertTrue(alerts)
        events = [e for a in alerts for e in server.get(f"alerts/{a['alert_id']}/events", limit=500).json["events"]]
        evil = [e["event_id"] for e in events if "evil" in json.dumps(e, ensure_ascii=False)]
        self.assertTrue(evil)
        for identity in evil[:5] + [a["alert_id"] for a in alerts[:5]]:
            for options in ((), ("--json",)):
                status, out, _ = explain(state, identity, *options)
                self.assertEqual(status, 0)
                self.assertFalse(any(c < 32 and c != 10 for c in out), out)
                self.assertNotIn("\u202e".encode() if not options else b"\x1b", out)

    def test_wrong_use_is_told(self):
        state = self.path("state")
        server = self.serve(state, *self.with_model)
        nobody = "0" * 31 + "1"
        for arguments, status in (((state, "no"), 2), ((state, nobody[:-1]), 2), ((state, nobody), 1), ((self.path("absent"), nobody), 1)):
            code, out, errors = explain(*arguments)
            self.assertEqual((code, out), (status, b""), arguments)
            self.assertTrue(errors.startswith("honeyguide explain: "), errors)
        self.assertEqual(subprocess.run([BINARY, "explain", nobody], capture_output=True, timeout=20).returncode, 2)
        self.assertEqual(server.get(f"explain/{nobody}").status, 404)


if __name__ == "__main__":
    say(f"seed {SEED}")
    unittest.main()
