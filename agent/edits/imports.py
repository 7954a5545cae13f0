"""Import statements of a snippet that its file lacks and its definitions use."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.code.outline import Item

_WORD = re.compile(r"[A-Za-z_$][\w$]*")
_KEYWORDS = frozenset({
    "import", "from", "use", "static", "as", "require", "const", "let", "var", "type", "package", "include", "mod",
    "extern", "crate", "pub", "self", "super", "using", "namespace", "default",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Name:
    """One imported thing: the module, and how a statement names it there."""

    module: str
    text: str
    bound: str
    """The word it is used by; empty where it is used without one."""


@dataclass(frozen=True, slots=True)
class Insertion:
    row: int
    lines: tuple[str, ...]


def missing_python(
    given: Sequence[str], present: Sequence[str], code: str, defined: frozenset[str], path: str
) -> list[str]:
    """Statements to add. Left out: names that the code does not use, that the file defines itself, and the
    file's own module."""
    there = {name for statement in present for name in _python_names(statement)}
    words = set(_WORD.findall(code))
    wanted: dict[str, list[str]] = {}
    for name in (name for statement in given for name in _python_names(statement)):
        used = not name.bound or name.bound in words or name.module == "__future__"
        own = name.module.strip(".") and _is_module(name.module.strip("."), path)
        if name not in there and used and not own and name.bound not in defined:
            texts = wanted.setdefault(name.module, [])
            texts.extend([name.text] if name.text not in texts else [])
    plain = [f"import {text}" for text in wanted.pop("", [])]
    return plain + [f"from {module} import {', '.join(texts)}" for module, texts in wanted.items()]


def _python_names(statement: str) -> list[Name]:
    text = re.sub(r"#[^\n]*", "", statement).replace("\\\n", " ")
    text = " ".join(re.sub(r"[()]", " ", text).split())
    match = re.match(r"from (\S+) import (.*)", text) or re.match(r"()import (.*)", text)
    if match is None:
        return []
    names: list[Name] = []
    for part in filter(None, (part.strip() for part in match[2].split(","))):
        name, _, alias = part.partition(" as ")
        bound = alias or ("" if name == "*" else name if match[1] else name.partition(".")[0])
        names.append(Name(match[1], part, bound))
    return names


def _is_module(module: str, path: str) -> bool:
    own = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return own == module or own.endswith("." + module)


def missing_go(given: Sequence[str], present: Sequence[str], code: str) -> list[str]:
    """Specifications (`"fmt"`, `alias "path"`) to add."""
    there = {spec for statement in present for spec in _go_specs(statement)}
    wanted: list[str] = []
    for spec in (spec for statement in given for spec in _go_specs(statement)):
        alias, _, quoted = spec.rpartition(" ")
        parts = [part for part in quoted.strip('"').split("/") if not re.fullmatch(r"v\d+", part)]
        name = alias or (parts[-1] if parts else "")
        used = name in {"_", "."} or re.search(rf"\b{re.escape(name.rpartition('-')[2])}\.", code)
        if spec not in there and spec not in wanted and used:
            wanted.append(spec)
    return wanted


def _go_specs(statement: str) -> list[str]:
    found = re.findall(r'(?:([\w.]+)[ \t]+)?("[^"\n]+")', re.sub(r"^\s*import\b", "", statement))
    return [f"{alias} {path}".strip() for alias, path in found]


def missing_others(given: Sequence[str], present: Sequence[str], code: str) -> list[str]:
    """Whole statements to add, as they are."""
    there = {"".join(statement.split()).rstrip(";") for statement in present}
    words = set(_WORD.findall(code))
    wanted: list[str] = []
    for statement in given:
        named = set(_WORD.findall(re.sub(r"(['\"]).*?\1", "", statement))) - _KEYWORDS
        always = statement.lstrip().startswith(("#include", "using")) or "*" in statement or not named
        if "".join(statement.split()).rstrip(";") not in there and (always or named & words):
            wanted.append(statement)
    return list(dict.fromkeys(wanted))


def place(items: Sequence[Item], lines: Sequence[str], statements: Sequence[str], language: str) -> Insertion:
    """After the imports before the first definition, else behind the docstring or the package line, else
    above everything but the comments of the file's head."""
    stop = next((index for index, item in enumerate(items) if item.kind in {"function", "class"}), len(items))
    head = [item for item in items[:stop] if item.alone and item.column == 0]
    imports = [item for item in head if item.kind == "import"]
    if imports and language == "go" and lines[imports[-1].stop - 1].strip() == ")":
        return Insertion(imports[-1].stop - 1, tuple(f"\t{each}" for each in statements))
    if language == "go":
        statements = [f"import {each}" for each in statements]
    future = bool(statements) and all(each.startswith("from __future__") for each in statements)
    if imports and not future:
        return Insertion(imports[-1].stop, tuple(statements))
    above = [item for item in head if item.kind in {"docstring", "package"}]
    if above:
        return Insertion(above[0].stop, ("", *statements))
    row = 0
    while row < len(lines) and lines[row].lstrip().startswith(
        ("#!", "# -*-", "# coding", "//", "/*", " *", "#pragma", "'use")
    ):
        row += 1
    blank = row < len(lines) and bool(lines[row].strip()) and not (imports and future)
    gap = ("",) * (2 if language == "python" and stop == 0 else 1) if blank else ()
    return Insertion(row, (*statements, *gap))
