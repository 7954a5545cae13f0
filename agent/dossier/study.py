"""Makes the parts of a dossier that are not there yet: asks a model, several parts at once, within the budget.

No issue is known here, and there is no way to hand one in.
"""

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from agent.dossier.gather import Draft, gather
from agent.dossier.records import Dossier, Inputs, Part, key_of
from agent.dossier.store import FOLDER, dossier_path, load_dossier, load_part, store_dossier, store_part
from agent.errors import BudgetReached
from agent.failures import EXIT_BUDGET, EXIT_CHOSEN, EXIT_NONE
from agent.journal import digest
from agent.ledger import Reservation, Totals
from agent.machinery import Machinery
from agent.messages import Completion, Finish, Message, Sampling
from agent.profiles import Profile
from swe_tasks.basetree import BaseTree

STAGE: Final = "study"
NOBODY: Final = -1
"""The trajectory number under which a study asks: it belongs to none."""
TEXT_TOKENS: Final = 400
"""Of a part; what is longer is shortened to whole lines."""
_ANSWER: Final = 2048
"""Tokens of an answer at most: some models think before they write."""
_ROOM: Final = 4000
"""Tokens shown in one question, at most."""
_AROUND: Final = 600
"""Tokens of what stands around that."""
_REASONS: Final = {
    Finish.LENGTH: "the answer was cut at the limit of tokens",
    Finish.EMPTY: "the answer was empty",
    Finish.REFUSED: "the model refused",
    Finish.OVERFLOW: "what was asked does not fit the model's context",
}


@dataclass(frozen=True, slots=True)
class Made:
    """A part that is there, be it a failed one."""

    part: Part
    reused: bool
    """From an earlier study, for nothing."""


@dataclass(frozen=True, slots=True)
class Studied:
    tree: str
    made: tuple[Made, ...]
    missing: tuple[str, ...]
    """The names of the parts that the budget did not allow."""
    stopped: str
    """Why they are missing."""
    totals: Totals
    """What was spent now."""
    path: Path
    """The dossier's list of parts."""

    @property
    def exit_code(self) -> int:
        """0: all parts are there; 1: some could not be made; 3: the budget ended it before."""
        if self.missing:
            return EXIT_BUDGET
        return EXIT_NONE if any(one.part.failed for one in self.made) else EXIT_CHOSEN


@dataclass(slots=True)
class _Work:
    """One study under way."""

    machinery: Machinery
    cache: Path
    tree: str
    order: Sequence[str]
    """The names of all parts."""
    redact: Callable[[str], str]
    say: Callable[[Made], None]
    before: Mapping[str, Part]
    """What earlier studies of this tree made, by name, of whatever model."""
    found: dict[str, Made] = field(default_factory=dict[str, Made])
    stopped: str = ""
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Budget is reserved in the order of the parts: a small late one does not take what an early one waits for."""

    def keep(self, made: Made) -> None:
        """From here on a crash costs nothing of it."""
        if not made.reused:
            store_part(self.cache, made.part)
        self.found[made.part.name] = made
        self.enter()
        self.say(made)

    def enter(self) -> None:
        """List what has a text. What another model wrote stays until there is something in its place."""
        fresh = {name: made.part for name, made in self.found.items() if not made.part.failed}
        parts = {**self.before, **fresh}
        store_dossier(self.cache, self.tree, [parts[name].key for name in self.order if name in parts])

    async def make(self, draft: Draft, inputs: Inputs) -> None:
        """Ask for one part and keep what comes of it. Nothing is asked once the study is stopped."""
        profile = self.machinery.profile
        messages = [Message("user", draft.question)]
        sampling = Sampling(_answer(profile), profile.temperature, self._seed(draft.name))
        try:
            async with self.machinery.completions.slot(5):
                reservation = await self._reserve(messages, sampling.max_tokens)
                if reservation is None:
                    return
                with reservation:
                    completion = await self.machinery.model.model.complete(messages, sampling, reservation.retry)
                    reservation.settle(completion)
        except BudgetReached as error:
            self.stopped = str(error)
            return
        except BaseException as error:
            self.stopped = f"another part met an error: {error}"
            raise
        finally:
            async with self.machinery.settled:
                self.machinery.settled.notify_all()
        self.keep(Made(self._read(draft, inputs, completion), reused=False))

    async def _reserve(self, messages: Sequence[Message], max_tokens: int) -> Reservation | None:
        """Reserve the worst case, once those under way leave enough: most use less than was promised for them.

        Raises:
            BudgetReached: it can never be afforded.
        """
        prompt = sum(self.machinery.model.count_tokens(message.content) + 8 for message in messages)
        ledger = self.machinery.ledger
        async with self.turn:
            while not self.stopped:
                try:
                    return ledger.reserve(STAGE, NOBODY, prompt, max_tokens)
                except BudgetReached as error:
                    if ledger.reserved == (0, 0.0):
                        self.stopped = str(error)
                        raise
                async with self.machinery.settled:
                    await self.machinery.settled.wait()
        return None

    def _seed(self, name: str) -> int | None:
        if not self.machinery.profile.seeded:
            return None
        drawn = hashlib.sha256(f"{self.machinery.settings.seed}/{STAGE}/{name}".encode()).digest()
        return int.from_bytes(drawn[:4], "big") >> 1

    def _read(self, draft: Draft, inputs: Inputs, completion: Completion) -> Part:
        """A cut or empty answer is no text: it would be read as if it were all there is to know."""
        said = completion.text.encode("utf-8", "replace").decode().strip()
        finish = completion.finish if said or completion.finish is not Finish.STOP else Finish.EMPTY
        failed = _REASONS.get(finish, "")
        text = "" if failed else _shortened(self.redact(said), self.machinery.model.count_tokens)
        tokens = completion.usage.prompt + completion.usage.completion
        return Part(draft.name, draft.about, text, inputs, tokens, failed)


async def study(
    base: BaseTree,
    machinery: Machinery,
    cache: Path,
    *,
    redact: Callable[[str], str],
    say: Callable[[Made], None] = lambda _: None,
    again: bool = False,
) -> Studied:
    """Make what is missing of a tree's dossier below `cache`. `again`: also ask anew for parts that failed.

    Raises:
        TaskError: the base tree cannot be read.
        ModelError: the provider cannot or will not answer; parts made until then are kept.
    """
    drafts = await asyncio.to_thread(gather, base, cache, _room(machinery.profile))
    known = load_dossier(base.tree, cache)
    before = {part.name: part for part in known.parts} if known else {}
    work = _Work(machinery, cache, base.tree, [draft.name for draft in drafts], redact, say, before)
    work.enter()
    fresh: list[tuple[Draft, Inputs]] = []
    for draft in drafts:
        inputs = _inputs(draft, machinery.settings.model)
        part = load_part(cache, key_of(draft.name, inputs))
        if part is not None and not (part.failed and again):
            work.keep(Made(part, reused=True))
        elif draft.question:
            fresh.append((draft, inputs))
        else:
            work.keep(Made(Part(draft.name, draft.about, draft.text, inputs, 0), reused=False))
    # Those under way when one meets an error are paid for: they end and are kept.
    ended = await asyncio.gather(*(work.make(*one) for one in fresh), return_exceptions=True)
    for error in ended:
        if error is not None:
            raise error
    missing = tuple(draft.name for draft in drafts if draft.name not in work.found)
    return Studied(
        tree=base.tree,
        made=tuple(work.found[name] for name in work.order if name in work.found),
        missing=missing,
        stopped=work.stopped if missing else "",
        totals=machinery.ledger.totals(),
        path=dossier_path(cache, base.tree),
    )


def known_of(base: BaseTree, profile: Profile, model: str, cache: Path) -> Dossier | None:
    """What is known of a tree: its own dossier, or those parts of other trees' that were made from just what it holds.
    None if there is nothing. Blocks.

    Raises:
        TaskError: the base tree cannot be read.
    """
    if (own := load_dossier(base.tree, cache)) is not None:
        return own
    if not (cache / FOLDER).is_dir():
        return None
    drafts = gather(base, cache, _room(profile))
    found = (load_part(cache, key_of(draft.name, _inputs(draft, model))) for draft in drafts)
    parts = tuple(part for part in found if part is not None and not part.failed)
    return Dossier(base.tree, parts) if parts else None


def _inputs(draft: Draft, model: str) -> Inputs:
    return Inputs(draft.blobs, digest(draft.question or draft.text), model if draft.question else "")


def _room(profile: Profile) -> int:
    return max(0, min(_ROOM, profile.context_tokens - _answer(profile) - _AROUND))


def _answer(profile: Profile) -> int:
    return min(profile.max_tokens, _ANSWER)


def _shortened(text: str, count: Callable[[str], int]) -> str:
    lines = text.split("\n")
    while len(lines) > 1 and count("\n".join(lines)) > TEXT_TOKENS:
        lines.pop()
    text = "\n".join(lines).strip()
    while count(text) > TEXT_TOKENS:  # one endless line
        text = text[: len(text) * 3 // 4]
    return text
