"""What a model's answer says of files: which matter, in whatever shape it says so.

The expressions are linear or nearly so, for an answer may be hostile.
"""

import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, cast

from pydantic import JsonValue

from agent.edits.fences import fences
from agent.selecting.lettered import outside_fences

_LINE: Final = 4000
"""Characters of a line of an answer that are looked at."""
_SUMMARY: Final = 600
"""Characters of a summary: it goes into further questions."""
_TRIES: Final = 200
"""Brackets that begin no JSON, at most, before it is given up to look for some."""


@dataclass(frozen=True, slots=True)
class Verdict:
    relevant: bool
    summary: str
    """Why, in one line; empty where the model gives no reason."""


_HOW = (
    r"(?:(?:very|highly|directly|strongly|clearly|partially|partly|potentially|possibly|likely|probably|somewhat"
    r"|marginally|indirectly|(?:may|might|could)\s+be)[\s-]+)?"
)
_SAID = (
    rf"(?:(?:(?:not|non|isn['’]t)[\s_-]*{_HOW}relevant|irrelevant|no|false)|(?P<yes>{_HOW}relevant|yes|true))(?!\w)"
    r"(?:\s+(?:to|for)\s+th(?:e|is)\s+issue)?"
)
_LABEL = r"(?:final\s+)?(?:relevance|relevant|is[\s_]relevant|verdict|decision|answer|conclusion|status)[^\w:=?]*+[:=?]"
_CLOSED = r"""[*_`"'”’)\]]*"""
_THEN = rf"(?={_CLOSED}(?:\t|\s*(?:$|[-–—:;.!|(=>→<\[]|because\b)))"
_THEN_MORE = rf"(?={_CLOSED}(?:\t|\s*(?:$|[-–—:;.,!|(=>→<\[]|(?:because|since|as|for|to)\b)))"

_BEFORE_PATH = re.compile(
    r"(?:[^\w>/\\]|\d+(?=[^\w\s]*\s)|(?:file|path)(?:\s?name|\s?path)?s?(?=[^\w\s]*\s|[:=]))*(?<!\.)(?:(?<![.\w])\./)?",
    re.IGNORECASE,
)
_PATH_ENDS = re.compile(r"(?![\w/\\]|[.+-]\w)")
_STRANGER = re.compile(r"(?=[\w@+-]*[./\\])[\w@./\\+-]*+(?<=\w)")
_OF_PATH = re.compile(rf"[\W_]*+(?:(?:is|seems|looks)\s+)?(?:{_LABEL}[\W_]*+)?{_SAID}{_THEN_MORE}", re.IGNORECASE)
_NOTHING_MORE = re.compile(r"[\W_]*+(?:\([^()]*\)[\W_]*+)?")
_PARTED = re.compile(rf"{_CLOSED}\s*[-–—:=,(|→]")
_LABELLED = re.compile(rf"[\W_]*+{_LABEL}[\W_]*+{_SAID}{_THEN_MORE}", re.IGNORECASE)
_BARE = re.compile(rf"[\W_]*+(?:\d+[.)][\W_]*+)?(?:th(?:e|is)\s+file\s+(?:is|seems)\s+)?{_SAID}{_THEN}", re.IGNORECASE)
_HEADING = re.compile(rf"[\W_]*+{_SAID}\s*(?:files?)?\s*(?:\(\d+\))?[\W_]*", re.IGNORECASE)
_SUMMARISED = re.compile(r"[\W_]*+(?:summary|reason|reasoning|why|explanation)[^\w:=]*+[:=]\**", re.IGNORECASE)
_CLOSING = re.compile(rf"{_CLOSED}\s*[-–—:;.,!|=>→\s]*(?:\*+\s+)?")

_THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_JSON = re.compile(r"^[ \t]*([\[{])", re.MULTILINE)
_PATH_KEYS = ("path", "file", "file_path", "filename", "name")
_VERDICT_KEYS = ("relevant", "relevance", "is_relevant", "verdict", "decision")
_SUMMARY_KEYS = ("summary", "reason", "why", "explanation", "reasoning")


def read_verdicts(reply: str, paths: Collection[str]) -> dict[str, Verdict]:
    """The verdicts on these paths that an answer makes clear: said in its own name, and nowhere the contrary.

    It may give a path and a verdict in a line, a path and below it a verdict, a verdict and below it paths, JSON, or,
    asked for one path, a verdict alone.
    """
    reader = _Reader(paths)
    text = _own_words(reply)
    rest: list[str] = []
    after = 0
    for value, begin, end in _json_values(text):
        try:
            about_verdicts = reader.read_json(value)
        except RecursionError:  # a value of hundreds of brackets
            continue
        if about_verdicts:
            rest.append(text[after:begin])
            after = end
    for line in "".join([*rest, text[after:]]).split("\n"):
        reader.read_line(line[:_LINE])
    return reader.verdicts()


def _own_words(reply: str) -> str:
    """An answer without what it may quote: what stands in fences, unless that is all there is."""
    text = _THOUGHT.sub("", reply.replace("\r\n", "\n")).strip()
    found = fences(text.split("\n"))
    if len(found) == 1 and found[0].line == 2 and text.count("\n") <= len(found[0].lines) + 1:
        text = "\n".join(found[0].lines)
    return outside_fences(text)


def _json_values(text: str) -> Iterator[tuple[JsonValue, int, int]]:
    """Each JSON value that begins a line, with where it begins and ends; of a list that is cut, its items."""
    decoder, after, failed = json.JSONDecoder(), 0, 0
    for begin in (match.start(1) for match in _JSON.finditer(text)):
        if failed == _TRIES:
            break
        if begin >= after:
            try:
                value, after = decoder.raw_decode(text, begin)
            except (ValueError, RecursionError):  # no JSON, or a thousand brackets
                failed += 1
                continue
            yield cast("JsonValue", value), begin, after


@dataclass(slots=True)
class _Block:
    """What an answer says in one place, of one path or of none that matters."""

    path: str | None
    beside: bool = False
    """Whether the verdict stands in the path's line or above it: a word below it is none."""
    sealed: bool = False
    """Whether all that follows is summary, whatever it quotes."""
    labelled: list[bool] = field(default_factory=list[bool])
    bare: list[bool] = field(default_factory=list[bool])
    summary: list[str] = field(default_factory=list[str])
    full: bool = False

    @property
    def said(self) -> list[bool]:
        return self.labelled or self.bare

    def take(self, line: str) -> None:
        """One more line below the path."""
        if not line.strip():
            self.full = bool(self.summary)
        elif not self.sealed and (found := _LABELLED.match(line)):
            self._hear(self.labelled, found)
        elif not self.sealed and not self.beside and (found := _BARE.match(line)):
            self._hear(self.bare, found)
        elif found := _SUMMARISED.match(line):
            self.sealed = bool(self.said)
            self.summary, self.full = [line[found.end() :].strip()], False
        elif (self.said or self.summary) and not self.full:
            self.summary.append(line.strip().lstrip("-*• "))

    def _hear(self, said: list[bool], found: re.Match[str]) -> None:
        said.append(found["yes"] is not None)
        if text := _text_after(found):
            self.summary = [text]
        self.full = not text and bool(self.summary)


def _text_after(found: re.Match[str]) -> str:
    text = found.string[found.end() :]
    closing = _CLOSING.match(text)
    return text[closing.end() if closing else 0 :].strip()


class _Reader:
    def __init__(self, paths: Collection[str]) -> None:
        self._paths = sorted(paths, key=len, reverse=True)
        self._only = self._paths[0] if len(self._paths) == 1 else None
        self._first = self._block = _Block(self._only)
        self._blocks: list[_Block] = []
        self._section: bool | None = None

    def verdicts(self) -> dict[str, Verdict]:
        # A verdict before the first path: perhaps each stands above its path, and below is that of the next one.
        above = self._only is None and bool(self._first.said)
        blocks = [block for block in self._blocks if block.said and (block.beside or not above)]
        found: dict[str, Verdict] = {}
        for path in self._paths:
            about = [block for block in blocks if block.path == path] or [self._first]
            said = {one for block in about for one in block.said}
            if about[0].path == path and len(said) == 1:
                summaries = (" ".join(" ".join(block.summary).split()).strip("*_| ") for block in about)
                found[path] = Verdict(said.pop(), next(filter(None, summaries), "")[:_SUMMARY])
        return found

    def read_json(self, value: JsonValue, path: str | None = None) -> bool:
        """Whether that was about verdicts."""
        if isinstance(value, list):
            return bool([one for one in value if self.read_json(one)])  # all of them are read
        if not isinstance(value, dict):
            return False
        fields = {key.lower(): one for key, one in value.items()}
        named, said, why = (
            next((fields[key] for key in keys if key in fields), None)
            for keys in (_PATH_KEYS, _VERDICT_KEYS, _SUMMARY_KEYS)
        )
        if said is None:
            # Nothing asked for, or a wrapping, or verdicts by path.
            inner = [
                self.read_json(one if isinstance(one, dict | list) else {"relevant": one}, key)
                for key, one in value.items()
                if isinstance(one, dict | list) or key in self._paths
            ]
            return any(inner)
        path = named.removeprefix("./") if isinstance(named, str) else path or self._only
        found = _BARE.match(said) if isinstance(said, str) else None
        if path in self._paths and (found or isinstance(said, bool)):
            relevant = found["yes"] is not None if found else bool(said)
            summary = why if isinstance(why, str) else _text_after(found) if found else ""
            self._blocks.append(_Block(path, beside=True, labelled=[relevant], summary=[summary]))
        return True

    def read_line(self, line: str) -> None:
        if line.lstrip().startswith(">"):  # a quotation
            return
        path, end = leading_path(line, self._paths) or (None, 0)
        begun = self._begun_behind(line) if path is None else self._begun(path, line[end:])
        if begun:
            self._block = begun
            self._blocks.append(begun)
        elif path is None and _is_stranger(line):
            self._block = _Block(None)
        elif (found := _HEADING.fullmatch(line)) and (self._section is not None or not self._blocks):
            self._section = found["yes"] is not None
            self._block = _Block(None) if self._only is None or self._blocks else self._first
            self._block.take(line)
        else:
            self._block.take(line)

    def _begun_behind(self, line: str) -> _Block | None:
        """What a line begins that has a path behind a verdict, unless the verdict is on the path before."""
        found = _BARE.match(line)
        if found is None or (self._block.path is not None and not self._block.said):
            return None
        text = _text_after(found)
        path, end = leading_path(text, self._paths) or (None, 0)
        parted = _NOTHING_MORE.fullmatch(text, end) or _PARTED.match(text, end)
        if path is None or parted is None:
            return None
        return _Block(path, beside=True, labelled=[found["yes"] is not None], summary=[text[parted.end() :].strip()])

    def _begun(self, path: str, rest: str) -> _Block | None:
        """What a line begins that begins with a path; None if it only talks of it."""
        if found := _OF_PATH.match(rest):
            text = _text_after(found)
            relevant = found["yes"] is not None
            return _Block(path, beside=True, sealed=bool(text), labelled=[relevant], summary=[text] if text else [])
        parted = _PARTED.match(rest)
        alone = _NOTHING_MORE.fullmatch(rest)
        if not alone and not parted:
            return None
        text = rest[parted.end() :].strip() if parted and not alone else ""
        if self._section is not None:
            return _Block(path, beside=True, labelled=[self._section], summary=[text] if text else [])
        if not alone and path != self._only:
            return _Block(None)  # a verdict below could be about this path or the one before
        block = _Block(path)
        block.take(text)
        return block


def leading_path(line: str, paths: Sequence[str]) -> tuple[str, int] | None:
    """The path with which a line begins, bullets and the like aside, and where it ends; of several, the first."""
    for path in paths:
        begin = line.find(path)
        end = begin + len(path)
        if begin >= 0 and _BEFORE_PATH.fullmatch(line, 0, begin) and _PATH_ENDS.match(line, end):
            return path, end
    return None


def leading_stranger(line: str) -> tuple[str, int] | None:
    """What looks like a path at the beginning of a line, and where it ends."""
    lead = _BEFORE_PATH.match(line)
    token = _STRANGER.match(line, lead.end() if lead else 0)
    return token and (token[0], token.end())


def _is_stranger(line: str) -> bool:
    """Whether a line begins to speak of a path that was not asked for."""
    found = leading_stranger(line)
    rest = line[found[1] :] if found else ""
    return bool(found and (_OF_PATH.match(rest) or _NOTHING_MORE.fullmatch(rest)))
