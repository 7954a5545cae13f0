"""Grades the issue `breaks`."""

import unittest

from timeslip import find_breaks, parse_log


def breaks(*lines, **options):
    return [str(pause) for pause in find_breaks(parse_log("\n".join(lines)), **options)]


class Breaks(unittest.TestCase):
    def test_a_short_entry_inside_a_long_one(self):
        found = breaks("2024-03-11", "09:00-12:00 a: x", "10:00-10:20 b: y", "13:00-17:00 a: z")
        self.assertEqual(found, ["12:00-13:00"])

    def test_several_short_ones_inside(self):
        found = breaks("2024-03-11", "09:00-15:00 a: x", "10:00-10:20 b: y", "11:00-11:20 b: y", "15:30-16:00 a: z")
        self.assertEqual(found, ["15:00-15:30"])

    def test_entries_that_overlap_at_their_ends(self):
        found = breaks("2024-03-11", "09:00-11:00 a: x", "10:30-12:00 b: y", "12:15-13:00 a: z")
        self.assertEqual(found, ["12:00-12:15"])

    def test_an_earlier_day_has_no_influence(self):
        found = breaks(
            "2024-03-11",
            "09:00-18:00 a: x",
            "10:00-11:00 b: y",
            "2024-03-12",
            "08:00-09:00 a: x",
            "10:00-11:00 a: x",
        )
        self.assertEqual(found, ["09:00-10:00"])

    def test_shortest_is_kept(self):
        lines = ("2024-03-11", "09:00-12:00 a: x", "10:00-10:20 b: y", "12:10-13:00 a: z")
        self.assertEqual(breaks(*lines, shortest=11), [])
        self.assertEqual(breaks(*lines, shortest=10), ["12:00-12:10"])

    def test_ordinary_days_and_no_days(self):
        self.assertEqual(breaks("2024-03-11", "09:00-10:00 a: x", "10:30-11:00 a: y"), ["10:00-10:30"])
        self.assertEqual(find_breaks([]), [])


if __name__ == "__main__":
    unittest.main()
