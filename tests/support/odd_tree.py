"""A base tree with every odd kind of file, and the way of a change through a patch and back."""

from collections.abc import Sequence
from pathlib import Path

from support.git_repository import git, make_repository, write_files

from swe_tasks import edits
from swe_tasks.basetree import BaseTree
from swe_tasks.local import materialise_local
from swe_tasks.task import FileChange

FILES: dict[str, str | bytes] = {
    "shop/cart.py": "".join(f"line {number}\n" for number in range(40)),
    "shop/prices.py": "price = 1\n" * 5,
    "dos.txt": b"one\r\ntwo\r\nthree\r\n",
    "no newline.txt": b"first\nlast",
    "data.bin": bytes(range(256)) * 8,
    "empty": b"",
    "näme/日本.txt": "utf-8\n",
    'quo"te\n.txt': "odd\n",
    "run.sh": "#!/bin/sh\n",
    "latin.txt": b"caf\xe9\n",
    ".gitattributes": "*.txt text eol=crlf diff=nothing\n*.py filter=nothing -diff\n*.bin text\n",
}


def make_odd_tree(place: Path) -> BaseTree:
    """The base tree of FILES, an executable and a link among them."""
    repository = make_repository(place / "r", {})
    git(repository, "config", "core.attributesFile", "/dev/null")
    (repository / ".git" / "info").mkdir(exist_ok=True)
    (repository / ".git" / "info" / "attributes").write_text("* -text -filter\n")
    write_files(repository, FILES)
    (repository / "run.sh").chmod(0o755)
    (repository / "link").symlink_to("shop/cart.py")
    return materialise_local(repository, place / "base", ref=None, uncommitted="include")


def round_trip(base: BaseTree, changes: Sequence[FileChange]) -> bytes:
    """Write, diff, apply and list, see that all agree, and return the patch."""
    tree = edits.write_tree(base, changes)
    patch = edits.diff(base, tree)
    assert edits.apply_patch(base, patch) == tree
    assert edits.write_tree(base, edits.changes(base, tree)) == tree
    return patch
