"""Trees that exist in memory only, for tests of what is found in them."""

import hashlib
from collections.abc import Mapping

from agent.context.index import Index, build_index
from agent.context.issue import read_issue
from agent.context.search import Ranking, search
from agent.context.store import FactsStore
from swe_tasks.basetree import Blob


def blobs_of(files: Mapping[str, str | bytes]) -> dict[str, Blob]:
    """As git would name and measure them, near enough: by content."""
    found: dict[str, Blob] = {}
    for path, content in files.items():
        raw = content.encode() if isinstance(content, str) else content
        found[path] = Blob(hashlib.sha1(raw).hexdigest(), len(raw))
    return found


def indexed(files: Mapping[str, str | bytes], store: FactsStore | None = None) -> Index:
    """The index of these files."""

    def read(path: str, most: int) -> bytes:
        content = files[path]
        return (content.encode() if isinstance(content, str) else content)[:most]

    return build_index(blobs_of(files), read, store or FactsStore(None))


def ranked(issue: str, files: Mapping[str, str | bytes]) -> Ranking:
    """The files, ranked for an issue."""
    return search(indexed(files), read_issue(issue))


def order(ranking: Ranking) -> list[str]:
    """Paths, best first."""
    return [ranking.index.paths[file] for file in ranking.order]
