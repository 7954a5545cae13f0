"""What patches from elsewhere are called: every name is one sample and tells its source."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from agent.candidates import External
from agent.externals.listed import Listed
from agent.externals.names import name_all
from selection import source_of
from swe_tasks.candidate_files import Offered


def offered(*origins: str, task: str = "t") -> tuple[Offered, ...]:
    return tuple(Offered(task, origin, f"patch of {origin}") for origin in origins)


def names(listed: list[Listed], offers: list[tuple[Offered, ...]], known: tuple[str, ...] = ("t",)) -> list[str]:
    return [one.source for one in name_all(listed, offers, known)["t"]]


def test_files_say_what_made_their_patches() -> None:
    """In the order of the files."""
    listed = [Listed(Path("a.jsonl")), Listed(Path("b.jsonl"))]
    assert names(listed, [offered("acr-run-1"), offered("CodeR")]) == ["acr-run-1", "CodeR"]


def test_two_files_that_say_the_same_are_two_samples_of_one_source() -> None:
    """The second is told apart by its place."""
    listed = [Listed(Path("a.jsonl")), Listed(Path("old/a.jsonl"))]
    found = names(listed, [offered("acr"), offered("acr")])
    assert found == ["acr", "acr (old/a.jsonl)"]
    assert {source_of(name) for name in found} == {"acr"}


def test_a_name_that_is_given_once_is_the_source() -> None:
    """Whatever the file says."""
    assert names([Listed(Path("a.jsonl"), "mine")], [offered("acr-run-1")]) == ["mine"]


def test_a_name_that_is_given_several_times_has_samples() -> None:
    """Numbered through all its files; a sample has the same number in every task."""
    listed = [Listed(Path("a"), "mine"), Listed(Path("b")), Listed(Path("c"), "mine")]
    offers = [offered("x 1", "x 2"), offered("mine"), (*offered("y"), *offered("y", task="u"))]
    found = name_all(listed, offers, ("t", "u"))
    assert [one.source for one in found["t"]] == ["mine 1", "mine 2", "mine", "mine 3"]
    assert found["u"] == (External("mine 3", "patch of y"),)


def test_tasks_that_are_not_known_are_left_out() -> None:
    """And one without a patch is there all the same."""
    assert name_all([Listed(Path("a"))], [offered("acr", task="x")], ("t",)) == {"t": ()}


ORIGINS = st.sampled_from(["acr", "acr 1", "acr-run-1", "mine", "mine 1", "x"])
FILES = st.lists(st.tuples(st.sampled_from([None, "mine", "team A"]), st.lists(ORIGINS, unique=True, max_size=4)))


@given(FILES)
def test_no_name_stands_for_two_samples(files: list[tuple[str | None, list[str]]]) -> None:
    """And every patch keeps its place; a source that is named is the source of all its samples."""
    listed = [Listed(Path(f"folder/{number}.jsonl"), name) for number, (name, _) in enumerate(files)]
    offers = [offered(*origins) for _, origins in files]
    found = name_all(listed, offers, ("t",))["t"]
    assert [one.patch for one in found] == [one.patch for offer in offers for one in offer]
    told = [name for name, origins in files for _ in origins]
    assert all(name is None or name == source_of(one.source) for name, one in zip(told, found, strict=True))
    assert len({one.source for one in found}) == len(found)
