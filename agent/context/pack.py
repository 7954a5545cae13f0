"""Fits what matters most into a token budget, as bytes that are the same for every trajectory.

Three tiers: a file's whole text; its relevant parts, with a line for what is left out between them; one line that says
what a file is. A part's worth is its file's score to the third power, times how well its words fit beside the best
part of the file: so most of the best file is shown before the rest of a lower one, whose best part comes early.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from agent.context.facts import Meta
from agent.context.search import Ranking
from agent.context.shown import Context, Gaps, Open, Shown, names_of, render, show_file

_FILES: Final = 60
"""That parts are taken of, at most."""
_LINES: Final = 40
"""Files that are told in one line, at most."""
_POWER: Final = 3
"""Of a file's score in what its parts are worth."""
_FLOOR: Final = 0.3
"""What a part is worth that has none of the words, where the best of its file is worth 1."""
_SMALL: Final = 2500
"""Characters. The head of a class or a run of lines this short comes with the file."""
_COMPANIONS: Final = 8000
"""Characters of all of these in one file, at most; and per token of the budget."""
_COMPANIONS_SHARE: Final = 0.8
_WHOLE: Final = 8000
"""Characters of a file that comes whole, at most; and per token of the budget."""
_WHOLE_SHARE: Final = 0.25
_FOR_PARTS: Final = 0.92
"""Of the budget; the rest is for what stands around them and for single lines."""
_HEADED: Final = 0.97
"""Of the budget, what may be used up with the first lines of definitions that are left out."""
_ROOMY: Final = 4000
"""Tokens of a budget that has room for more than the parts."""
_SURE: Final = 0.7
"""A file of a lower score only distracts a model that has no room for more: small ones give back what they see."""
_NEARLY: Final = 0.75
"""Of a file: what is shown of it is made whole."""


def pack(
    ranking: Ranking,
    read: Callable[[str], str],
    *,
    budget: int,
    count: Callable[[str], int],
    parts: bool = True,
) -> Context:
    """The best of the ranking within `budget` tokens. `parts` False: whole files only, as far as they fit."""
    filled = _Filling(ranking, read, budget, count)
    if parts:
        filled.take_parts()
    else:
        filled.take_files()
    return filled.context()


class _Filling:
    def __init__(self, ranking: Ranking, read: Callable[[str], str], budget: int, count: Callable[[str], int]) -> None:
        self._ranking = ranking
        self._read = read
        self._budget = budget
        self._count = count
        self._roomy = budget >= _ROOMY
        least = 0.0 if self._roomy else _SURE
        self._best = [file for file in ranking.order[:_FILES] if ranking.scores[file] > least]
        self._open: dict[int, Open] = {}
        self._small = min(_WHOLE, _WHOLE_SHARE * budget)
        self._used = 0

    def take_files(self) -> None:
        """A file that does not fit is left out and does not stop the ones behind it."""
        for file in self._best:
            if self._ranking.index.sizes[file] <= 8 * (self._budget - self._used):
                one = self._opened(file)
                tokens = self._count(show_file(one.path, "\n".join(one.lines)))
                if self._used + tokens <= self._budget and one.meta.parts:
                    self._used += tokens
                    one.chosen.update(range(len(one.meta.parts)))
                else:
                    del self._open[file]

    def take_parts(self) -> None:
        most = int(self._budget * (_FOR_PARTS if self._roomy else 1))
        for file, part in self._by_worth():
            left = most - self._used
            if left < 16:
                break
            fresh = file not in self._open
            one = self._opened(file)
            if part in one.chosen:
                continue
            wanted = [part, *(other for other in (self._companions(one.meta, part) if fresh else ()) if other != part)]
            taken = False
            for number in wanted:
                found = one.meta.parts[number]
                # Counting is slow: a token has at most about 8 bytes.
                if found.size > 8 * left:
                    continue
                tokens = self._count(one.text_of(found)) + (16 if fresh and not taken else 6)
                if tokens <= left:
                    one.chosen.add(number)
                    taken = True
                    left -= tokens
                    self._used += tokens
            if fresh and not taken:
                del self._open[file]
        self._round_off(most)

    def _companions(self, meta: Meta, part: int) -> list[int]:
        """What comes with a file whatever its words: all of a small one; of others what stands outside of functions,
        as far as it is short, and of that what stands nearest to the part."""
        if sum(one.size for one in meta.parts) <= self._small:
            return list(range(len(meta.parts)))
        short = [n for n, one in enumerate(meta.parts) if one.kind != "function" and one.size <= _SMALL]
        here = meta.parts[part].rows[0][0]
        near = sorted(short, key=lambda n: (n != 0, abs(meta.parts[n].rows[0][0] - here), n))
        kept: list[int] = []
        left = min(_COMPANIONS, _COMPANIONS_SHARE * self._budget)
        for number in near:
            left -= meta.parts[number].size
            if left < 0:
                break
            kept.append(number)
        return kept

    def _by_worth(self) -> Iterator[tuple[int, int]]:
        """Files and parts, the one worth most first."""
        ranking, index = self._ranking, self._ranking.index
        ranges = {file: range(int(index.first[file]), int(index.first[file + 1])) for file in self._best}
        best = {
            file: max((float(ranking.part_scores[part]) for part in parts), default=0.0) or 1.0
            for file, parts in ranges.items()
        }
        worth = [
            (
                # Rounded, so that the order is the same on every machine.
                -round(
                    float(ranking.scores[file]) ** _POWER
                    * (_FLOOR + (1 - _FLOOR) * float(ranking.part_scores[part]) / best[file]),
                    9,
                ),
                place,
                part,
            )
            for place, file in enumerate(self._best)
            for part in ranges[file]
        ]
        for _, place, part in sorted(worth):
            yield self._best[place], part - ranges[self._best[place]].start

    def _opened(self, file: int) -> Open:
        if file not in self._open:
            path = self._ranking.index.paths[file]
            self._open[file] = Open(file, path, self._ranking.index.meta(file), self._read(path).split("\n"))
        return self._open[file]

    def _round_off(self, most: int) -> None:
        """A file that is nearly whole is made whole, where the rest fits."""
        for file in self._best:
            one = self._open.get(file)
            if one is None or one.whole:
                continue
            missing = [number for number in range(len(one.meta.parts)) if number not in one.chosen]
            size = sum(one.meta.parts[number].size for number in missing)
            if one.shown >= _NEARLY * (one.shown + size) and size <= 8 * (most - self._used):
                tokens = self._count("\n".join(one.text_of(one.meta.parts[number]) for number in missing))
                if tokens <= most - self._used:
                    one.chosen.update(missing)
                    self._used += tokens

    def context(self) -> Context:
        """What was taken, as text; as much is said of what is left out as there is room for. Should it be too long for
        all that, the least relevant goes."""
        files = [self._open[file] for file in self._best if file in self._open]
        gaps: Gaps = "named" if self._roomy else "counted"
        text, tokens = self._text(files, "headed" if self._roomy else gaps)
        if self._roomy and tokens > _HEADED * self._budget:
            text, tokens = self._text(files, gaps)
        while tokens > self._budget and files:
            files[-1].chosen.discard(max(files[-1].chosen))
            if not files[-1].chosen:
                files.pop()
            text, tokens = self._text(files, gaps)
        lines, listed = self._lines({one.number for one in files}, self._budget - tokens)
        if lines:
            text = f"{text}\n{lines}" if text else lines
            tokens = self._count(text)
        described = [Shown(f.path, "whole" if f.whole else "parts", f.rows(), names_of(f)) for f in files]
        described += [Shown(path, "line") for path in listed]
        return Context(tuple(one.path for one in files), text, tokens, tuple(described))

    def _text(self, files: Sequence[Open], gaps: Gaps) -> tuple[str, int]:
        text = "\n".join(render(one, gaps) for one in files)
        return text, self._count(text) if text else 0

    def _lines(self, without: set[int], room: int) -> tuple[str, tuple[str, ...]]:
        """A line each for the next best files, also for those that are too large for more."""
        if not self._roomy:
            return "", ()
        found: list[tuple[str, str]] = []
        room -= 16
        for file in self._best:
            if file in without or len(found) == _LINES:
                continue
            path, summary = self._ranking.index.paths[file], self._ranking.index.meta(file).summary
            line = f"{path}: {summary}" if summary else path
            room -= self._count(line) + 1
            if room < 0:
                break
            found.append((path, line))
        if not found:
            return "", ()
        return "Other files that may matter, not shown:\n" + "".join(f"{line}\n" for _, line in found), tuple(
            path for path, _ in found
        )
