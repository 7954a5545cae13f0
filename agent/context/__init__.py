"""What must be read of a repository to resolve an issue."""

from agent.context.pack import Context, pack, show_file
from agent.context.rank import RankedFile, rank_files, readable

__all__ = ["Context", "RankedFile", "pack", "rank_files", "readable", "show_file"]
