"""What kind of file a path and a content are: what is edited by hand is ranked before what is not."""

import re
from collections.abc import Mapping
from typing import Literal

from swe_tasks.testfiles import in_test_folder, named_as_test

Nature = Literal["text", "dense", "generated", "binary"]
"""`generated`: by a program; its text says so. `dense`: of lines that nobody writes. `binary`: nothing can be read."""
Role = Literal["source", "test", "prose", "data", "vendored", "generated", "binary"]

_GENERATED = re.compile(
    rb"@generated|\b(auto-?generated|automatically generated|generated (by|from|with|using)|do not (edit|modify))\b",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"(^|/)(docs?|examples?|benchmarks?|bench|asv_benchmarks|demos?|tutorials?|samples?)/")
"""Code that is read by people, not used by the product."""
_VENDORED = re.compile(
    r"(^|/)(vendor|vendored|_vendor|third[_-]?party|thirdparty|node_modules|bower_components|externals?|extern|site-packages)/"
    r"|\.min\.(js|css)$|(^|/)(jquery|bootstrap)[^/]*\.(js|css)$"
)
_LOCKS = re.compile(
    r"(^|/)(package-lock\.json|yarn\.lock|pnpm-lock\.yaml|poetry\.lock|uv\.lock|Pipfile\.lock|Cargo\.lock|go\.sum"
    r"|composer\.lock|Gemfile\.lock)$|_pb2(_grpc)?\.py$|\.pb\.go$|\.(map|svg|po|pot|snap)$"
)
_PROSE = re.compile(
    r"\.(md|rst|txt|adoc|tex|ipynb|html?)$|(^|/)(AUTHORS|CHANGES|CHANGELOG|COPYING|LICENSE|NEWS|README|HISTORY)[^/]*$",
    re.IGNORECASE,
)
_DATA = re.compile(
    r"\.(json|ya?ml|toml|ini|cfg|conf|xml|csv|tsv|css|scss|less|lock|in|properties|gradle|mk|cmake|bat|ps1|sql|dtd)$"
    r"|(^|/)(Makefile|Dockerfile|\.[^/]+)$"
)
_LONG = 5000
"""Bytes of a line that nobody writes."""
_CODE = re.compile(rb"\s*(def|class|import|from|func|function)\b")


def nature_of(content: bytes) -> Nature:
    """From the beginning of a file's content."""
    head = content[:8192]
    if b"\0" in head:
        return "binary"
    lines = head.split(b"\n")
    # What is generated says so at the top, and not in the code of a generator.
    if any(_GENERATED.search(line) and not _CODE.match(line) for line in lines[:12]):
        return "generated"
    return "dense" if max(map(len, lines)) >= _LONG else "text"


def roles_of(natures: Mapping[str, Nature]) -> dict[str, Role]:
    """What each file of a tree is to the product, from all its paths."""
    paths = sorted(natures)
    folders: dict[str, bool] = {}

    def role(path: str, nature: Nature) -> Role:
        if nature == "binary":
            return "binary"
        if nature == "generated" or _LOCKS.search(path) or (nature == "dense" and not _PROSE.search(path)):
            return "generated"
        if _VENDORED.search(path):
            return "vendored"
        folder = path.rpartition("/")[0]
        if folder not in folders:
            folders[folder] = in_test_folder(path, paths)
        if folders[folder] or named_as_test(path):
            return "test"
        if _PROSE.search(path) or _ASIDE.search(path):
            return "prose"
        return "data" if _DATA.search(path) else "source"

    return {path: role(path, nature) for path, nature in natures.items()}


WEIGHTS: dict[Role, float] = {
    "source": 1.0,
    "data": 0.4,
    "test": 0.3,
    "prose": 0.3,
    "vendored": 0.1,
    "generated": 0.1,
    "binary": 0.0,
}
"""How much a score counts: what is edited is seldom a test, a text or a table."""
