"""Edits as models write them: search/replace blocks, whole definitions, whole files.

Pure functions over text and frozen records. tree-sitter is imported when a reply is found to hold code.
"""

from agent.edits.read import read_edit
from agent.edits.records import Edit, EditFormat, Problem, Problems
from agent.edits.render import render_edit, render_problems

__all__ = ["Edit", "EditFormat", "Problem", "Problems", "read_edit", "render_edit", "render_problems"]
