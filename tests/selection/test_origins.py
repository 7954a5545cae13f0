"""Which origins are samples of one source."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selection import Candidate
from selection.origins import independent_units, source_of, sources

NAMES = st.sampled_from(["acr", "kk_full_i0", "sweagent_gpt4_0125", "haiku_20260506-082754", "gpt-4.1", "Gru"])
WORDS = st.sampled_from(["run", "Run", "seed", "sample", "attempt", "trial", "rep"])
NUMBERS = st.integers(0, 99_999)
ENDINGS = st.builds(
    "{}{}{}{}".format, st.sampled_from("-_ "), WORDS, st.sampled_from(["", "-", "_", " "]), NUMBERS
) | st.builds(" {}".format, NUMBERS)
PLACES = st.sampled_from(["", " (results/acr.jsonl)", " (a b/c)", " (preds.json)"])


@pytest.mark.parametrize(
    ("origin", "source"),
    [
        ("acr-run-1", "acr"),
        ("sweagent_gpt4_0125_run3", "sweagent_gpt4_0125"),
        ("kk_full_i0_run5", "kk_full_i0"),
        ("acr-run-1 (old/acr.jsonl)", "acr"),
        ("system (path/to/file)", "system"),
        ("fix-run1.diff", "fix"),
        ("run-2.diff", "run"),
        ("team A 3", "team A"),
        ("acr-run-1 2", "acr"),
        ("demo trajectory 0", "demo trajectory"),
        ("cands 4 (old/cands.jsonl)", "cands"),
    ],
)
def test_repeated_runs_are_one_source(origin: str, source: str) -> None:
    """However the number of the run is written."""
    assert source_of(origin) == source


@pytest.mark.parametrize(
    "origin",
    [
        *("gpt-4", "gpt-4.1", "claude-sonnet-4-5", "kk_full_i1c", "agentless_dylanharden3", "20240604_CodeR"),
        *("claude-code_haiku_20260506-082754", "x_run_20260506", "gpt-4 (high)", "a.diff", "prerun3", "run", "run-"),
    ],
)
def test_versions_dates_and_modes_are_parts_of_a_name(origin: str) -> None:
    """They tell systems apart."""
    assert source_of(origin) == origin


@given(NAMES, ENDINGS, PLACES)
def test_any_spelling_of_a_run_leads_to_the_system(name: str, ending: str, place: str) -> None:
    """With and without the file that it was read from; and the system itself is its own source."""
    assert source_of(name + ending + place) == name
    assert source_of(name + place) == source_of(name) == name


@given(st.text(max_size=30), NUMBERS)
def test_a_source_is_never_made_of_nothing(origin: str, number: int) -> None:
    """Any text has a source: a part of it, and none only where there is no text."""
    assert source_of(origin) in origin
    assert bool(source_of(origin)) == bool(origin)
    if origin.strip():
        assert source_of(f"{origin.strip()} {number}") in {origin.strip(), source_of(origin.strip())}


def test_runs_of_one_system_count_less_than_strangers() -> None:
    """Three runs of one system are one source, and two further samples of it."""
    runs = Candidate("a", b"", ("kk_run1", "kk_run2", "kk_run3"))
    strangers = Candidate("b", b"", ("kk", "acr", "CodeR"))
    assert (sources(runs), sources(strangers)) == (1, 3)
    assert independent_units([runs]) == 2.0
    assert independent_units([strangers]) == 3.0
