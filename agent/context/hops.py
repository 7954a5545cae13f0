"""One step from the files that words find: to what they import, and to what their best parts refer to.

A fix is often one call away from what an issue talks about. What is already high in the ranking gains little by this.
"""

import math
from collections import defaultdict

import numpy as np

from agent.context.index import Index
from agent.context.scores import Floats
from agent.context.targets import Targets

_FILES = 10
"""Whose imports are followed."""
_PARTS = 20
"""Whose references are followed."""
_SURVIVORS = 40
_DEFINED = 3
"""A name that more parts define refers to none of them."""
_LIFT = 0.2


def lifted(index: Index, scores: Floats, part_scores: Floats, role: Floats) -> tuple[Floats, dict[int, str]]:
    """The scores with what is one step away lifted, and a reason for each file that gained by it."""
    if not len(scores) or scores.max() <= 0:
        return scores, {}
    order = np.lexsort((np.arange(len(scores)), -scores))[:_SURVIVORS]
    imported, importer = _imports(index, scores, order[:_FILES].tolist())
    referred = _references(index, scores, part_scores, role, order)
    gain = _LIFT * role * (imported + referred) * (1 - scores)
    reasons: dict[int, str] = {}
    for file in np.flatnonzero(gain > 0.02).tolist():
        ways = [f"imported by {index.paths[importer[file]]}"] if file in importer else []
        ways += ["referred to by the best parts"] if referred[file] > 0 else []
        reasons[file] = " and ".join(ways)
    return scores + gain, reasons


def _imports(index: Index, scores: Floats, best: list[int]) -> tuple[Floats, dict[int, int]]:
    """By file: the best score of what imports it, less if it is imported by everybody; and which that is."""
    worth, importer = np.zeros(len(scores)), dict[int, int]()
    targets = Targets(index.paths)
    by_target: defaultdict[int, list[int]] = defaultdict(list)
    for file in best:
        for target in targets.of(file, index.meta(file).imports):
            by_target[target].append(file)
    for target, importers in by_target.items():
        importer[target] = max(importers, key=lambda file: (scores[file], -file))
        worth[target] = scores[importer[target]] / math.log(2 + len(importers))
    most = float(worth.max(initial=0.0))
    return (worth / most if most else worth), importer


def _references(index: Index, scores: Floats, part_scores: Floats, role: Floats, order: np.ndarray) -> Floats:
    """By file: how well the parts fit that use a name which it, and hardly another, defines."""
    files = [file for file in order.tolist() if role[file] == 1]
    candidates = [
        (float(scores[file] * part_scores[part]), part)
        for file in files
        for part in range(int(index.first[file]), int(index.first[file + 1]))
        if part_scores[part] > 0
    ]
    best = sorted(candidates, key=lambda one: (-one[0], one[1]))[:_PARTS]
    gained: defaultdict[int, dict[int, float]] = defaultdict(dict)
    for _, part in best:
        begin, end = np.searchsorted(index.parts, [part, part + 1])
        hits = index.by_whole_name.find(index.terms[begin:end].tolist())
        times = np.bincount(hits.word, minlength=end - begin)[hits.word]
        for word_times, target in zip(times.tolist(), hits.document.tolist(), strict=True):
            file = int(index.file_of[target])
            if word_times <= _DEFINED and target != part and role[file] == 1:
                gained[file][target] = max(gained[file].get(target, 0.0), float(part_scores[part]) / word_times)
    worth = np.zeros(len(scores))
    for file, parts in gained.items():
        worth[file] = sum(sorted(parts.values(), reverse=True)[:3])
    most = float(worth.max(initial=0.0))
    return worth / most if most else worth
