import unittest

from timeslip.breaks import find_breaks, find_overlaps
from timeslip.parser import parse_log

LOG = """
2024-03-04
09:00-10:30 a: x
10:32-12:00 b: y
13:00-14:00 a: z

2024-03-05
08:00-09:00 a: x
09:15-10:00 b: y
"""


class Breaks(unittest.TestCase):
    def test_within_each_day(self):
        found = [(str(pause), pause.minutes) for pause in find_breaks(parse_log(LOG))]
        self.assertEqual(found, [("12:00-13:00", 60), ("09:00-09:15", 15)])

    def test_the_shortest_counts(self):
        self.assertEqual([p.minutes for p in find_breaks(parse_log(LOG), shortest=1)], [2, 60, 15])
        self.assertEqual([p.minutes for p in find_breaks(parse_log(LOG), shortest=60)], [60])


class Overlaps(unittest.TestCase):
    def test_pairs(self):
        log = parse_log("2024-03-04\n09:00-11:00 a\n10:00-10:30 b\n11:00-12:00 c\n")
        self.assertEqual([(x.project, y.project) for x, y in find_overlaps(log)], [("a", "b")])


if __name__ == "__main__":
    unittest.main()
