"""A server over the backend made up for tests, for each test: the program is the script's first argument."""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.api import Server  # noqa: E402

TOOL = sys.argv.pop(1)


class Case(unittest.TestCase):
    patience = 2

    def setUp(self):
        self.state = tempfile.TemporaryDirectory()
        self.server = Server([TOOL, self.state.name, str(self.patience)])

    def tearDown(self):
        self.assertEqual(self.server.stop(), 0, "".join(self.server.errors))
        self.state.cleanup()

    def fill(self, n=90, line="line"):
        answer = self.server.push("".join(f"{line} {i}\n" for i in range(n)))
        self.assertEqual((answer.status, answer.json["read"]), (200, n))
