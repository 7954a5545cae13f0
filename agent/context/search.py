"""Which files an issue is about, and which of their parts: by words and names alone, no model, no tokens spent.

A file's score is the sum of what several searches say, each scaled to its best file: words anywhere in it, in its
path, in the names that it defines, in its best part and in its three best; and of what the issue names outright.
Then what the best files import, and what their best parts refer to, is lifted (`agent.context.hops`), and what changed
often of late or together with the best (`agent.context.history`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from agent.context.history import prior, together
from agent.context.hops import lifted
from agent.context.index import Index
from agent.context.issue import Query
from agent.context.named import named_by_issue
from agent.context.natures import WEIGHTS
from agent.context.scores import Floats, bm25, merged, summed
from agent.context.words import term_of

_WORDS, _PATH, _NAMES, _BEST, _THREE, _MENTIONED = 1.0, 0.7, 0.7, 1.0, 1.0, 0.5
_SAID = ("words", "path", "names defined", "best part", "three best parts")


@dataclass(frozen=True, slots=True)
class RankedFile:
    """A file with what its score is made of."""

    path: str
    score: float
    """1 is the best file."""
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Ranking:
    """All files, best first; ties by path, so that the order is the same everywhere."""

    index: Index
    order: tuple[int, ...]
    """Numbers of files in the index."""
    scores: Floats
    """By file; 1 is the best."""
    part_scores: Floats
    """By part: how well its words fit; 1 is the best of all."""
    said: dict[int, tuple[str, ...]] = field(repr=False)
    """What was said for a file beside words."""
    searches: Floats = field(repr=False)
    """What each search gave, by search and file: words, path, names, best part, three best parts."""

    def file(self, number: int) -> RankedFile:
        made = self.searches[:, number]
        reasons = [f"{name} {value:.2f}" for name, value in zip(_SAID, made, strict=True) if value >= 0.005]
        role = self.index.roles[number]
        about = () if role == "source" else (f"{role} x {WEIGHTS[role]:g}",)
        return RankedFile(
            self.index.paths[number], float(self.scores[number]), (*reasons, *self.said.get(number, ()), *about)
        )


def by_scores(ranking: Ranking, scores: Floats, said: Mapping[int, tuple[str, ...]] | None = None) -> Ranking:
    """The same files in the order of other scores, the best made 1; `said` is added to their reasons."""
    scores = _scaled(scores)
    order = tuple(int(one) for one in np.lexsort((np.arange(len(scores)), -np.round(scores, 9))))
    more = {file: (*ranking.said.get(file, ()), *added) for file, added in (said or {}).items()}
    return replace(ranking, order=order, scores=scores, said={**ranking.said, **more})


def search(index: Index, query: Query, recent: Sequence[Sequence[str]] = ()) -> Ranking:
    """Rank all files of an index for an issue. `recent` has the paths that each of the last commits changed."""
    files = len(index.paths)
    words = tuple(query.weights)
    weights = [query.weights[word] for word in words]
    terms = [term_of(word) for word in words]
    file_of = index.file_of
    hits = index.by_word.find(terms)
    lengths = index.lengths
    file_lengths = summed(file_of, lengths, files)
    in_names = index.by_name.find(terms)
    names_of_file = merged(in_names, file_of, once=True)
    name_lengths = np.bincount(file_of[index.named], minlength=files).astype(np.float64) + 1
    in_paths = index.by_path.find(terms)
    path_lengths = np.bincount(index.by_path.documents, minlength=files).astype(np.float64)
    by_part = bm25(hits, weights, lengths)
    best, three = _best_parts(by_part, file_of, files)
    searches = np.vstack(
        [
            _WORDS * _scaled(bm25(merged(hits, file_of), weights, file_lengths)),
            _PATH * _scaled(bm25(in_paths, weights, path_lengths, b=0.3)),
            _NAMES * _scaled(bm25(names_of_file, weights, name_lengths, b=0.3)),
            _BEST * _scaled(best),
            _THREE * _scaled(three),
        ]
    )
    mentioned = named_by_issue(index, query.mentions)
    role = np.array([WEIGHTS[one] for one in index.roles])
    boost = np.zeros(files)
    for file, worth in mentioned.files.items():
        boost[file] = worth
    scores = _scaled(role * (searches.sum(axis=0) + _MENTIONED * boost))
    said = {**mentioned.said}
    part_scores = _scaled(by_part)
    for part, worth in mentioned.parts.items():
        part_scores[part] += worth
    part_scores = _scaled(part_scores)
    scores, lifts = lifted(index, scores, part_scores, role)
    for file, reason in lifts.items():
        said[file] = (*said.get(file, ()), reason)
    factor = prior(index.paths, recent)
    for file in np.flatnonzero(factor > 1).tolist():
        said[file] = (*said.get(file, ()), f"changed of late x {factor[file]:.2f}")
    scores, reasons = together(index.paths, recent, _scaled(scores * factor), role == 1)
    for file, reason in reasons.items():
        said[file] = (*said.get(file, ()), reason)
    return by_scores(Ranking(index, (), scores, part_scores, said, searches), scores)


def _scaled(scores: Floats) -> Floats:
    most = float(scores.max(initial=0.0))
    return scores / most if most > 0 else scores


def _best_parts(by_part: Floats, file_of: np.ndarray, files: int) -> tuple[Floats, Floats]:
    """Of each file, the score of the best part, and the sum of the three best."""
    order = np.lexsort((-by_part, file_of))
    owner = file_of[order]
    starts = np.searchsorted(owner, np.arange(files), "left")
    rank = np.arange(len(order)) - starts[owner]
    best, three = np.zeros(files), np.zeros(files)
    first = order[rank == 0]
    best[file_of[first]] = by_part[first]
    np.add.at(three, owner[rank < 3], by_part[order[rank < 3]])
    return best, three
