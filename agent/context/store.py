"""What was found out of files, kept on disk by what they hold: a blob that was seen once is not read again.

One database of a kind for all repositories of a user; anything in it can be made anew.
"""

import logging
import sqlite3
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Generic, TypeVar, cast

from agent.context.facts import VERSION, Facts, dump_meta
from agent.context.natures import Nature

log = logging.getLogger(__name__)

FILE = f"facts-{VERSION}.sqlite"
_ARRAYS = ("terms", "parts", "counts", "names", "named")
LARGEST = 2 << 30
"""Bytes; what grows beyond that is begun anew."""
_AT_ONCE = 500
"""Keys of one question; old versions of SQLite take 999."""
_FACTS = ("nature TEXT", "width INTEGER", "meta TEXT", *(f"{name} BLOB" for name in _ARRAYS))

R = TypeVar("R", bound=tuple[object, ...])
Row = tuple[Nature, int, str, bytes, bytes, bytes, bytes, bytes]
"""Facts as they are stored: the nature, the number of parts, the meta as JSON, then the arrays' bytes."""


def row_of(facts: Facts) -> Row:
    arrays = (facts.terms, facts.parts, facts.counts, facts.names, facts.named)
    terms, parts, counts, names, named = (array.tobytes() for array in arrays)
    return facts.meta.nature, len(facts.meta.parts), dump_meta(facts.meta), terms, parts, counts, names, named


def key_of(blob: str, path: str) -> str:
    """Facts follow from a content and from the ending of its path, which tells its language."""
    name = path.rpartition("/")[2]
    return f"{blob}.{name.rpartition('.')[2].lower()[:16] if '.' in name else ''}"


class Store(Generic[R]):
    """Rows by key. Without a directory they are kept for as long as the object lives.

    A store that cannot be used is logged and does without: it saves time and money and holds nothing else.
    """

    def __init__(self, directory: Path | None, name: str, columns: Sequence[str]) -> None:
        """`columns` are those beside the key, as SQL declares them."""
        self._file = None if directory is None else directory / name
        self._kept: dict[str, R] = {}
        declared = ", ".join(f"{column} NOT NULL" for column in columns)
        self._schema = f"CREATE TABLE IF NOT EXISTS facts (key TEXT PRIMARY KEY, {declared}) WITHOUT ROWID"
        self._columns = ", ".join(("key", *(column.partition(" ")[0] for column in columns)))
        self._marks = ",".join("?" * (len(columns) + 1))

    def load(self, keys: Iterable[str]) -> dict[str, R]:
        """What is there of these."""
        wanted = list(dict.fromkeys(keys))
        if self._file is None:
            return {key: self._kept[key] for key in wanted if key in self._kept}
        found: dict[str, R] = {}
        if self._file.exists():
            with self._careful(self._file), closing(sqlite3.connect(self._file, timeout=60)) as database:
                database.execute(self._schema)
                for some in (wanted[begin : begin + _AT_ONCE] for begin in range(0, len(wanted), _AT_ONCE)):
                    marks = ",".join("?" * len(some))
                    question = f"SELECT {self._columns} FROM facts WHERE key IN ({marks})"  # noqa: S608 - question marks only
                    for key, *row in database.execute(question, some):
                        found[key] = cast("R", tuple(row))
        return found

    def save(self, rows: Mapping[str, R]) -> None:
        """Keep these."""
        if self._file is None:
            self._kept.update(rows)
            return
        with self._careful(self._file):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            if self._file.exists() and self._file.stat().st_size > LARGEST:
                self._file.unlink()
            with closing(sqlite3.connect(self._file, timeout=60)) as database, database:
                database.execute(self._schema)
                values = [(key, *row) for key, row in rows.items()]
                database.executemany(f"INSERT OR REPLACE INTO facts VALUES ({self._marks})", values)  # noqa: S608 - question marks only

    @contextmanager
    def _careful(self, file: Path) -> Generator[None]:
        try:
            yield
        except (OSError, sqlite3.OperationalError) as error:  # full, read-only, locked for a minute
            log.warning("what is known of files cannot be kept in %s: %s", file, error)
        except sqlite3.DatabaseError as error:
            log.warning("%s is damaged (%s) and is begun anew", file, error)
            file.unlink(missing_ok=True)


class FactsStore(Store[Row]):
    """Facts of files, by `key_of`."""

    def __init__(self, directory: Path | None) -> None:
        super().__init__(directory, FILE, _FACTS)
