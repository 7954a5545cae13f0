"""The definitions that a model may be asked for by name."""

from agent.edits.names import Names, defined_names

FILES = {
    "a.py": b"def one(): ...\n\n\nclass A:\n    def two(self): ...\n\n    def both(self): ...\n",
    "b.py": b"if True:\n    def three(): ...\n\n\nclass B:\n    async def both(self): ...\n",
    "c.js": b"function four() {}\n",
}


def test_names_that_say_which_definition_is_meant() -> None:
    """Functions and methods whose name occurs once in the shown files, and the classes."""
    assert defined_names(FILES, ["a.py", "b.py"]) == Names(("one", "two", "three"), ("A", "B"))


def test_only_python_and_only_what_is_shown() -> None:
    """Files in other languages, files that are not shown and paths that are not there give nothing."""
    assert defined_names(FILES, ["c.js", "missing.py"]) == Names((), ())
