"""Which files an issue is about."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.trees import indexed, order, ranked

from agent.context.history import prior, together
from agent.context.issue import read_issue
from agent.context.scores import Hits, Postings, bm25, merged
from agent.context.search import by_scores, search
from agent.context.words import split, words

FILES = {
    "shop/__init__.py": "",
    "shop/cart.py": (
        "from shop.money import rounded\n\n\nclass Cart:\n"
        "    def total_price(self):\n        return rounded(sum(self.prices))\n"
    ),
    "shop/discount.py": "def apply_discount(cart, percent):\n    return cart.total_price() * percent\n",
    "shop/money.py": "def rounded(amount):\n    return amount\n",
    "tests/test_discount.py": "def test_apply_discount():\n    apply_discount(None, 5)\n",
    "README.md": "A shop with a cart and a discount.\n",
}  # fmt: skip


def paths(issue: str, files: dict[str, str] = FILES) -> list[str]:
    return order(ranked(issue, files))


def test_words_split_by_case_and_underscore() -> None:
    """Whole identifiers count, and so do their parts."""
    assert words("parse_HTTPHeader x9") == ["parse_httpheader", "parse", "http", "header", "x9"]
    assert split("größe")[0] == "größe"


def test_a_traceback_frame_decides() -> None:
    """The file in the traceback comes first, whatever the prose talks about."""
    issue = 'The discount is wrong!\n\n  File "/srv/app/shop/cart.py", line 3, in total_price\n'
    assert paths(issue)[0] == "shop/cart.py"


def test_a_named_definition_decides() -> None:
    """A function named in backticks points to the file that defines it, not to those that call it."""
    assert paths("`total_price` is too high")[0] == "shop/cart.py"


def test_a_path_or_module_name_decides() -> None:
    """Paths and dotted names are resolved to files."""
    assert paths("see shop/cart.py please")[0] == "shop/cart.py"
    assert paths("shop.discount.apply_discount is bad")[0] == "shop/discount.py"


def test_tests_and_prose_rank_behind_code() -> None:
    """What is edited is rarely a test or a README."""
    assert paths("discount")[0] == "shop/discount.py"


def test_what_the_best_file_imports_is_lifted() -> None:
    """A fix is often one call away; the reason says from where."""
    found = ranked("the total price of a cart is off", FILES)
    place = found.index.paths.index("shop/money.py")
    assert found.scores[place] > 0
    assert "imported by shop/cart.py" in " ".join(found.file(place).reasons)


def test_who_has_the_words_of_an_error_message_is_found() -> None:
    """What a program says stands in its text, filled in or not."""
    files = FILES | {"shop/checks.py": 'def check(x):\n    raise ValueError(f"amount {x} must not be negative")\n'}
    found = ranked("It fails\n\n```\nValueError: amount -3 must not be negative\n```\n", files)
    assert order(found)[0] == "shop/checks.py"
    assert "has the words of an error message" in found.file(found.order[0]).reasons


def test_the_order_is_total() -> None:
    """Files without any score come in path order, so that a prefix is the same everywhere."""
    assert paths("zzz", {"b.py": "1", "a.py": "2"}) == ["a.py", "b.py"]
    assert paths("anything", {}) == []


def test_what_changes_often_comes_first_among_equals() -> None:
    """A weak prior: it decides between equals, and not against words."""
    files = {"a.py": "def total(): ...\n", "b.py": "def total(): ...\n", "c.py": "def other(): ...\n"}
    recent = [["b.py"], ["b.py", "c.py"], ["c.py"]]
    assert order(search(indexed(files), read_issue("total"), recent))[0] == "b.py"
    assert prior(["a.py", "b.py"], [[f"f{number}.py" for number in range(50)] + ["a.py"]]).tolist() == [1.0, 1.0]


def test_what_changed_together_with_the_best_file_is_lifted() -> None:
    """Also a weak prior. What changes with everything says less than what changes with this file alone, a test gains
    nothing, and a sweeping commit says nothing."""
    files = {"a.py": "def total(): ...\n", "b.py": "x = 1\n", "c.py": "y = 1\n", "tests/test_a.py": "z = 1\n"}
    recent = [["a.py", "b.py", "tests/test_a.py"], ["a.py", "b.py"], ["a.py", "c.py"], *[["c.py"]] * 9]
    found = search(indexed(files), read_issue("total"), recent)
    assert order(found)[:2] == ["a.py", "b.py"]
    assert "changed together with a.py" in found.file(found.order[1]).reasons
    scores = np.array([1.0, 0, 0, 0])
    source = np.array([True, True, True, False])
    lifted, reasons = together(list(files), recent, scores, source)
    assert lifted[1] > lifted[2] > 0 == lifted[3]
    assert lifted[0] == 1
    assert set(reasons) == {1, 2}
    wide = [[*files, *(f"f{number}.py" for number in range(50))]]
    assert together(list(files), wide, scores, source)[0].tolist() == scores.tolist()


def test_other_scores_make_another_order() -> None:
    """What a model says is added the same way."""
    found = ranked("discount", FILES)
    wanted = found.index.paths.index("shop/money.py")
    scores = found.scores.copy()
    scores[wanted] = 9
    changed = by_scores(found, scores, {wanted: ("relevant: it rounds",)})
    assert order(changed)[0] == "shop/money.py"
    assert changed.file(wanted).reasons[-1] == "relevant: it rounds"
    assert changed.scores.max() == 1


def test_a_block_of_output_does_not_drown_what_is_said() -> None:
    """Words of output count for little, however often they are printed."""
    output = "\n".join(f"discount {number} percent discount" for number in range(200))
    assert paths(f"Cart total is wrong\n\n```\n{output}\n```\n")[0] == "shop/cart.py"


corpora = st.lists(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=12), min_size=2, max_size=12)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@given(corpus=corpora, query=st.lists(st.sampled_from("abcdefghz"), min_size=1, max_size=5, unique=True))
def test_scores_are_those_of_bm25s(corpus: list[list[str]], query: list[str]) -> None:
    """The library counts each corpus anew; here counts are kept, and the figures are the same."""
    import bm25s

    library = bm25s.BM25(k1=1.2, b=0.75, method="lucene")
    library.index(corpus, show_progress=False)
    known = [word for word in query if any(word in document for document in corpus)]
    expected = library.get_scores(known) if known else np.zeros(len(corpus))
    triples = [(ord(w), n, document.count(w)) for n, document in enumerate(corpus) for w in sorted(set(document))]
    postings = Postings.of(
        np.array([t for t, _, _ in triples], np.uint32),
        np.array([d for _, d, _ in triples], np.int32),
        np.array([c for _, _, c in triples], np.uint16),
    )
    hits = postings.find([ord(word) for word in query])
    lengths = np.array([len(document) for document in corpus], np.float64)
    assert bm25(hits, [1.0] * len(query), lengths) == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_words_of_parts_add_up_to_words_of_files() -> None:
    """A word in two parts of a file stands once in the file, with both counts."""
    hits = Hits(np.array([0, 0, 1]), np.array([0, 1, 2]), np.array([2.0, 3.0, 1.0]))
    found = merged(hits, np.array([0, 0, 1], np.int32))
    assert list(zip(found.word.tolist(), found.document.tolist(), found.count.tolist(), strict=True)) == [
        (0, 0, 5.0),
        (1, 1, 1.0),
    ]


def test_a_part_that_is_named_comes_first_in_its_file() -> None:
    """With its class, or in a traceback; many classes may have a method of that name."""
    body = "    def show(self):\n        return 1\n\n    def other(self):\n        return 'price price price'\n\n"
    files = {"a.py": "".join(f"class C{number}:\n{body}" for number in range(20)), "b.py": "x = 1\n"}
    found = ranked("`C7.show` has a wrong price", files)
    best = max(range(int(found.index.first[-1])), key=lambda part: found.part_scores[part])
    assert found.index.part(best).name == "C7.show"
    assert "defines C7.show" in found.file(found.order[0]).reasons
    traced = ranked('price\n\n  File "/x/a.py", line 3, in show\n', {"a.py": f"class C:\n{body}"})
    best = max(range(int(traced.index.first[-1])), key=lambda part: traced.part_scores[part])
    assert traced.index.part(best).name == "C.show"
