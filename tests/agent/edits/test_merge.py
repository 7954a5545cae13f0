"""Classes and their members, in Python."""

import pytest
from support.edits import after, edited, told
from support.slugs import FILES, SHOWN, TEXT, replaced, reply, result


@pytest.mark.parametrize("indent", ["", "    ", "        "])
def test_a_bare_method(indent: str):
    """A method without its class goes back into the class, at its indentation."""
    code = "def slug(self, text):\n    if text:\n        return 1\n    return 2\n"
    given = "".join(indent + line + "\n" for line in code.splitlines())
    wanted = "    def slug(self, text):\n        if text:\n            return 1\n        return 2\n"
    old = TEXT.decode()[TEXT.decode().index("    def slug") : TEXT.decode().index("\n\n# Keeps")]
    assert result(given) == replaced(old, wanted)


def test_a_class_with_some_methods():
    """The methods that a class leaves out stay, and so do its bases."""
    code = (
        "class Slugger:\n    # ... existing code ...\n\n    def slug(self, text):\n"
        "        return 2\n\n    # ... rest of the class ...\n"
    )
    text = result(code)
    assert "    def slug(self, text):\n        return 2\n" in text
    assert "class Slugger(object):\n" in text
    assert "def __init__(self, maximum=None)" in text
    assert "existing code" not in text


def test_a_method_that_is_new():
    """A new method stands where the class of the answer has it."""
    code = (
        "class Slugger(object):\n    def slug(self, text):\n"
        "        return self._base(text)\n\n    def _base(self, text):\n        return text\n"
    )
    wanted = (
        "    def slug(self, text):\n        return self._base(text)\n\n"
        "    def _base(self, text):\n        return text\n"
    )
    old = TEXT.decode()[TEXT.decode().index("    def slug") : TEXT.decode().index("\n\n# Keeps")]
    assert result(code) == replaced(old, wanted)


def test_a_bare_method_with_a_new_one():
    """A new bare method joins the class of the other one."""
    code = "def _base(self, text):\n    return text\n\ndef slug(self, text):\n    return self._base(text)\n"
    assert (
        "    def _base(self, text):\n        return text\n\n"
        "    def slug(self, text):\n        return self._base(text)\n" in result(code)
    )


def test_class_attributes_and_docstring():
    """Attributes and docstrings that are given are replaced; new attributes go to the others."""
    code = 'class Slugger:\n    """Make slugs, unique ones."""\n    separator = "_"\n    limit = 3\n'
    text = replaced('"""Make unique slugs."""', '"""Make slugs, unique ones."""').replace(
        '    separator = "-"\n', '    separator = "_"\n    limit = 3\n'
    )
    assert result(code) == text


def test_class_head_of_a_complete_class():
    """The bases are taken from a class that is given with all of its members."""
    start, stop = TEXT.decode().index("class Slugger"), TEXT.decode().index("\n\n# Keeps")
    code = TEXT.decode()[start:stop].replace("(object)", "(Base)")
    assert result(code) == replaced("Slugger(object)", "Slugger(Base)")


def test_property_pair():
    """Getter and setter of one name are told apart."""
    code = (
        "class Slugger:\n    @property\n    def size(self):\n        return 1\n\n"
        "    @size.setter\n    def size(self, value):\n        pass\n"
    )
    text = result(code)
    assert "    # Not thread safe.\n    @property\n    def size(self):\n        return 1\n" in text
    assert "    @size.setter\n    def size(self, value):\n        pass\n" in text
    assert text.count("def size") == 2


def test_setter_alone():
    """A setter alone leaves the getter alone."""
    text = result("@size.setter\ndef size(self, value):\n    self.x = value\n")
    assert text == replaced("        raise AttributeError(value)\n", "        self.x = value\n")


def test_getter_without_its_decorator():
    """A definition without decorators keeps those of the original."""
    edit = edited(reply("def size(self):\n    return 1\n"), FILES, "definitions", SHOWN)
    assert edit.changes[0].content == replaced("return len(self._seen)", "return 1").encode()
    assert any("keeps its decorators" in note for note in edit.notes)


def test_helper_for_a_method():
    """A helper for a method stands before the class."""
    text = result(
        "def _low(text):\n    return text.lower()\n\n\nclass Slugger:\n"
        "    def slug(self, text):\n        return _low(text)\n"
    )
    assert "\n\ndef _low(text):\n    return text.lower()\n\n\nclass Slugger(object):\n" in text


def test_placeholder_in_a_method():
    """In a method of a class excerpt, too."""
    code = (
        "class Slugger:\n    # ... other methods ...\n    def slug(self, text):\n"
        "        # ... existing code ...\n        return 1\n"
    )
    assert "`slug` leaves code out" in told(reply(code), FILES, "definitions", SHOWN)


def test_ellipsis_that_was_there():
    """What the original had is no placeholder."""
    files = {"a.py": b"class P:\n    def f(self):\n        ...\n\n    def g(self):\n        # ...\n        return 1\n"}
    code = "class P:\n    def f(self) -> int:\n        ...\n\n    def g(self):\n        # ...\n        return 2\n"
    assert after(reply(code), files, "definitions")["a.py"] == code.encode()


def test_method_of_several_classes():
    """A bare method that several classes have is ambiguous, unless its neighbours tell which is meant."""
    files = {
        "a.py": (
            b"class A:\n    def f(self):\n        return 1\n\n    def only(self):\n"
            b"        return 1\n\n\nclass B:\n    def f(self):\n        return 1\n"
        )
    }
    assert "lines 2, 10 of the file (in A, B)" in told(reply("def f(self):\n    return 2\n"), files, "definitions")
    both = reply("def f(self):\n    return 2\n\ndef only(self):\n    return 2\n")
    assert after(both, files, "definitions")["a.py"] == files["a.py"].replace(b"1\n", b"2\n", 2)


def test_method_and_function_of_one_name():
    """A definition with `self` means the method, one without it the function."""
    files = {"a.py": b"def f(x):\n    return 1\n\n\nclass A:\n    def f(self, x):\n        return 1\n"}
    assert (
        b"self, x):\n        return 2" in after(reply("def f(self, x):\n    return 2\n"), files, "definitions")["a.py"]
    )
    assert b"def f(x):\n    return 2" in after(reply("def f(x):\n    return 2\n"), files, "definitions")["a.py"]


def test_overloads():
    """The implementation of an overloaded function is told from its overloads."""
    text = b"@overload\ndef f(x: int) -> int: ...\n@overload\ndef f(x: str) -> str: ...\ndef f(x):\n    return 1\n"
    assert after(reply("def f(x):\n    return 2\n"), {"a.py": text}, "definitions")["a.py"] == text.replace(
        b"return 1", b"return 2"
    )


def test_inner_function():
    """A function inside a function is found, too."""
    files = {"a.py": b"def outer():\n    def inner(x):\n        return 1\n\n    return inner\n"}
    assert after(reply("def inner(x):\n    return 2\n"), files, "definitions")["a.py"] == files["a.py"].replace(
        b"1", b"2"
    )


def test_strings_are_not_moved():
    """Moving a method leaves the text of its strings alone, where that gives the original."""
    text = b'class A:\n    def f(self):\n        q = """\nselect\n  1\n"""\n        return q\n'
    code = 'def f(self):\n    q = """\nselect\n  1\n"""\n    return q + q\n'
    assert after(reply(code), {"a.py": text}, "definitions")["a.py"] == text.replace(b"return q", b"return q + q")


def test_tabs():
    """Code in spaces is written in tabs where the file has them."""
    files = {"a.py": b"class A:\n\tdef f(self):\n\t\treturn 1\n"}
    code = "class A:\n    def f(self):\n        if x:\n            return 2\n        return 3\n"
    assert (
        after(reply(code), files, "definitions")["a.py"]
        == b"class A:\n\tdef f(self):\n\t\tif x:\n\t\t\treturn 2\n\t\treturn 3\n"
    )


def test_result_must_parse():
    """A file that parsed must parse afterwards."""
    files = {"a.py": b"class A:\n    def f(self): return 1\n    x = 1; y = 2\n"}
    assert "shares a line" in told(reply("class A:\n    x = 3\n"), files, "definitions")


def test_only_the_first_line_moved():
    """A method whose body already stands where it belongs gets only its first line moved."""
    files = {"a.py": b"class A:\n    def f(self):\n        return 1\n"}
    code = "def f(self):\n        if x:\n            return 2\n        return 3\n"
    assert after(reply(code), files, "definitions")["a.py"] == b"class A:\n    " + code.encode()


def test_new_attribute_joins_the_others():
    """A new attribute stands behind the last one, wherever the answer has it."""
    files = {"a.py": b"class A:\n    x: int\n\n    def f(self):\n        return 1\n"}
    code = "class A:\n    def f(self):\n        return 1\n\n    y: int = 2\n"
    assert after(reply(code), files, "definitions")["a.py"] == files["a.py"].replace(
        b"x: int\n", b"x: int\n    y: int = 2\n"
    )
