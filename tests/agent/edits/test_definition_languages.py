"""Definitions in the other languages."""

import pytest
from support.edits import after, edited, told
from support.sources import FILES


@pytest.mark.parametrize(
    ("path", "tag", "code", "old", "new"),
    [
        ("a.js", "javascript", "export function add(x, y) {\n  return x + y;\n}", "return x - y", "return x + y"),
        ("a.js", "js", "function add(x, y) {\n  return x + y;\n}", "return x - y", "return x + y"),
        ("a.js", "js", ("class Store {\n  // ...\n"
 "  async load(name) {\n    return 1;\n  }\n}"), "return a(name)", "return 1"),
        ("a.js", "js", "async load(name) {\n  return 1;\n}", "return a(name)", "return 1"),
        ("a.js", "js", "get first() {\n  return this.items[0];\n}", "return this.items[1]", "return this.items[0]"),
        ("a.js", "js", "const double = (x) => {\n  return x * 2;\n};", "x + 2", "x * 2"),
        ("a.js", "js", "Store.prototype.extra = function (x) {\n  return 2 * x;\n};", "return x;", "return 2 * x;"),
        ("a.js", "js", "const LIMIT = 4;", "LIMIT = 3", "LIMIT = 4"),
        ("a.js", "js", "function add(x, y) {\n  return x + y;\n}\n\nmodule.exports = { add };", "x - y", "x + y"),
        ("a.ts", "typescript", ("class Circle {\n  area(): number {\n"
 "    return 3;\n  }\n}"), "return this.radius", "return 3"),
        ("a.ts", "ts", "area(): number {\n  return 3;\n}", "return this.radius", "return 3"),
        ("a.ts", "ts", "export type Size = string;", "Size = number", "Size = string"),
        ("a.ts", "ts", "export function twice(x: number): number {\n  return 2 * x;\n}", "return x;", "return 2 * x;"),
        ("a.ts", "ts", "grow(by: any): void {\n  this.radius += by;\n}", "radius = by", "radius += by"),
        ("a.ts", "ts", "export interface Shape {\n  area(): string;\n}", "area(): number;", "area(): string;"),
        ("a.go", "go", "func (c *Cart) Total() int {\n\treturn 1\n}", "return 0", "return 1"),
        ("a.go", "go", "func (c *Cart) Total() int {\n    return 1\n}", "return 0", "return 1"),
        ("a.go", "golang", "package shop\n\nfunc New() *Cart {\n\treturn &Cart{}\n}", "return nil", "return &Cart{}"),
        ("a.go", "go", "type Cart struct {\n\tItems []Item\n\tTax int\n}", "[]Item\n", "[]Item\n\tTax int\n"),
        ("a.rs", "rust", ("impl<T> Pile<T> {\n"
 "    pub fn size(&self) -> usize {\n        1\n    }\n}"), "        0\n", "        1\n"),
        ("a.rs", "rust", "pub fn size(&self) -> usize {\n    1\n}", "        0\n", "        1\n"),
        ("a.rs", "rs", "fn helper() -> i32 {\n    2\n}", "i32 {\n    1", "i32 {\n    2"),
        ("a.rs", "rs", ("impl<T> fmt::Display for Pile<T> {\n"
 "    fn fmt(&self) -> i32 {\n        2\n    }\n}"), "        1", "        2"),
        ("Cart.java", "java", ("public class Cart {\n    @Override\n"
 "    public int total(int tax) {\n"
 "        return 1;\n    }\n}"), "tax) {\n        return 0", "tax) {\n        return 1"),
        ("Cart.java", "java", ("public int total(int tax, int discount) {\n"
 "    return 1;\n}"), "discount) {\n        return 0", "discount) {\n        return 1"),
        ("Cart.java", "java", "int price() {\n    return 2;\n}", "            return 1", "            return 2"),
        ("Cart.java", "java", "class Cart {\n    private int size = 5;\n}", "size = 0", "size = 5"),
        ("a.c", "c", "static int total(const struct cart *cart)\n{\n\treturn 1;\n}", "return 0", "return 1"),
        ("a.c", "c", "char *name(void) {\n\treturn \"x\";\n}", "return NULL", 'return "x"'),
        ("a.c", "c", "#define LIMIT 4", "LIMIT 3", "LIMIT 4"),
        ("a.cpp", "cpp", "int Cart::total() const {\n  return 1;\n}", "const {\n  return 0", "const {\n  return 1"),
        ("a.cpp", "c++", ("class Cart {\n public:\n"
 "  int size() const { return 1; }\n};"), "{ return 0; }", "{ return 1; }"),
        ("a.cpp", "cpp", "template <class T>\nT twice(T x) {\n  return 2 * x;\n}", "return x;", "return 2 * x;"),
    ],
)  # fmt: skip
def test_replaced(path: str, tag: str, code: str, old: str, new: str):
    """A definition replaces its namesake, and nothing else changes."""
    before = FILES[path].decode()
    assert before.count(old) == 1
    changed = after(f"```{tag}\n{code}\n```\n", FILES, "definitions")
    assert changed == {**FILES, path: before.replace(old, new).encode()}


@pytest.mark.parametrize(
    ("path", "tag", "code", "line"),
    [
        ("a.js", "js", ("import { b } from './b.js';\n\n"
 "function add(x, y) {\n  return b(x, y);\n}"), "import { a } from './a.js';\nimport { b } from './b.js';\n"),
        ("a.go", "go", ('import (\n\t"errors"\n\t"fmt"\n\t"os"\n)\n\n'
 'func New() *Cart {\n\tfmt.Print()\n\treturn nil\n}'), 'import (\n\t"errors"\n\t"fmt"\n)\n'),
        ("a.rs", "rust", "use std::io;\n\nfn helper() -> i32 {\n    io::x()\n}", "use std::fmt;\nuse std::io;\n"),
        ("Cart.java", "java", ("import java.util.Map;\n\nclass Cart {\n"
 "    private Map size = null;\n}"), "import java.util.List;\nimport java.util.Map;\n"),
        ("a.c", "c", ("#include <stdlib.h>\n#include <stdio.h>\n\n"
 "char *name(void) {\n\treturn malloc(1);\n}"), '#include "cart.h"\n#include <stdlib.h>\n'),
    ],
)  # fmt: skip
def test_imports(path: str, tag: str, code: str, line: str):
    """Imports that are missing and used are added behind the others."""
    assert line in after(f"```{tag}\n{code}\n```\n", FILES, "definitions")[path].decode()


def test_go_without_imports():
    """A Go file without imports gets them behind its package line."""
    files = {"a.go": b"package a\n\nfunc f() {\n}\n"}
    code = 'import "fmt"\n\nfunc f() {\n\tfmt.Print()\n}'
    assert after(f"```go\n{code}\n```", files, "definitions")["a.go"] == f"package a\n\n{code}\n".encode()


@pytest.mark.parametrize(
    ("path", "tag", "code", "message"),
    [
        ("a.js", "js", "function add(x, y) {\n  // ... existing code ...\n  return x;\n}", "leaves code out"),
        ("a.js", "js", "class Store {\n  load(name) { ... }\n}", "does not parse"),
        ("a.go", "go", "func New() *Cart {\n\t// rest of the function unchanged\n}", "leaves code out"),
        ("Cart.java", "java", "public int total(long tax) {\n    return 1;\n}", "defined at lines"),
        ("a.cpp", "cpp", "int total() const {\n  return 1;\n}", "(in Cart::total)"),
        ("a.rs", "rust", "fn helper() -> i32 {\n    (1\n}", "does not parse"),
    ],
)
def test_refused(path: str, tag: str, code: str, message: str):
    """Placeholders, broken code and overloads that cannot be told apart are problems."""
    assert message in told(f"{path}\n```{tag}\n{code}\n```\n", FILES, "definitions")


def test_export_is_kept():
    """An exported function stays exported, and a note says so."""
    assert any(
        "stays exported" in note for note in edited("```js\nfunction add(x, y) {\n  return 1;\n}\n```", FILES).notes
    )


def test_unknown_language():
    """A block with the path of a file in another language is the whole file."""
    files = {"a.toml": b"x = 1\n"}
    assert after("a.toml\n```toml\nx = 2\n```\n", files, "definitions")["a.toml"] == b"x = 2\n"


def test_header_in_cpp():
    """A header in C++ is read as such."""
    files = {"a.h": b"class A {\n public:\n  int f() { return 1; }\n};\n"}
    assert (
        b"return 2"
        in after("a.h\n```cpp\nclass A {\n public:\n  int f() { return 2; }\n};\n```", files, "definitions")["a.h"]
    )
