"""What a source file of any known language imports, as it names it; nothing is resolved here."""

import re
from collections.abc import Mapping
from typing import Final

from agent.code.imports import imports_of

_QUOTED = r"[\"'<]([\w@./\\-]{1,200})[\"'>]"
_JAVASCRIPT = re.compile(
    rf"^[ \t]*(?:import|export)\b[^\n;'\"]*(?:\n[^\n;'\"]*){{0,20}}?{_QUOTED}|\b(?:require|import)\(\s*{_QUOTED}",
    re.MULTILINE,
)
_PATTERNS: Final[Mapping[str, re.Pattern[str]]] = {
    "javascript": _JAVASCRIPT,
    "typescript": _JAVASCRIPT,
    "tsx": _JAVASCRIPT,
    "go": re.compile(r'^[ \t]*(?:import[ \t]+)?(?:[\w.]+[ \t]+)?"([\w./-]+/[\w./-]+)"[ \t]*$', re.MULTILINE),
    "java": re.compile(r"^[ \t]*import[ \t]+(?:static[ \t]+)?([\w.]+)", re.MULTILINE),
    "rust": re.compile(r"^[ \t]*(?:pub(?:\([^)]*\))?[ \t]+)?(?:use[ \t]+([\w:]+)|mod[ \t]+(\w+);)", re.MULTILINE),
    "c": re.compile(rf"^[ \t]*#[ \t]*include[ \t]*{_QUOTED}", re.MULTILINE),
    "cpp": re.compile(rf"^[ \t]*#[ \t]*include[ \t]*{_QUOTED}", re.MULTILINE),
    "ruby": re.compile(rf"^[ \t]*(?:require|require_relative|load|autoload[ \t]+:\w+,)[ \t(]*{_QUOTED}", re.MULTILINE),
    "php": re.compile(
        r"^[ \t]*use[ \t]+(?:function[ \t]+|const[ \t]+)?\\?([\w\\]+)"
        rf"|\b(?:require|include)(?:_once)?\b[^;'\"]{{0,40}}{_QUOTED}",
        re.MULTILINE,
    ),
}


def imported(language: str | None, content: bytes) -> tuple[str, ...]:
    """Each import once, in order. Of Python a module with its leading dots, `module:name` where a name is taken
    from one; of other languages what stands in the statement."""
    if language == "python":
        found = imports_of(content)
        named = (f"{'.' * one.dots}{one.module}" + (f":{one.name}" if one.name else "") for one in found)
        return tuple(dict.fromkeys(named))
    pattern = _PATTERNS.get(language or "")
    if pattern is None:
        return ()
    matches = pattern.finditer(content.decode("utf-8", "replace"))
    return tuple(dict.fromkeys(next(group for group in match.groups() if group) for match in matches))
