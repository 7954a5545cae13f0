"""Hand-written matrices, then the laws that hold for every matrix."""

from hypothesis import given
from hypothesis import strategies as st

from selection import Candidate, Outcome, OutcomeMatrix, TestScript, choose_by_votes, outcome_of

LETTERS = {"s": Outcome.SOLVED, "u": Outcome.UNSOLVED, "b": Outcome.BROKEN}


def matrix(base: str, rows: dict[str, str], lengths: dict[str, int] | None = None) -> OutcomeMatrix:
    """`base` and each row hold a letter a script: s(olved), u(nsolved), b(roken), `.` = not run."""
    scripts = tuple(TestScript(f"t{i}", "", ()) for i in range(len(base)))
    candidates = tuple(Candidate(name, b"x" * (lengths or {}).get(name, 9), ()) for name in rows)
    return OutcomeMatrix(
        candidates,
        scripts,
        {f"t{i}": LETTERS[letter] for i, letter in enumerate(base) if letter != "."},
        {(name, f"t{i}"): LETTERS[c] for name, row in rows.items() for i, c in enumerate(row) if c != "."},
    )


def test_most_votes_win() -> None:
    """The candidate that most valid scripts accept is chosen."""
    selection = choose_by_votes(matrix("uuu", {"a": "suu", "b": "ssu", "c": "uuu"}))
    assert [(row.candidate.digest, row.votes) for row in selection.ranking] == [("b", 2), ("a", 1), ("c", 0)]
    assert selection.rule == "most votes"
    assert selection.confidence == 1.0


def test_a_script_that_passes_on_the_base_has_no_vote() -> None:
    """A script that says the broken code is right would otherwise vote for every candidate."""
    selection = choose_by_votes(matrix("su", {"a": "su", "b": "us"}))
    assert selection.voting == ("t1",)
    assert selection.winner is not None
    assert selection.winner.digest == "b"


def test_a_script_that_breaks_on_the_base_has_no_vote() -> None:
    """A crash on the base is not the issue shown."""
    assert choose_by_votes(matrix("b", {"a": "s"})).voting == ()


def test_a_script_nothing_passes_has_no_vote() -> None:
    """It cannot tell candidates apart, and lowers nobody's confidence."""
    assert choose_by_votes(matrix("uu", {"a": "su", "b": "uu"})).voting == ("t0",)


def test_a_missing_base_cell_is_no_vote() -> None:
    """Missing data counts for nothing."""
    assert choose_by_votes(matrix(".", {"a": "s"})).voting == ()


def test_ties_go_to_the_shorter_patch_then_the_smaller_digest() -> None:
    """Ties are decided by written rules, never by order of arrival."""
    shorter = choose_by_votes(matrix("u", {"a": "s", "b": "s"}, {"a": 9, "b": 5}))
    smaller = choose_by_votes(matrix("u", {"b": "s", "a": "s"}))
    assert shorter.winner is not None
    assert (shorter.winner.digest, shorter.rule) == ("b", "votes tied: the shorter patch")
    assert smaller.winner is not None
    assert (smaller.winner.digest, smaller.rule) == ("a", "votes and length tied: the smaller digest")


def test_no_candidate_is_a_result() -> None:
    """Nothing to choose from is said, not raised."""
    selection = choose_by_votes(matrix("u", {}))
    assert selection.winner is None
    assert selection.rule == "no candidate"


def test_exit_codes_mean_what_the_contract_says() -> None:
    """0, 2, and everything else."""
    assert [outcome_of(code) for code in (0, 2, 1, 137)] == [
        Outcome.SOLVED,
        Outcome.UNSOLVED,
        Outcome.BROKEN,
        Outcome.BROKEN,
    ]


@st.composite
def matrices(draw: st.DrawFn) -> tuple[str, dict[str, str]]:
    width = draw(st.integers(0, 5))
    row = st.text("sub.", min_size=width, max_size=width)
    return draw(row), draw(st.dictionaries(st.sampled_from("abcdef"), row))


@given(matrices(), st.randoms())
def test_order_never_matters(case: tuple[str, dict[str, str]], random) -> None:
    """Candidates in another order give the same ranking."""
    base, rows = case
    shuffled = list(rows.items())
    random.shuffle(shuffled)
    assert choose_by_votes(matrix(base, rows)).ranking == choose_by_votes(matrix(base, dict(shuffled))).ranking


@given(matrices())
def test_only_two_sided_scripts_vote_and_votes_are_bounded(case: tuple[str, dict[str, str]]) -> None:
    """No candidate has more votes than there are voting scripts, and each voter was seen to fail before."""
    base, rows = case
    selection = choose_by_votes(matrix(base, rows))
    assert all(base[int(name[1:])] == "u" for name in selection.voting)
    assert all(row.votes <= len(selection.voting) for row in selection.ranking)
    assert 0.0 <= selection.confidence <= 1.0
