"""The law of patches: whatever is changed comes back from the patch made of it."""

import pytest
from hypothesis import HealthCheck, given, reject, settings
from support.changes import change_sets
from support.odd_tree import make_odd_tree, round_trip

from swe_tasks import edits
from swe_tasks.basetree import BaseTree
from swe_tasks.errors import PatchError
from swe_tasks.task import FileChange


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> BaseTree:
    return make_odd_tree(tmp_path_factory.mktemp("edits"))


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changes=change_sets())
def test_any_changes_survive_the_way_through_a_patch(base: BaseTree, changes: list[FileChange]) -> None:
    """apply(diff(write(changes))) is write(changes), for every kind of name, content and mode."""
    try:
        edits.write_tree(base, changes)
    except PatchError:
        reject()
    round_trip(base, changes)
