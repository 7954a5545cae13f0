"""Grades the issue `cells`."""

import unittest

from timeslip.export import FIELDS, from_csv

HEAD = ",".join(FIELDS)
ROW = "2024-03-04,2024-03-04T09:00,2024-03-04T10:00,60,acme/web"


class Cells(unittest.TestCase):
    def read(self, row: str) -> tuple[str, tuple[str, ...]]:
        (entry,) = from_csv(f"{HEAD}\n{row}\n")
        return entry.note, entry.tags

    def test_both_cells_missing(self) -> None:
        self.assertEqual(self.read(ROW), ("", ()))

    def test_no_tags(self) -> None:
        self.assertEqual(self.read(ROW + ",Plan"), ("Plan", ()))

    def test_empty_cells(self) -> None:
        self.assertEqual(self.read(ROW + ",,"), ("", ()))

    def test_full_row(self) -> None:
        self.assertEqual(self.read(ROW + ",Plan,a b"), ("Plan", ("a", "b")))

    def test_empty_note_with_tags(self) -> None:
        self.assertEqual(self.read(ROW + ",,a b"), ("", ("a", "b")))

    def test_missing_column(self) -> None:
        with self.assertRaises(ValueError):
            from_csv("date,start\n")


if __name__ == "__main__":
    unittest.main()
