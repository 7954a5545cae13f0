import contextlib
import io
import tempfile
import unittest
from pathlib import Path

from timeslip.cli import main
from timeslip.export import from_csv, to_csv
from timeslip.parser import parse_log
from timeslip.table import bar, render

LOG = "2024-03-04\n09:00-12:00 acme: Plan, and more #a\n13:00-14:00 garden: Dig\n"


class CommandLine(unittest.TestCase):
    def run_on(self, log, *options):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "hours.txt")
            path.write_text(log, encoding="utf-8")
            out, err = io.StringIO(), io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = main([str(path), *options])
        return code, out.getvalue(), err.getvalue()

    def test_projects(self):
        code, out, _ = self.run_on(LOG)
        self.assertEqual(code, 0)
        self.assertIn("acme      3:00    75%  ###############", out)
        self.assertIn("garden    1:00    25%  #####", out)

    def test_breaks(self):
        self.assertIn("2024-03-04  12:00-13:00    1:00", self.run_on(LOG, "--breaks")[1])

    def test_a_bad_line(self):
        code, out, err = self.run_on("2024-03-04\nlunch\n")
        self.assertEqual((code, out), (1, ""))
        self.assertEqual(err, "timeslip: line 2: not an entry: 'lunch'\n")


class Csv(unittest.TestCase):
    def test_there_and_back(self):
        entries = parse_log(LOG)
        self.assertEqual(from_csv(to_csv(entries)), entries)

    def test_a_missing_column(self):
        with self.assertRaisesRegex(ValueError, "no column named note, tags"):
            from_csv("date,start,end,minutes,project\n")


class Tables(unittest.TestCase):
    def test_uneven_rows_are_refused(self):
        with self.assertRaises(ValueError):
            render([("a",)], ("one", "two"))

    def test_bars(self):
        self.assertEqual([bar(share, 10) for share in (0, 1, 50, 100)], ["", "#", "#####", "##########"])


if __name__ == "__main__":
    unittest.main()
