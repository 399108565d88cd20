"""The examples do what they say, against the real program: test_examples.py BINARY. Streamlit isn't in Debian: a stand-in takes its calls and keeps what they were
given; whoever has Streamlit itself sees the same through its own."""
import contextlib
import csv
import io
import os
import pathlib
import re
import runpy
import sys
import types
import unittest
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
import live  # noqa: E402
from live import BINARY, SEED, run, say  # noqa: E402

try:
    import pandas
except ImportError:
    pandas = None


class Streamlit(types.ModuleType):
    """Takes the calls of streamlit that are used."""

    def __init__(self, window, filter_text):
        super().__init__("streamlit")
        self.window, self.filter_text, self.calls = window, filter_text, []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **more: self.calls.append((name, args, more))

    def selectbox(self, label, options, **_):
        assert self.window in options
        return self.window

    def text_input(self, *_, **__):
        return self.filter_text

    def columns(self, n):
        return [self] * n

    def given(self, name):
        return [args for called, args, _ in self.calls if called == name]


@unittest.skipIf(pandas is None, "the examples need pandas (Debian: python3-pandas)")
class Examples(live.Case):
    ROWS = 4000

    def start(self):
        server = self.serve(self.path("state"), *self.with_model, *self.logs)
        self.wait_for(server, self.events)
        return server, {"HONEYGUIDE_URL": f"http://127.0.0.1:{server.port}", "HONEYGUIDE": BINARY, "LOG": self.logs[3]}

    def page(self, environment, window="all", filter_text=""):
        streamlit = Streamlit(window, filter_text)
        with mock.patch.dict(os.environ, environment), mock.patch.dict(sys.modules, {"streamlit": streamlit}):
            runpy.run_path(str(ROOT / "examples" / "streamlit_app.py"), run_name="__main__")
        return streamlit

    def test_streamlit(self):
        server, environment = self.start()
        page = self.page(environment)
        self.assertEqual(page.given("error"), [])
        figures = {args[0]: args[1] for args in page.given("metric")}
        self.assertEqual(figures["Events"], f"{self.events:,}")
        chart, = page.given("bar_chart")
        alerts = list(live.all_alerts(server))
        self.assertEqual(len(page.given("dataframe")[0][0]), min(100, len(alerts)))
        counted = sum(chart[0][name].sum() for name in ("high", "medium", "low"))
        summary = server.get("summary", window="all").json["now"]
        self.assertEqual(counted, summary["high"] + summary["medium"] + summary["low"])
        wrong, = self.page(environment, filter_text="port:99999").given("error")
        self.assertIn("port", wrong[0])
        server.stop()
        silent, = self.page(environment).given("error")
        self.assertIn("No answer from", silent[0])

    def test_notebook(self):
        server, environment = self.start()
        blocks = re.findall(r"```python\n(.*?)```", (ROOT / "examples" / "notebook.md").read_text(), re.S)
        self.assertGreaterEqual(len(blocks), 4)
        room, out = {}, io.StringIO()
        with mock.patch.dict(os.environ, environment), contextlib.redirect_stdout(out):
            for block in blocks:
                exec(compile(block, "notebook.md", "exec"), room)  # noqa: S102: that is what the page is for
        alerts = list(live.all_alerts(server))
        self.assertEqual(len(room["alerts"]), min(500, len(alerts)))
        rows = list(csv.DictReader(io.StringIO(server.ask("GET", "/api/v1/export?format=csv&window=all&filter=port:22%20or%20port:80").body.decode())))
        self.assertEqual(len(room["events"]), len(rows))
        self.assertEqual(room["events"]["bytes_sent"].isna().sum(), sum("bytes_sent" in row["missing"].split() for row in rows))
        self.assertEqual(len(room["flows"]), len(run("normalize", self.logs[3]).splitlines()))


if __name__ == "__main__":
    say(f"seed {SEED}")
    unittest.main()
