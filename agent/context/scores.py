"""BM25 over counts that are there already.

The formula is that of Lucene (k1 = 1.2), as `bm25s` computes it; that library counts the words of the whole corpus
anew for each index, which takes longer than everything else here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

K1 = 1.2
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Hits:
    """Where words of a query stand: three arrays of equal length. A word stands once in a document."""

    word: NDArray[np.int64]
    """Its place in the query."""
    document: NDArray[np.int64]
    count: Floats


def bm25(hits: Hits, weights: Sequence[float], lengths: Floats, *, b: float = 0.75) -> Floats:
    """The score of each document; `lengths` has the words of each."""
    documents = len(lengths)
    if not len(hits.word) or not documents:
        return np.zeros(documents)
    frequency = np.bincount(hits.word, minlength=len(weights))
    rarity = np.log(1 + (documents - frequency + 0.5) / (frequency + 0.5)) * np.asarray(weights)
    average = max(float(lengths.mean()), 1e-9)
    room = K1 * (1 - b + b * lengths / average)
    worth = rarity[hits.word] * hits.count / (hits.count + room[hits.document])
    return summed(hits.document, worth, documents)


@dataclass(frozen=True, slots=True)
class Postings:
    """Words and the documents they stand in, sorted by word."""

    terms: NDArray[np.uint32]
    documents: NDArray[np.int32]
    counts: NDArray[np.uint16] | None = None
    """None: once each."""

    @staticmethod
    def of(
        terms: NDArray[np.uint32], documents: NDArray[np.int32], counts: NDArray[np.uint16] | None = None
    ) -> "Postings":
        order = np.argsort(terms, kind="stable")
        return Postings(terms[order], documents[order], None if counts is None else counts[order])

    def find(self, words: Sequence[int]) -> Hits:
        """Where these words stand."""
        wanted = np.asarray(words, np.uint32)
        begin, end = np.searchsorted(self.terms, wanted, "left"), np.searchsorted(self.terms, wanted, "right")
        lengths = end - begin
        # The ranges from begin to end, one after the other.
        shift = np.repeat(begin - np.concatenate([[0], np.cumsum(lengths)[:-1]]) if len(wanted) else begin, lengths)
        places = np.arange(int(lengths.sum())) + shift
        count = np.ones(len(places)) if self.counts is None else self.counts[places].astype(np.float64)
        return Hits(np.repeat(np.arange(len(wanted)), lengths), self.documents[places].astype(np.int64), count)


def summed(places: NDArray[np.integer], values: NDArray[np.generic], length: int) -> Floats:
    """The sum of the values at each place."""
    return np.bincount(places, weights=values, minlength=length).astype(np.float64)


def merged(hits: Hits, owner: NDArray[np.integer], *, once: bool = False) -> Hits:
    """The same words in larger documents: `owner` says in which one each document lies. `once`: counted as one."""
    large = owner[hits.document].astype(np.int64)
    width = int(large.max()) + 1 if len(large) else 1
    keys, inverse = np.unique(hits.word * width + large, return_inverse=True)
    count = summed(inverse, hits.count, len(keys))
    return Hits(keys // width, keys % width, np.ones(len(keys)) if once else count)
