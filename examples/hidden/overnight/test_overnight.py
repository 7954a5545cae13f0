"""Grades the issue `overnight`."""

import unittest
from datetime import date, datetime

from timeslip import LogError, by_day, find_breaks, parse_log


class Overnight(unittest.TestCase):
    def test_the_end_lies_on_the_next_day(self):
        (entry,) = parse_log("2024-03-08\n22:30-01:15 acme/ops: Move the database\n")
        self.assertEqual(entry.start, datetime(2024, 3, 8, 22, 30))
        self.assertEqual(entry.end, datetime(2024, 3, 9, 1, 15))
        self.assertEqual(entry.minutes, 165)

    def test_over_the_end_of_a_year(self):
        (entry,) = parse_log("2024-12-31\n23:00-0:00 acme: Watch the clock #oncall\n")
        self.assertEqual(entry.end, datetime(2025, 1, 1))
        self.assertEqual(entry.tags, ("oncall",))

    def test_the_day_of_the_start_counts(self):
        entries = parse_log("2024-02-29\n20:00-02:00 a: late\n2024-03-01\n09:00-10:00 a: early\n")
        self.assertEqual(by_day(entries), {date(2024, 2, 29): 360, date(2024, 3, 1): 60})
        self.assertEqual(find_breaks(entries), [])

    def test_durations_and_ordinary_ranges_are_as_before(self):
        entries = parse_log("2024-03-08\n23:30 +45m a: late\n08:00-09:30 a: early\n")
        self.assertEqual([entry.minutes for entry in entries], [45, 90])
        self.assertEqual(entries[1].end, datetime(2024, 3, 8, 9, 30))

    def test_no_time_at_all_is_still_refused(self):
        with self.assertRaisesRegex(LogError, "^line 2: "):
            parse_log("2024-03-08\n09:00-09:00 acme: Nothing\n")


if __name__ == "__main__":
    unittest.main()
