"""Grades the issue `shares`."""

import unittest

from timeslip import shares


class Shares(unittest.TestCase):
    def test_equal_parts(self):
        self.assertEqual(shares({"web": 60, "ops": 60, "mail": 60}), {"web": 34, "ops": 33, "mail": 33})
        self.assertEqual(list(shares({"c": 10, "a": 10, "b": 10}).items()), [("c", 34), ("a", 33), ("b", 33)])

    def test_halves(self):
        self.assertEqual(shares({"web": 30, "ops": 5, "mail": 5}), {"web": 75, "ops": 13, "mail": 12})

    def test_the_largest_fraction_is_served_first(self):
        # 16.67, 16.67, 66.67: equal fractions, so the first two get the points that are left.
        self.assertEqual(shares({"a": 10, "b": 10, "c": 40}), {"a": 17, "b": 17, "c": 66})
        # 60.2, 20.7, 19.1
        self.assertEqual(shares({"a": 602, "b": 207, "c": 191}), {"a": 60, "b": 21, "c": 19})

    def test_the_sum_is_always_a_hundred(self):
        for count in range(1, 40):
            for step in (1, 7, 13):
                found = shares({number: 1 + number * step for number in range(count)})
                self.assertEqual(sum(found.values()), 100)
                self.assertEqual(list(found), list(range(count)))

    def test_nothing_and_exact_shares_are_as_before(self):
        self.assertEqual(shares({}), {})
        self.assertEqual(shares({"a": 0, "b": 0}), {"a": 0, "b": 0})
        self.assertEqual(shares({"a": 25, "b": 75}), {"a": 25, "b": 75})


if __name__ == "__main__":
    unittest.main()
