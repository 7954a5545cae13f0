"""What must be read of a repository to resolve an issue."""

from agent.context.find import find_context, rank_tree
from agent.context.look import Library, look_up
from agent.context.pack import pack
from agent.context.reads import text_of
from agent.context.search import RankedFile, Ranking
from agent.context.shown import Context, Shown, show_file

__all__ = [
    "Context",
    "Library",
    "RankedFile",
    "Ranking",
    "Shown",
    "find_context",
    "look_up",
    "pack",
    "rank_tree",
    "show_file",
    "text_of",
]
