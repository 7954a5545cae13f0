"""Languages whose definitions are found, by file extension: more than those in which edits and syntax are compared."""

from swe_tasks.languages import language_of_path

_OTHERS = {"rb": "ruby", "rake": "ruby", "gemspec": "ruby", "php": "php"}


def outlined_language(path: str) -> str | None:
    """The grammar that finds the definitions of a file; None where there is none."""
    return language_of_path(path) or _OTHERS.get(path.rpartition("/")[2].rpartition(".")[2].lower())
