"""Grades the issue `durations`."""

import unittest

from timeslip import LogError, parse_duration, parse_log


class Durations(unittest.TestCase):
    def test_minutes_without_their_letter(self):
        for text, minutes in {"1h30": 90, "2h5": 125, "10h00": 600, " 1H 30 ": 90}.items():
            with self.subTest(text):
                self.assertEqual(parse_duration(text), minutes)

    def test_what_is_not_understood_is_refused(self):
        for text in ("1h 3om", "about 20m", "20m or so", "1h30x", "h30", "", "two hours", "1h-15m"):
            with self.subTest(text), self.assertRaises(ValueError):
                parse_duration(text)

    def test_other_ways_are_as_before(self):
        known = {
            "90m": 90,
            "2h": 120,
            "1h15m": 75,
            "1h 15m": 75,
            "1.5h": 90,
            "1:15": 75,
            "0:05": 5,
            " 5 m ": 5,
        }
        for text, minutes in known.items():
            with self.subTest(text):
                self.assertEqual(parse_duration(text), minutes)

    def test_in_a_log(self):
        (entry,) = parse_log("2024-03-08\n09:00 +1h30 acme: Talk\n")
        self.assertEqual(entry.minutes, 90)
        with self.assertRaises(LogError):
            parse_log("2024-03-08\n09:00 +1h3om acme: Talk\n")


if __name__ == "__main__":
    unittest.main()
