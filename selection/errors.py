"""What can be wrong with a request to select.

SelectionError
  UnknownMethod    there is no selection method of this name
"""


class SelectionError(Exception):
    """Base of this package's errors. Messages say what was wrong and how to mend it."""


class UnknownMethod(SelectionError):
    """There is no selection method of this name."""
