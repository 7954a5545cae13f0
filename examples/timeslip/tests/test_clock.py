import unittest
from datetime import time

from timeslip.clock import format_duration, parse_duration, parse_time


class Times(unittest.TestCase):
    def test_colon_and_point(self):
        self.assertEqual(parse_time("9:05"), time(9, 5))
        self.assertEqual(parse_time("17.30"), time(17, 30))

    def test_nonsense_is_refused(self):
        for text in ("", "9", "24:00", "12:60", "noon"):
            with self.subTest(text), self.assertRaises(ValueError):
                parse_time(text)


class Durations(unittest.TestCase):
    def test_every_way_of_writing(self):
        known = {"90m": 90, "2h": 120, "1h15m": 75, "1h 15m": 75, "1.5h": 90, "1:15": 75, "1H15M": 75}
        for text, minutes in known.items():
            with self.subTest(text):
                self.assertEqual(parse_duration(text), minutes)

    def test_nothing_is_not_a_duration(self):
        for text in ("", "soon"):
            with self.subTest(text), self.assertRaises(ValueError):
                parse_duration(text)

    def test_format(self):
        self.assertEqual([format_duration(m) for m in (0, 5, 75, 600, -30)], ["0:00", "0:05", "1:15", "10:00", "-0:30"])


if __name__ == "__main__":
    unittest.main()
