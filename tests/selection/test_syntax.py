"""Keys of source files: comments and layout do not count, everything else does."""

import ast
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selection.syntax import syntax_key

PYTHON = '''\
"""Prices."""
import math


def total(items, *, rate=0.1):
    """All of it."""
    result = 0
    for item in items:
        if item.free:
            continue
        result += math.floor(item.price * (1 + rate))
    return result


class Cart:
    name = f"{1 + 1} cart"

    def add(self, item):
        self.items = [*self.items, item]
        return len(self.items)
'''
SOURCES = {
    "a.py": ("def f(a):\n    return g(a, 'x  y')\n", "# c\ndef f( a ):\n\n    # c\n    return g(\n  a,'x  y')  # c\n"),
    "a.js": ("f(a, `${b} ${c}`)\nreturn_(1)\n", "// c\nf( a,\n\n  `${b} ${c}` ) /* c */\n  return_(1)\n"),
    "a.ts": ("const f = (a: number): string => `${a}`\n", "const f = (a : number) : string =>\n  `${a}` // c\n"),
    "a.tsx": ("const a = <p>x {y} z</p>;\n", "const a = /* c */\n  <p>x {y} z</p>;\n"),
    "a.go": ("package a\n\nfunc f() int { return 1 }\n", "package a\n// c\nfunc f() int {\n\treturn 1 // c\n}"),
    "a.rs": ("fn f() { g(vec![1, 2]); }\n", "fn f() {\n  // c\n  g(vec![1,\n 2]); /* c */\n}\n"),
    "a.java": ("class A { int f() { return 1; } }\n", "class A {\n /** c */ int f() {\n return 1; // c\n}}\n"),
    "a.c": ("#define X 1\nint f(void) { return X; }\n", "#define X 1 \n\n/* c */\nint f( void )\n{\n  return X;\n}\n"),
    "a.cpp": ('auto f() { return std::string("a  b"); }\n', 'auto f()\n{ // c\n return std::string( "a  b" );\n}\n'),
    "a.h": ("class A { int x; };\n", "class A { // c\n  int x;\n};\n"),
}
DIFFERENT = [
    ("a.py", "x = 1\n", "x = 2\n"),
    ("a.py", "x = 'a b'\n", "x = 'a  b'\n"),
    ("a.py", 'def f():\n    """A."""\n', 'def f():\n    """B."""\n'),
    ("a.py", "if a:\n    b\n    c\n", "if a:\n    b\nc\n"),
    ("a.py", "class A:\n    def f(): pass\n", "class A: pass\ndef f(): pass\n"),
    ("a.py", "f'{a=}'\n", "f'{a =}'\n"),
    ("a.py", "# -*- coding: utf-8 -*-\nx\n", "# -*- coding: ascii -*-\nx\n"),
    ("a.py", "#!/usr/bin/python2\nx\n", "#!/usr/bin/python3\nx\n"),
    ("a.py", "x\ny\n", "x\n  y\n"),
    ("a.py", "if a:\n    x\n    y\n", "if a:\n    x\n      y\n"),
    ("a.py", "if a:\n    x\n    y\n", "if a:\n    x\n\ty\n"),
    ("a.py", "if a: x\ny\n", "if a: x\n  y\n"),
    ("a.py", "from a import b\n", "from a import\n b\n"),
    ("a.py", "x = 1\n", "x \r= 1\n"),
    ("a.py", "if a:\n    x\n", "if a:\n  \fx\n"),
    ("a.py", "if a:\n  x\n  y\n", "if a: \\\n  x\n  y\n"),
    (
        "a.py",
        "if a:\n    if b:\n        x\n    else:\n        y\n",
        "if a:\n    if b:\n        x\n   else:\n        y\n",
    ),
    ("a.py", "@a\ndef f(): pass\n", "@a\n  def f(): pass\n"),
    ("a.js", "function f() { return x }\n", "function f() { return\nx }\n"),
    ("a.js", "function f() { return /* */ x }\n", "function f() { return /*\n*/ x }\n"),
    ("a.js", "a\n++b\n", "a++\nb\n"),
    ("a.js", "x = `${a} ${b}`\n", "x = `${a}${b}`\n"),
    ("a.js", "x = /a b/\n", "x = /a  b/\n"),
    ("a.tsx", "x = <p>a {b}</p>;\n", "x = <p>a{b}</p>;\n"),
    ("a.ts", "// @ts-ignore\nx = 1\n", "x = 1\n"),
    ("a.go", "package a\nfunc f() int { return 1 }\n", "package a\nfunc f() int { return\n1 }\n"),
    ("a.go", "package a\nfunc f() int { return /* */ 1 }\n", "package a\nfunc f() int { return /*\n*/ 1 }\n"),
    ("a.go", "//go:build linux\n\npackage a\n", "package a\n"),
    ("a.go", '// int x;\nimport "C"\npackage a\n', '// int y;\nimport "C"\npackage a\n'),
    ("a.rs", "/// Help.\nstruct A;\n", "/// Other.\nstruct A;\n"),
    ("a.rs", "m!(a - b);\n", "m!(a -b);\n"),
    ("a.java", 'class A { String x = """\n  a\n  """; }\n', 'class A { String x = """\n   a\n  """; }\n'),
    ("a.c", "#define F(x) x\n", "#define F (x) x\n"),
    ("a.c", "#if A\nint x;\n#endif\n", "#if B\nint x;\n#endif\n"),
    ("a.cpp", 'auto x = R"(a b)";\n', 'auto x = R"(a  b)";\n'),
    ("a.py", "x = (\n", "x = ( \n"),
    ("a.txt", "a b\n", "a  b\n"),
    ("a.py", "def f():\n", "def f():  # no body\n"),
]


def key(path: str, text: str) -> str:
    return syntax_key(path, text.encode())


@pytest.mark.parametrize("path", SOURCES)
def test_comments_and_layout_do_not_count(path: str) -> None:
    """In each of the languages."""
    one, other = SOURCES[path]
    assert key(path, one) == key(path, other)


@pytest.mark.parametrize(("path", "one", "other"), DIFFERENT)
def test_whatever_may_mean_something_counts(path: str, one: str, other: str) -> None:
    """Blanks in strings, statements that a line's end ends, indentation, directives, and what does not parse."""
    assert key(path, one) != key(path, other)


@pytest.mark.parametrize("path", SOURCES)
def test_the_path_counts(path: str) -> None:
    """Equal files at two places are two things, and so are equal ones in two languages."""
    text = SOURCES[path][0]
    assert len({key(path, text), key(f"b/{path}", text), key("a.cc", text)}) == 3


def test_no_code_is_no_code() -> None:
    """An empty file says as much as one of comments."""
    assert key("a.py", "") == key("a.py", "# nothing\n") == key("a.py", "\n\n")


def test_bytes_that_are_no_text_are_keyed_as_they_are() -> None:
    """A grammar would take them for something else."""
    assert syntax_key("a.py", b"x = 1 # \xe9\n") != syntax_key("a.py", b"x = 1 # \xe8\n")


COMMENTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=20)


@given(data=st.data(), comment=COMMENTS.filter(lambda text: "coding" not in text and not text.startswith("!")))
def test_a_comment_or_a_blank_line_anywhere_changes_nothing(data: st.DataObject, comment: str) -> None:
    """Between any two lines, at any depth."""
    lines = PYTHON.splitlines(keepends=True)
    place = data.draw(st.integers(0, len(lines)))
    blanks = data.draw(st.sampled_from(["", "    ", "            ", "\t"]))
    added = data.draw(st.sampled_from([f"{blanks}#{comment}\n", f"{blanks}\n"]))

    assert key("a.py", "".join([*lines[:place], added, *lines[place:]])) == key("a.py", PYTHON)


@given(blanks=st.lists(st.sampled_from(["\n", " ", "  # c\n", "\t"]), min_size=3, max_size=3))
def test_wrapping_inside_brackets_changes_nothing(blanks: list[str]) -> None:
    """Where Python ignores the ends of lines."""
    one, two, three = blanks
    wrapped = PYTHON.replace("[*self.items, item]", f"[{one}*self.items,{two}item{three}]")

    assert key("a.py", wrapped) == key("a.py", PYTHON)


WORDS = ("total", "items", "rate", "0.1", "result", "+=", "free", "Cart", "All", "floor", "+ 1", "*,")


@given(word=st.sampled_from(WORDS), data=st.data())
def test_a_changed_token_changes_the_key(word: str, data: st.DataObject) -> None:
    """Any of them, wherever it stands."""
    place = data.draw(st.integers(0, PYTHON.count(word) - 1))
    parts = PYTHON.split(word)
    other = {"+=": "-=", "+ 1": "- 1", "*,": "/,", "0.1": "0.2"}.get(word, f"{word}_")
    changed = word.join(parts[: place + 1]) + other + word.join(parts[place + 1 :])

    assert key("a.py", changed) != key("a.py", PYTHON)


@given(data=st.data())
def test_a_statement_in_another_scope_changes_the_key(data: st.DataObject) -> None:
    """With one line more or less deep it is another program, or none."""
    lines = PYTHON.splitlines(keepends=True)
    indented = [number for number, line in enumerate(lines) if line.startswith("    ")]
    place = data.draw(st.sampled_from(indented))
    # A block of one statement may be as deep as it likes.
    alone = "continue" in lines[place]
    moved = data.draw(st.sampled_from([lines[place][4:], *([] if alone else ["    " + lines[place]])]))

    assert key("a.py", "".join([*lines[:place], moved, *lines[place + 1 :]])) != key("a.py", PYTHON)


INSERTED = (" ", "\n", "    ", "#", "\t", "\\\n", ";", "# x\n", "\f", "\r", "\r\n", "(", "'", " # y")


@given(data=st.data())
def test_equal_keys_are_equal_programs(data: st.DataObject) -> None:
    """Python's own parser says what is equal, and what is no program."""
    changed = PYTHON
    for _ in range(data.draw(st.integers(1, 2))):
        place = data.draw(st.integers(0, len(changed) - 1))
        removed = data.draw(st.sampled_from([0, 0, 1, 4]))
        changed = changed[:place] + data.draw(st.sampled_from(INSERTED)) + changed[place + removed :]
    if key("a.py", changed) == key("a.py", PYTHON):
        assert ast.dump(ast.parse(changed)) == ast.dump(ast.parse(PYTHON))


@given(path=st.sampled_from(sorted(SOURCES)), content=st.binary(max_size=60))
def test_any_bytes_have_a_key(path: str, content: bytes) -> None:
    """Whatever a patch puts into a file."""
    assert syntax_key(path, content) == syntax_key(path, content)


def test_long_and_deep_files_are_no_burden() -> None:
    """Ten thousand lines, and nesting that no recursion would get through."""
    started = time.perf_counter()
    long = key("a.py", PYTHON * 500)
    deep = key("a.py", f"x = {'(' * 50_000}1{')' * 50_000}\n")

    assert long != deep
    assert time.perf_counter() - started < 30
