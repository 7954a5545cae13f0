"""What the words around an output say of it."""

import re
from enum import StrEnum


class Verdict(StrEnum):
    WANTED = "wanted"
    UNWANTED = "unwanted"


_WANTED = re.compile(
    r"\bexpect\w*|\bshould (?:be|return|print|give|raise|output|look|produce|evaluate|have been)\b"
    r"|\bcorrect (?:answer|output|result|behaviou?r)\b|\bdesired\b|\bwould (?:be|expect|like)\b|\bit should\b",
    re.IGNORECASE,
)
_UNWANTED = re.compile(
    r"\b(?:I|we|you) (?:get|got|see)\b|\bactual\b|\bthis (?:gives|returns|prints|raises|outputs|yields)\b"
    r"|\b(?:gives|returns|yields|prints|outputs|produces|raises|results in|fails with|crashes with)\b[^.]{0,60}:?\s*$"
    r"|\b(?:wrong|incorrect\w*|broken)\b|\bcurrent (?:output|behaviou?r)\b"
    r"|^(?:the |(?!expect|desired|correct|wanted)\w+ )?(?:error|output)s?:?\s*$"
    r"|\bthe following (?:error|exception|output)\b|\btraceback\b",
    re.IGNORECASE,
)

_GIVES = re.compile(
    r"\s*(?:\w+ ){0,3}(?:gives?|returns?|returning|yields?|prints?|outputs?|produces?|evaluates? to|results? in|raises?"
    r"|is parsed to:?)(?: an?| the)?\s*$"
)
_INSTEAD = re.compile(
    r"\s*(?:\w+,? )?(?:instead of|rather than|but (?:it )?should (?:be|return|give)|not)(?: an?| the)?\s*$"
)
_RIGHTLY = re.compile(r"\bas expected\b|\bcorrectly\b|\bworks\b|\bfine\b")
_SHOULD = re.compile(
    r"\b(?:should (?:be|return|print|give|produce|yield|raise|evaluate to)|expected(?: \w+)?(?: is| was| to be)?)"
    r"(?: an?| the)?:?\s*$",
    re.IGNORECASE,
)


def verdict_of(words: str) -> Verdict | None:
    """What the sentence before an output says of it; None if it says nothing clear."""
    last = words.strip().rsplit("\n", 1)[-1][-200:]
    wanted, unwanted = _WANTED.search(last), _UNWANTED.search(last)
    if (wanted is None) == (unwanted is None):
        return None
    return Verdict.WANTED if wanted else Verdict.UNWANTED


def gives(words: str) -> bool:
    """Whether the words stand between an expression and its value."""
    return _GIVES.match(words[-80:]) is not None or bool(_RIGHTLY.search(words) and _GIVES.search(words[-30:]))


def gives_rightly(words: str) -> bool:
    return _RIGHTLY.search(words) is not None


def instead(words: str) -> bool:
    """Whether the words stand between a wrong value and the right one."""
    return _INSTEAD.match(words) is not None


def should_give(words: str) -> bool:
    """Whether the words announce a value that is wanted."""
    return _SHOULD.search(words) is not None
