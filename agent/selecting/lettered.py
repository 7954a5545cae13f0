"""Patches under drawn letters: shown as much of each as fits, and named in an answer."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from agent.edits.fences import fences
from agent.messages import Message
from agent.selecting.asking import generator
from agent.selecting.show import fenced
from agent.trajectory.dialogue import Unreadable
from agent.trajectory.show import clip
from agent.workbench import Workbench
from selection.matrix import Candidate

NONE: Final = "none"
"""The answer that no patch resolves the issue."""
TOGETHER: Final = 10
"""How many patches are compared at once; more are met in groups."""
_LEAST: Final = 240
"""Characters shown of a patch where there is no room at all."""

# A line of a diff begins with a sign, so what a patch adds or removes is never read as an answer.
_CHOICE = re.compile(
    r"""^[ \t*_`#]*CHOICE[ \t*_`]*:[ \t*_`"'(\[]*(?:patch[ \t]+)?([A-Z]|none)[ \t*_`"')\].]*$""",
    re.MULTILINE | re.IGNORECASE | re.ASCII,
)


def outside_fences(reply: str) -> str:
    """What the model says in its own name: a reply without its fenced blocks, in which it may quote."""
    lines = reply.replace("\r\n", "\n").split("\n")  # nothing else ends a line: a diff may hold what looks like it
    quoted: set[int] = set()
    for fence in fences(lines):
        quoted.update(range(fence.line - 2, fence.line + len(fence.lines)))
    return "\n".join(line for number, line in enumerate(lines) if number not in quoted)


def read_choice(reply: str, allowed: Collection[str]) -> str | Unreadable:
    """The one letter that the answer chooses, or `NONE`."""
    said = {word.lower() if word.lower() == NONE else word.upper() for word in _CHOICE.findall(outside_fences(reply))}
    if len(said) > 1:
        return Unreadable("The answer makes several different choices: make one.")
    if not said:
        return Unreadable("There is no line `CHOICE: ` with the letter of a patch, or with the word none.")
    choice = said.pop()
    if choice != NONE and choice not in allowed:
        return Unreadable(f"There is no patch {choice}. The patches are {', '.join(sorted(allowed))}.")
    return choice


def choice_grammar(allowed: Iterable[str]) -> str:
    """What a choice without a program is held to where the model's server takes a grammar: a reason, then the line.
    It is bounded, for weak models find no end."""
    words = " | ".join(f'"{word}"' for word in (*sorted(allowed), NONE))
    return f'root ::= [^\\n]{{1,240}} "\\n\\nCHOICE: " ({words})\n'


def show_patches(bench: Workbench, shown: Mapping[str, Candidate], room: int) -> str:
    """The patches under their letters, in the order given, in about `room` tokens."""
    return _fitted(bench, [(f"Patch {letter}:\n\n", candidate) for letter, candidate in shown.items()], room)


def show_patch(bench: Workbench, candidate: Candidate, room: int) -> str:
    """One patch, in about `room` tokens."""
    return _fitted(bench, [("", candidate)], room)


def _fitted(bench: Workbench, headed: Sequence[tuple[str, Candidate]], room: int) -> str:
    """Each patch below its heading, clipped in the middle where it must be: long ones are candidates like others."""
    texts = [candidate.patch.decode("utf-8", errors="replace") for _, candidate in headed]
    most = 4 * bench.profile.output_chars
    chars = min(4 * max(room, 0), most * len(texts))
    while True:
        shares = _shares([min(len(text), most) for text in texts], chars)
        parts = [
            heading + fenced(clip(text, share), "diff")
            for (heading, _), text, share in zip(headed, texts, shares, strict=True)
        ]
        whole = "\n\n".join(parts)
        if max(shares) <= _LEAST or bench.count_tokens(whole) <= room:
            return whole
        chars = chars * 3 // 4


def room_for_patches(bench: Workbench, said: Iterable[Message], question: str, *, reserve: int = 0) -> int:
    """Tokens left for patches beside what is said anyway, the answer, and what is to come."""
    used = sum(bench.count_tokens(message.content) + 8 for message in said) + bench.count_tokens(question)
    return bench.profile.context_tokens - bench.profile.max_tokens - used - reserve


def room_for_turns(bench: Workbench, outputs: int) -> int:
    """Tokens to keep for a turn with so many outputs and the answers around it, a third of the context at most."""
    turn = outputs * bench.profile.output_chars // 3 + bench.profile.max_tokens
    return min(turn, bench.profile.context_tokens // 3)


def called(candidate: Candidate) -> str:
    """A candidate's name in a trail."""
    return ", ".join(sorted(set(candidate.origins))) or candidate.digest[:8]


def groups(bench: Workbench, entrants: Sequence[Candidate], *what: str | int) -> list[list[Candidate]]:
    """As few groups of at most `TOGETHER` as there can be, drawn, of nearly equal sizes."""
    drawn = drawn_order(bench, entrants, *what)
    count = -(-len(drawn) // TOGETHER)
    return [drawn[start::count] for start in range(count)]


def drawn_order(bench: Workbench, entrants: Iterable[Candidate], *what: str | int) -> list[Candidate]:
    """The candidates in an order drawn from the seed, in whatever order they come."""
    ordered = sorted(entrants, key=lambda candidate: candidate.digest)
    generator(bench.seed, bench.task.id, *what).shuffle(ordered)
    return ordered


def _shares(lengths: Sequence[int], room: int) -> list[int]:
    """How much of each is shown: the short ones whole, the rest of the room in equal parts."""
    shares = [0] * len(lengths)
    for done, place in enumerate(sorted(range(len(lengths)), key=lambda place: lengths[place])):
        fair = max(_LEAST, room // (len(lengths) - done))
        shares[place] = min(lengths[place], fair)
        room -= shares[place]
    return shares
