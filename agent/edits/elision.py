"""Placeholders: where a model writes `# ... rest unchanged ...` instead of code."""

import re
from collections.abc import Iterable, Sequence

_MARKS = re.compile(r"^(?:#+|//+!?|/\*+|\*+/?|--+|<!--|;+|%+|\{/\*)\s*|\s*(?:\*+/\}?|-->)$")
_DOTS = r"(?:\.{3,}|…)"
_CODE = (
    r"(?:\w+ )?(?:code|function|method|class|file|implementation|body|logic|module|script|content|definition|line|"
    r"import|test|field|attribute|part|block|section|stuff)s?"
)
_STAYS = (
    r"(?:remains?|stays?|is|are|continues?|goes?|left|kept)(?: (?:the|as|is|it|was|in|exactly|unchanged|same|here|"
    r"before|above|below|untouched|intact|unmodified|original|omitted|for|brevity|like|this)){1,6}"
)
_TAIL = (
    rf"(?: (?:here|unchanged|{_STAYS}|as (?:before|is|above|it was)|"
    r"omitted.{0,20}|elided|truncated|follows?|below|above|for brevity|as in the original|not shown|the same|"
    r"same)){0,3}"
)
_LEAD = r"(?:(?:keep|and|then|the|all|your|any) ){0,3}"
_STRONG = re.compile(
    rf"{_LEAD}(?:rest|remainder) of (?:the |your |this )?{_CODE}{_TAIL}|"
    rf"{_LEAD}(?:existing|remaining|unchanged|original|previous|omitted) {_CODE}{_TAIL}|"
    rf"(?:the )?(?:rest|{_CODE}) (?:remains?|stays?|is|are) (?:the )?(?:same|unchanged|as (?:before|is)|omitted)"
    rf"(?: (?:as (?:before|above)|in the original|here|for brevity)){{0,3}}|"
    rf"(?:the )?rest{_TAIL}|"
    rf"(?:same|exactly) as (?:before|above|(?:in )?the original)|"
    rf"(?:other|more) {_CODE}{_TAIL}|"
    rf"(?:code|implementation|body|logic) (?:is )?(?:omitted|elided|truncated|unchanged|not shown).{{0,30}}|"
    rf"your (?:code|implementation|logic) (?:goes )?here|unchanged|no changes?(?: (?:here|needed|below|above))?|snip"
)
_WEAK = re.compile(
    r"\b(?:rest|existing|remain\w*|unchanged|other|same|previous|original|omitted|code|implementation|logic|"
    r"methods?|functions?|body|snip|continues?|as before)\b"
)
_LONGEST = 120
_COMMENT = re.compile(r"\s*(#(?!!)|//|/\*|\*(?!\*)|--\s|<!--|;|%|\{/\*)")
_PROSE = re.compile(r"\.(?:md|markdown|rst|txt|adoc|org|tex|html?|csv|tsv|json|ya?ml|ipynb)$", re.IGNORECASE)


def is_placeholder(comment: str) -> bool:
    """Whether a comment, marks and all, stands for code that was left out."""
    text = comment.strip()
    if len(text) > _LONGEST or "\n" in text:
        return False
    text = _MARKS.sub("", text).strip().lower()
    if re.fullmatch(rf"[\[(<{{]*\s*{_DOTS}\s*[\])>}}]*", text):
        return True
    bare = re.sub(rf"^(?:{_DOTS}|[\s\[({{<])+|(?:{_DOTS}|[\s\])}}>.:,!])+$", "", text)
    bare = re.sub(r"[()\[\],;:]", " ", bare)
    bare = " ".join(bare.split())
    dotted = re.match(rf"[\[(<{{]*\s*{_DOTS}", text) is not None
    return bool(_STRONG.fullmatch(bare)) or (dotted and bool(_WEAK.search(bare)))


def is_ellipsis(line: str) -> bool:
    line = line.strip()
    # Files that are shown in part have such a line for each gap.
    return line in {"...", "…", "....", "[...]"} or line.startswith("⋮")


def placeholder_rows(lines: Sequence[str], comments: Iterable[tuple[int, str]], known: frozenset[str]) -> set[int]:
    """Rows that stand for code left out. `known` are the original's lines, stripped: what was there stays."""
    rows = {row for row, comment in comments if is_placeholder(comment)}
    rows |= {row for row, line in enumerate(lines) if is_ellipsis(line)}
    return {row for row in rows if row < len(lines) and lines[row].strip() not in known}


def placeholder_line(lines: Sequence[str], known: frozenset[str], path: str) -> int | None:
    """The first row of a whole file that stands for text left out, in any language."""
    prose = _PROSE.search(path) is not None
    for row, line in enumerate(lines):
        text = line.strip()
        if not text or text in known:
            continue
        comment = _COMMENT.match(line) and not (prose and text[0] in "#;%*-")
        if (comment and is_placeholder(text)) or (not prose and _bare_ellipsis(lines, row)):
            return row
    return None


def _bare_ellipsis(lines: Sequence[str], row: int) -> bool:
    """An ellipsis that is not the whole body of a stub."""
    if not is_ellipsis(lines[row]):
        return False
    above = next((line.rstrip() for line in reversed(lines[max(0, row - 5) : row]) if line.strip()), "")
    indented = lines[row][:1].isspace()
    return not (indented and above.endswith((":", '"""', "'''", '"', "'")))
