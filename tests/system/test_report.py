"""One page for sending, by the real program: test_report.py BINARY. Its figures equal a recount of `honeyguide query`'s rows; nothing in it refers
to a network or runs; what attackers wrote is text; the file is whole or as it was."""
import collections
import datetime
import html.parser
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import live  # noqa: E402
from live import BINARY, SEED, say, total, until  # noqa: E402

HOSTILE = ("<img src=x onerror=alert(1)>", "</code><script>alert(1)</script>", "\x1b]0;owned\x07x", "\u202etxt.exe", "\" onmouseover=\"x", "two\nrows", "&lt;",
           "\x9b31m", "x" * 1000)
VOID = {"meta", "br", "hr", "img", "link", "input"}


class Page(html.parser.HTMLParser):
    """Elements with their attributes, what stands in those that have an id, and the rows of tables by the id round them."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.elements, self.texts, self.rows, self.faults = [], [], collections.defaultdict(str), collections.defaultdict(list), []
        self.feed(text)
        self.close()
        if self.open:
            self.faults.append(f"not closed: {self.open}")

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.elements.append((tag, attributes))
        if tag in VOID:
            return
        self.open.append((tag, attributes.get("id")))
        if tag == "tr":
            for name in self.ids():
                self.rows[name].append([])
        if tag in ("td", "th"):
            for name in self.ids():
                self.rows[name][-1].append("")

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if not self.open or self.open[-1][0] != tag:
            self.faults.append(f"</{tag}> within {self.open[-3:]}")
        else:
            self.open.pop()
            for name in self.ids() if tag in ("dt", "dd", "p") else ():
                self.texts[name] += "\n"

    def ids(self):
        return [name for _, name in self.open if name]

    def handle_data(self, data):
        in_cell = any(tag in ("td", "th") for tag, _ in self.open)
        for name in self.ids():
            self.texts[name] += data
            if in_cell and self.rows[name]:
                self.rows[name][-1][-1] += data

    def table(self, name):
        return self.rows[name][1:]  # without its head

    def figure(self, name):
        return int(re.match(r"\D*?([\d,]+)", self.texts[name]).group(1).replace(",", ""))


def number(text):
    return int(text.replace(",", ""))


def shown(text):
    """A value as the page writes it: control characters as \\uXXXX, and cut."""
    escaped = "".join(f"\\u{ord(c):04x}" if ord(c) < 32 or 0x7f <= ord(c) < 0xa0 or 0x202a <= ord(c) <= 0x202e or 0x2066 <= ord(c) <= 0x2069 else c for c in text)
    return escaped if len(text) <= 240 else escaped[:240] + "..."


class Report(live.Case):
    ROWS = 8000

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        hostile = cls.dir / "hostile.json"
        lines = [{"eventid": "cowrie.session.connect", "src_ip": "203.0.113.77", "src_port": 40022, "dst_ip": "192.0.2.10", "dst_port": 2222, "session": "c0ffee01",
                  "protocol": "ssh", "timestamp": "2025-03-08T12:00:00.000000Z"}]
        for i, text in enumerate(HOSTILE):
            lines += [{"eventid": "cowrie.login.failed", "username": text, "password": text, "src_ip": "203.0.113.77", "session": "c0ffee01",
                       "timestamp": f"2025-03-08T12:00:{i + 1:02}.000000Z"}] * (200 if i < 8 else 199)
        hostile.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        cls.state = cls.dir / "state"
        server = live.Server([BINARY, "serve", "--state", str(cls.state), "--listen", "127.0.0.1:0", *cls.with_model, *cls.logs, str(hostile)])
        try:
            until(lambda: total(server) >= sum(map(live.records_of, [*cls.logs, hostile])), 60, "reading")
            cls.alerts = list(live.all_alerts(server))
            server.stop()
        finally:
            server.stop()

    def report(self, *options):
        path = self.path("report.html")
        live.run("report", "--state", self.state, "--output", path, *options)
        self.assertEqual([p.name for p in path.parent.iterdir()], [path.name])  # nothing temporary is left
        self.text = path.read_text(encoding="utf-8")
        page = Page(self.text)
        self.assertEqual(page.faults, [])
        return page

    def rows(self, *options):
        out = live.run("query", "--state", self.state, "--format", "jsonl", *options)
        return [json.loads(line) for line in out.splitlines()]

    def check_figures(self, page, rows):
        anomalous = [r for r in rows if r["by"]]
        self.assertEqual(page.figure("tile-events"), len(rows))
        self.assertEqual(page.figure("tile-anomalous"), len(anomalous))
        by = collections.Counter(r["by"] for r in anomalous)
        self.assertIn(f"{by['label']:,} by label, {by['score']:,} by score, {by['both']:,} by both", page.texts["tile-anomalous"])
        self.assertEqual(page.figure("tile-attackers"), len({r["source_ip"] for r in anomalous if r["source_ip"]}))
        self.assertEqual(page.figure("tile-alerts"), len({r["alert_id"] for r in anomalous}))
        self.assertEqual(len(page.table("alerts")), min(50, len({r["alert_id"] for r in anomalous})))
        bars = re.findall(r"<title>[^<]*: ([\d,]+) anomalous events? of ([\d,]+)</title>", self.text)
        self.assertEqual([sum(number(b[i]) for b in bars) for i in (0, 1)], [len(anomalous), len(rows)])

    def check_list(self, page, name, counts):
        """Rows are the most frequent, with their counts; which of equals stands last is open."""
        rows = [(row[0], number(row[2])) for row in page.table("top-" + name)]
        self.assertEqual([n for _, n in rows], sorted(counts.values(), reverse=True)[:10], name)
        for value, n in rows:
            self.assertEqual(counts[value], n, (name, value))

    def check_lists(self, page, rows):
        anomalous = [r for r in rows if r["by"]]
        services = {row[0] for row in page.table("top-port")}
        ports = collections.Counter(str(r["destination_port"]) for r in anomalous if r["destination_port"] is not None)
        named = {word.split()[0]: word for word in services}
        self.check_list(page, "port", {named.get(port, port): n for port, n in ports.items()})
        self.check_list(page, "src", collections.Counter(r["source_ip"] for r in anomalous if r["source_ip"]))
        self.check_list(page, "type", collections.Counter(r["attack_type"] for r in anomalous if r["attack_type"]))
        self.check_list(page, "app", collections.Counter(r["application_protocol"] for r in anomalous if r["application_protocol"]))
        for member, name in (("username", "user"), ("password", "password"), ("input", "command")):
            found = [r["attributes"].get(member) for r in rows if r["dataset"] == "cowrie"]
            if name == "command":
                found = [r["attributes"].get(member) for r in rows if r["attributes"].get("eventid") in ("cowrie.command.input", "cowrie.command.failed")]
            dionaea = [c for r in rows if r["dataset"] == "dionaea" for c in r["attributes"].get("credentials", {}).get(member, [])[:1]]
            self.check_list(page, name, collections.Counter(shown(x) for x in found + dionaea if x))

    def test_figures_are_those_of_a_recount(self):
        page, rows = self.report(), self.rows()
        self.check_figures(page, rows)
        self.check_lists(page, rows)
        self.assertEqual(page.texts["filter"], "All events: no filter.")
        account = {row[0]: row for row in page.table("sources")}
        self.assertEqual(set(account), {*self.logs, str(self.dir / "hostile.json")})
        for path in account:
            self.assertEqual(number(account[path][4]), live.records_of(path))

    def test_incidents(self):
        page = self.report()
        last, groups = {}, collections.defaultdict(list)  # alerts of a source within an hour; one of a target alone
        for alert in sorted(self.alerts, key=lambda a: a["first_time"]):
            source = alert["source_ip"] or alert["alert_id"]
            begin, end = (datetime.datetime.fromisoformat(alert[name]) for name in ("first_time", "last_time"))
            if source in last and begin - last[source][1] <= datetime.timedelta(hours=1):
                key, end = last[source][0], max(end, last[source][1])
            else:
                key = (source, alert["first_time"])
            last[source] = key, end
            groups[key].append(alert)
        self.assertIn(f"{len(groups):,} incidents:", page.texts["first"])
        wanted = sorted(groups.values(), key=lambda g: max((a["score"] or 0, a["last_time"]) for a in g), reverse=True)[:20]
        rows = page.table("incidents")
        self.assertEqual(len(rows), 20)
        self.assertEqual(sorted((r[1], number(r[4]), number(r[5])) for r in rows[:5]),
                         sorted((min(a["first_time"] for a in g)[:19].replace("T", " "), len(g), sum(a["count"] for a in g)) for g in wanted[:5]))
        hostile = self.report("--filter", "src:203.0.113.77")
        self.assertIn("203.0.113.77 tried 9 passwords on ssh", hostile.table("incidents")[0][3])

    def test_filter_and_range(self):
        text = "dataset:cowrie -src:203.0.113.0/24"
        page, rows = self.report("--filter", text), self.rows(text)
        self.check_figures(page, rows)
        self.check_lists(page, rows)
        self.assertEqual(page.texts["filter"], "Only what matches: " + text)
        options = ("--from", "2025-03-08T11:00:00Z", "--to", "2025-03-08T13:00:00Z")
        page, rows = self.report(*options, "--title", "<b>Monday</b>"), self.rows(*options)
        self.check_figures(page, rows)
        self.assertIn("2025-03-08 11:00:00 to 2025-03-08 13:00:00 UTC (2 hours)", page.texts["range"])
        self.assertIn("<title>&lt;b&gt;Monday&lt;/b&gt;</title>", self.text)
        empty = self.report("--from", "2030-01-01", "--window", "1h")
        self.assertEqual((empty.figure("tile-events"), empty.figure("tile-alerts")), (0, 0))
        self.assertIn("No event in this range.", self.text)

    def test_what_attackers_wrote_is_text(self):
        page = self.report("--filter", "src:203.0.113.77")
        users = [row[0] for row in page.table("top-user")]
        self.assertEqual(sorted(users), sorted(shown(text) for text in HOSTILE))
        self.assertFalse([c for c in self.text if (ord(c) < 32 and c != "\n") or 0x7f <= ord(c) < 0xa0 or ord(c) in (0x202e,)])
        self.assertNotIn("<img", self.text)
        self.assertNotIn("<script", self.text)

    def test_nothing_refers_elsewhere(self):
        page = self.report()
        tags = {tag for tag, _ in page.elements}
        self.assertFalse(tags & {"script", "link", "img", "iframe", "object", "embed", "form", "base", "a", "use", "image"})
        for tag, attributes in page.elements:
            self.assertFalse([n for n in attributes if n.startswith("on") or n in ("src", "href", "style", "xlink:href", "srcset", "action")], (tag, attributes))
        self.assertEqual(re.findall(r"url\(([^)]*)\)|@import", self.text), ["#hatch"])
        policy = [a["content"] for _, a in page.elements if a.get("http-equiv") == "Content-Security-Policy"]
        self.assertEqual(len(policy), 1)
        self.assertTrue(policy[0].startswith("default-src 'none'; style-src 'unsafe-inline'"))
        self.assertLess(len(self.text), 300_000)

    def test_whole_or_as_it_was(self):
        path = self.path("report.html")
        path.write_text("before")
        for options, status in ((("--filter", "prot:22"), 2), (("--window", "soon"), 2), (("--from", "x"), 2), (("extra",), 2)):
            done = subprocess.run([BINARY, "report", "--state", self.state, "--output", path, *options], capture_output=True, timeout=60)
            self.assertEqual(done.returncode, status, done.stderr)
            self.assertEqual(path.read_text(), "before")
        done = subprocess.run([BINARY, "report", "--state", self.state, "--output", path, "--filter", "x prot:22"], capture_output=True, timeout=60)
        lines = done.stderr.decode().splitlines()
        self.assertEqual(lines[1], " " * lines[0].index("prot") + "^^^^")
        self.assertEqual(subprocess.run([BINARY, "report", "--state", self.state], capture_output=True, timeout=20).returncode, 2)
        done = subprocess.run([BINARY, "report", "--state", self.state, "--output", self.path("no") / "such" / "r.html"], capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 1, done.stderr)
        done = subprocess.run([BINARY, "report", "--state", self.path("absent"), "--output", path], capture_output=True, timeout=20)
        self.assertEqual((done.returncode, path.read_text()), (1, "before"))
        os.umask(0o022)
        live.run("report", "--state", self.state, "--output", path)
        self.assertEqual(path.stat().st_mode & 0o777, 0o644)
        self.assertTrue(path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>"))


if __name__ == "__main__":
    say(f"seed {SEED}")
    unittest.main()
