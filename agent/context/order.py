"""A model puts files in order by what was found in them, several times over; the orders are merged by mean rank."""

import asyncio
import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Final, cast

from pydantic import JsonValue

from agent.context.held import order_grammar
from agent.context.verdicts import leading_path, leading_stranger
from agent.edits.fences import fences
from agent.errors import BudgetReached
from agent.messages import Message
from agent.prompts import render
from agent.selecting.lettered import outside_fences
from agent.selecting.show import fenced
from agent.trajectory.dialogue import Answer, Dialogue, Unreadable
from agent.trajectory.show import clip
from agent.workbench import Purpose, Workbench

STAGE: Final = "order"
PRIORITY: Final = 6
REPAIRS: Final = 1

_LONGEST: Final = 300
"""Characters of a path that is not there, as it is noted."""
_TRIES: Final = 200
"""Brackets of a text that begin no list, at most, before it is given up."""
_LINE: Final = 4000
"""Characters of a line of an answer that are looked at."""
_PARTED = re.compile(r"""[*_`"'”’)\]]*\s*(?:$|[-–—:,;(|→])""")
_AROUND: Final = " \t*`\"'[]()."


@dataclass(frozen=True, slots=True)
class Entry:
    path: str
    summary: str
    tokens: int
    """Of the file's text."""


@dataclass(frozen=True, slots=True)
class Ordered:
    paths: tuple[str, ...]
    """The most important one first; what no order names is left out."""
    dropped: tuple[str, ...]
    """Paths that the model made up."""
    failed: int
    """Repetitions without an order: unreadable, refused, too long, or the budget was reached."""


@dataclass(frozen=True, slots=True)
class Order:
    """What one answer lists."""

    paths: tuple[str, ...]
    invented: tuple[str, ...] = ()


async def order_by_model(bench: Workbench, entries: Sequence[Entry], *, repetitions: int, budget: int) -> Ordered:
    """The entries' paths in the order that a model gives them in `repetitions` answers, for a reader with room for
    `budget` tokens. Without any answer that can be read, the order in which they came.

    Raises:
        ModelError: the provider cannot or will not answer.
    """
    distinct = {entry.path: entry for entry in reversed(entries)}
    known = tuple(dict.fromkeys(entry.path for entry in entries))
    if not known or repetitions <= 0:
        return Ordered(known, (), 0)
    asked = _question(bench, [distinct[path] for path in known], budget)
    answers = await asyncio.gather(*(_ask(bench, number, asked, known) for number in range(repetitions)))
    orders = [answer for answer in answers if answer is not None]
    dropped = dict.fromkeys(path for order in orders for path in order.invented)
    paths = merged([order.paths for order in orders], known) if orders else known
    return Ordered(paths, tuple(dropped), repetitions - len(orders))


def merged(orders: Sequence[Sequence[str]], known: Sequence[str]) -> tuple[str, ...]:
    """The paths that any order names, by their mean place in all of them, as a share of the order's length; an order
    without a path has it behind its end. Ties stand as in `known`."""
    places = [{path: Fraction(place, len(order)) for place, path in enumerate(order)} for order in orders]
    # Sums of fractions are exact: floats would tell apart what ties, by the sequence in which they are added.
    scores = {
        path: sum((place.get(path, Fraction(1)) for place in places), Fraction())
        for path in known
        if any(path in place for place in places)
    }
    return tuple(sorted(scores, key=lambda path: scores[path]))


@dataclass(frozen=True, slots=True)
class _Question:
    text: str
    paths: tuple[str, ...]
    """That it shows."""


async def _ask(bench: Workbench, number: int, asked: _Question, known: Sequence[str]) -> Order | None:
    # Below zero, for it belongs to no trajectory.
    purpose = Purpose(STAGE, -1 - number, PRIORITY)
    talk = Dialogue(bench, purpose, (Message("system", render("system")),), repairs=REPAIRS)
    try:
        answer = await talk.ask(asked.text, partial(read_order, known=known), grammar=order_grammar(asked.paths))
    except BudgetReached:
        return None
    return answer.value if isinstance(answer, Answer) else None


def _question(bench: Workbench, entries: Sequence[Entry], budget: int) -> _Question:
    """As many entries as fit beside an answer and its repair, the first ones."""
    profile = bench.profile
    issue = fenced(clip(bench.task.issue.strip(), 4 * profile.context_tokens // 3), "text")  # a third of the context
    lines = [f"{entry.path} ({entry.tokens} tokens): {' '.join(entry.summary.split())}" for entry in entries]
    bare = render("order", issue=issue, entries="", budget=budget)
    room = profile.context_tokens - 2 * profile.max_tokens
    room -= sum(bench.count_tokens(text) + 16 for text in (render("system"), bare))
    shown = 0
    for line in lines:
        room -= bench.count_tokens(line) + 1
        if room < 0:
            break
        shown += 1
    shown = max(shown, 1)
    text = render("order", issue=issue, entries=fenced("\n".join(lines[:shown]), "text"), budget=budget)
    return _Question(text, tuple(entry.path for entry in entries[:shown]))


def read_order(reply: str, known: Collection[str]) -> Order | Unreadable:
    """The paths that an answer lists: as JSON in its last fence or outside of any, or else one a line."""
    text = reply.replace("\r\n", "\n")
    found = fences(text.split("\n"))
    places = (["\n".join(found[-1].lines)] if found else []) + [outside_fences(text)]
    longest_first = sorted(known, key=len, reverse=True)
    for listed in (
        *(_json_list(place, known) for place in places),
        *(_lines(place, longest_first) for place in places),
    ):
        paths = tuple(dict.fromkeys(path for path in listed if path in known))
        if paths:
            invented = dict.fromkeys(path[:_LONGEST] for path in listed if path not in known)
            return Order(paths, tuple(invented))
    return Unreadable("There is no list of paths, each written exactly as it was given, in the answer.")


def _json_list(text: str, known: Collection[str]) -> list[str]:
    """The last list of strings, or of objects with a path, that holds a path that is known."""
    decoder, after, last, failed = json.JSONDecoder(), 0, list[str](), 0
    while failed < _TRIES and (begin := text.find("[", after)) >= 0:
        try:
            value, after = cast("tuple[JsonValue, int]", decoder.raw_decode(text, begin))
        except (ValueError, RecursionError):  # no JSON, or a thousand brackets
            after, failed = begin + 1, failed + 1
            continue
        listed = list(_paths(value))
        if any(path in known for path in listed):
            last = listed
    return last


def _paths(value: JsonValue) -> Iterator[str]:
    for item in value if isinstance(value, list) else ():
        path = item.get("path", item.get("file")) if isinstance(item, dict) else item
        if isinstance(path, str):
            yield path


def _lines(text: str, longest_first: Sequence[str]) -> list[str]:
    """The longest list that has a path in each of its lines, of equal ones the last. Below an item there may stand
    indented lines; any other line ends a list, for thoughts that come before it name paths as well."""
    lists: list[list[str]] = [[]]
    for line in (line[:_LINE] for line in text.split("\n")):
        row = [piece.strip(_AROUND) for piece in re.split(r"[,>→]", line)]
        found = leading_path(line, longest_first) or leading_stranger(line)
        if len(row) > 1 and all(path in longest_first for path in row):
            lists[-1] += row
        elif found and _PARTED.match(line, found[1]):
            lists[-1].append(found[0])
        elif line.strip() and not line[0].isspace():
            lists.append([])
    return max(reversed(lists), key=lambda listed: len(set(listed).intersection(longest_first)))
