"""Programming languages whose syntax can be told, by file extension and by the tag of a fenced block."""

_EXTENSIONS = {
    "python": "py pyi pyw",
    "javascript": "js jsx mjs cjs",
    "typescript": "ts mts cts",
    "tsx": "tsx",
    "go": "go",
    "rust": "rs",
    "java": "java",
    "c": "c h",
    "cpp": "cc cpp cxx c++ hh hpp hxx h++ cu",
}
_TAGS = {
    "python": "python python3 py3 python2 starlark",
    "javascript": "javascript node",
    "typescript": "typescript",
    "go": "golang",
    "rust": "rust",
}
_BY_EXTENSION = {each: name for name, listed in _EXTENSIONS.items() for each in listed.split()}
_BY_TAG = {**_BY_EXTENSION, **{each: name for name, listed in _TAGS.items() for each in listed.split()}}
_RELATED = ({"javascript", "typescript", "tsx"}, {"c", "cpp"})


def language_of_path(path: str) -> str | None:
    return _BY_EXTENSION.get(path.rpartition(".")[2].lower()) if "." in path else None


def language_of_info(info: str) -> str | None:
    """Of the first word of the line that opens a fence."""
    word = info.strip().strip("{}.").replace(":", " ").split(" ")[0].lower()
    return _BY_TAG.get(word)


def related(one: str, other: str) -> bool:
    """Whether code tagged as one may be meant for a file in the other."""
    return one == other or any({one, other} <= family for family in _RELATED)
