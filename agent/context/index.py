"""All files of a tree as one index: made of facts by blob, so that one commit later only what changed is read."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from multiprocessing import get_context
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from agent.context.facts import LARGEST, Meta, Part, load_meta, read_facts
from agent.context.natures import Role, roles_of
from agent.context.scores import Postings, summed
from agent.context.store import FactsStore, Row, key_of, row_of
from agent.context.words import term_of, words
from swe_tasks.basetree import Blob

Read = Callable[[str, int], bytes]
"""At most that many bytes of the file at a path, from its beginning."""
Number = TypeVar("Number", np.uint16, np.uint32)
_BATCH_BYTES = 2 << 20
_WORTH_A_PROCESS = 8 << 20
"""Bytes to read anew; fewer are read here."""


@dataclass(frozen=True)
class Index:
    """Files in the order of their paths; their parts, one file after the other, have numbers of their own."""

    paths: tuple[str, ...]
    sizes: tuple[int, ...]
    roles: tuple[Role, ...]
    first: NDArray[np.int64]
    """The number of each file's first part; one more at the end."""
    terms: NDArray[np.uint32]
    """Words in parts, ascending by part."""
    parts: NDArray[np.int32]
    counts: NDArray[np.uint16]
    names: NDArray[np.uint32]
    """Words in names of definitions, and the part that has the name."""
    named: NDArray[np.int32]
    metas: tuple[str, ...]
    """As JSON: few of them are ever looked at."""

    def meta(self, file: int) -> Meta:
        if file not in self._loaded:
            self._loaded[file] = load_meta(self.metas[file])
        return self._loaded[file]

    @cached_property
    def _loaded(self) -> dict[int, Meta]:
        return {}

    def part(self, number: int) -> Part:
        file = int(self.file_of[number])
        return self.meta(file).parts[number - int(self.first[file])]

    def defined(self, name: str) -> list[int]:
        """The parts that define a name, in order. Its class may stand before it, and its module before that."""
        found = self.by_whole_name.find([term_of(name.rpartition(".")[2].lower())]).document.tolist()
        return [part for part in sorted(found) if _is_called(self.part(part).name, name)]

    @cached_property
    def file_of(self) -> NDArray[np.int32]:
        """By part."""
        return np.repeat(np.arange(len(self.paths), dtype=np.int32), np.diff(self.first))

    @cached_property
    def lengths(self) -> NDArray[np.float64]:
        """Words by part."""
        return summed(self.parts, self.counts, int(self.first[-1]))

    @cached_property
    def by_word(self) -> Postings:
        """Words in parts."""
        return Postings.of(self.terms, self.parts, self.counts)

    @cached_property
    def by_name(self) -> Postings:
        """Words in names of definitions, and the parts that are defined."""
        return Postings.of(self.names, self.named)

    @cached_property
    def by_whole_name(self) -> Postings:
        """Whole names of definitions, and the parts that are defined."""
        first = np.diff(self.named, prepend=-1) != 0
        return Postings.of(self.names[first], self.named[first])

    @cached_property
    def by_path(self) -> Postings:
        """Words in paths without endings, and the files."""
        found = [[term_of(word) for word in dict.fromkeys(words(_without_ending(path)))] for path in self.paths]
        files = np.repeat(np.arange(len(found), dtype=np.int32), [len(some) for some in found])
        return Postings.of(np.fromiter((term for some in found for term in some), np.uint32, len(files)), files)


def _is_called(known: str, wanted: str) -> bool:
    return known == wanted or known.endswith(f".{wanted}") or (bool(known) and wanted.endswith(f".{known}"))


def _without_ending(path: str) -> str:
    folder, slash, name = path.rpartition("/")
    return folder + slash + name.partition(".")[0]


def build_index(blobs: Mapping[str, Blob], read: Read, store: FactsStore) -> Index:
    """The index of a tree's files, what is new among them read by all cores. Blocks.

    Raises:
        what `read` raises.
    """
    paths = sorted(blobs)
    keys = {path: key_of(blobs[path].id, path) for path in paths}
    rows = store.load(keys.values())
    missing = list({keys[path]: path for path in paths if keys[path] not in rows}.values())
    if missing:
        made = dict(_make(missing, blobs, read))
        fresh = {keys[path]: row for path, row in made.items()}
        store.save(fresh)
        rows |= fresh
    return _join(paths, blobs, [rows[keys[path]] for path in paths])


def _make(paths: Sequence[str], blobs: Mapping[str, Blob], read: Read) -> Iterator[tuple[str, Row]]:
    def work() -> Iterator[list[tuple[str, bytes, int]]]:
        batch: list[tuple[str, bytes, int]] = []
        held = 0
        for path in paths:
            batch.append((path, read(path, LARGEST + 1), blobs[path].size))
            held += len(batch[-1][1]) + 1024
            if held > _BATCH_BYTES:
                yield batch
                batch, held = [], 0
        if batch:
            yield batch

    workers = min(len(os.sched_getaffinity(0)), 8)
    total = sum(min(blobs[path].size, LARGEST) for path in paths)
    if workers < 2 or total < _WORTH_A_PROCESS:
        for batch in work():
            yield from _make_batch(batch)
        return
    # Not by fork: this process may run threads. So many batches at a time that memory stays bounded.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        batches = work()
        while some := list(islice(batches, 4 * workers)):
            for made in pool.map(_make_batch, some):
                yield from made


def _make_batch(batch: Sequence[tuple[str, bytes, int]]) -> list[tuple[str, Row]]:
    return [(path, row_of(read_facts(path, content, size))) for path, content, size in batch]


def _join(paths: Sequence[str], blobs: Mapping[str, Blob], rows: Sequence[Row]) -> Index:
    first = np.zeros(len(rows) + 1, np.int64)
    first[1:] = np.cumsum([row[1] for row in rows])

    def joined(column: int, kind: type[Number]) -> NDArray[Number]:
        return np.frombuffer(b"".join(cast("bytes", row[column]) for row in rows), kind)

    def numbers(column: int) -> NDArray[np.int32]:
        sizes = [len(cast("bytes", row[column])) // 2 for row in rows]
        return joined(column, np.uint16).astype(np.int32) + np.repeat(first[:-1].astype(np.int32), sizes)

    roles = roles_of({path: row[0] for path, row in zip(paths, rows, strict=True)})
    return Index(
        paths=tuple(paths),
        sizes=tuple(blobs[path].size for path in paths),
        roles=tuple(roles[path] for path in paths),
        first=first,
        terms=joined(3, np.uint32),
        parts=numbers(4),
        counts=joined(5, np.uint16),
        names=joined(6, np.uint32),
        named=numbers(7),
        metas=tuple(row[2] for row in rows),
    )
