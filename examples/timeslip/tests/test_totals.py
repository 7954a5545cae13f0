import unittest
from datetime import date

from timeslip.parser import parse_log
from timeslip.totals import by_day, by_project, by_tag, by_week, round_up, shares

ENTRIES = parse_log(
    """
2024-12-29
09:00-10:00 acme/web: x #a
10:00-12:00 acme/ops: y #b
2024-12-30
09:00-10:00 acme/web: x #a #b
13:00-14:00 garden: z
"""
)


class Totals(unittest.TestCase):
    def test_projects_longest_first(self):
        found = list(by_project(ENTRIES).items())
        self.assertEqual(found, [("acme/ops", 120), ("acme/web", 120), ("garden", 60)])

    def test_days_and_weeks(self):
        self.assertEqual(by_day(ENTRIES), {date(2024, 12, 29): 180, date(2024, 12, 30): 120})
        self.assertEqual(by_week(ENTRIES), {"2024-W52": 180, "2025-W01": 120})

    def test_an_entry_counts_for_every_tag(self):
        self.assertEqual(list(by_tag(ENTRIES).items()), [("b", 180), ("a", 120)])


class Shares(unittest.TestCase):
    def test_whole_percent(self):
        self.assertEqual(shares({"a": 120, "b": 120, "c": 60}), {"a": 40, "b": 40, "c": 20})
        self.assertEqual(shares({"a": 7}), {"a": 100})

    def test_nothing_worked(self):
        self.assertEqual(shares({"a": 0}), {"a": 0})


class Invoices(unittest.TestCase):
    def test_round_up(self):
        self.assertEqual([round_up(m, 15) for m in (0, 1, 15, 16)], [0, 15, 15, 30])
        with self.assertRaises(ValueError):
            round_up(10, 0)


if __name__ == "__main__":
    unittest.main()
