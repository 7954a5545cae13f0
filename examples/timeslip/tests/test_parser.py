import unittest
from datetime import datetime

from timeslip.parser import LogError, find_tags, parse_log, strip_tags

LOG = """
; March
2024-03-04
09:00-10:30 acme/web: Fix the login form #frontend
10:30 +45m acme/ops: Deploy: all of it #Release #frontend

2024-03-05
8.30 - 12.00 garden
"""


class Parser(unittest.TestCase):
    def test_a_log(self):
        first, second, third = parse_log(LOG)
        self.assertEqual(str(first), "09:00-10:30 acme/web: Fix the login form")
        self.assertEqual(first.tags, ("frontend",))
        self.assertEqual(second.end, datetime(2024, 3, 4, 11, 15))
        self.assertEqual(second.note, "Deploy: all of it")
        self.assertEqual(second.tags, ("release", "frontend"))
        self.assertEqual((third.start, third.note), (datetime(2024, 3, 5, 8, 30), ""))

    def test_errors_name_the_line(self):
        wrong = {
            "09:00-10:00 acme": "line 1: an entry before the first date",
            "2024-03-04\nlunch": "line 2: not an entry",
            "2024-02-30": "line 1: ",
            "2024-03-04\n\n09:00-25:00 acme": "line 3: no such time of day",
            "2024-03-04\n09:00-09:00 acme": "line 2: the entry ends before it starts",
        }
        for text, message in wrong.items():
            with self.subTest(text), self.assertRaisesRegex(LogError, "^" + message):
                parse_log(text)

    def test_numbers_are_not_tags(self):
        note = "Fix #12 in C# #review"
        self.assertEqual(find_tags(note), ("review",))
        self.assertEqual(strip_tags(note), "Fix #12 in C#")


if __name__ == "__main__":
    unittest.main()
