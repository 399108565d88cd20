#!/usr/bin/python3
"""Are attack campaigns alerted in time, and at what price? By the functions of bench/campaigns.py, on generated logs of a seed that
nothing was tuned on. Prints the figures."""
import os
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "bench"))
import campaigns  # noqa: E402

BINARY = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "build/src/app/honeyguide"
SEED, ROWS = 4001, 200000


class Campaigns(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.found = campaigns.figures(BINARY, SEED, ROWS, 1, 20)
        print(f"# seed {SEED}")
        campaigns.say_campaigns(cls.found["campaigns"])
        campaigns.say_false("with attacks", cls.found["loud"])
        campaigns.say_false("quiet days", cls.found["quiet"])

    def test_campaigns_are_alerted_in_time(self):
        self.assertGreaterEqual(len(self.found["campaigns"]), 60)
        self.assertGreaterEqual(campaigns.share(self.found["campaigns"], "either"), 0.90)

    def test_each_family_is(self):
        for family in campaigns.FAMILIES:
            those = [c for c in self.found["campaigns"] if c["family"] == family]
            with self.subTest(family=family):
                self.assertGreaterEqual(campaigns.share(those, "either"), 0.60)

    def test_named_detectors_keep_still(self):
        """Under one false alert a day, all of them together; with the hints beside them under half of the budget of all."""
        for words in ("loud", "quiet"):
            self.assertLess(campaigns.named(self.found[words]), 1.0, words)
            self.assertLess(campaigns.named(self.found[words]) + campaigns.hints(self.found[words]), 14.0, words)

    def test_quiet_days_are_quiet(self):
        self.assertLessEqual(campaigns.total(self.found["quiet"]), 20.0)


if __name__ == "__main__":
    unittest.main()
