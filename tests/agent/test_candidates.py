"""Candidates out of patches and trees, one for each thing said."""

from itertools import permutations

import pytest
from support.git_repository import make_repository

from agent.candidates import External, Refused, from_patches, from_trees
from selection import Candidate
from swe_tasks import BaseTree, FileChange, materialise_local
from swe_tasks.edits import diff, text_diff, write_tree

CART = "import math\n\n\ndef total(items):\n    return sum(items)\n"
FILES: dict[str, str | bytes] = {
    "shop/__init__.py": "",
    "shop/cart.py": CART,
    "shop/run.sh": "echo\n",
    "README.md": "Shop\n",
    "tests/test_cart.py": "",
}
FIX = CART.replace("sum(items)", "math.fsum(items)")
FIX_WITH_WORDS = FIX.replace("    return", "    # Exactly.\n\n    return").replace(
    "(items)\n", "(\n        items\n    )\n"
)
OTHER = CART.replace("sum(items)", "sum(items, 0.0)")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> BaseTree:
    place = tmp_path_factory.mktemp("candidates")
    return materialise_local(make_repository(place / "r", FILES), place / "base", ref=None, uncommitted="refuse")


def tree_of(base: BaseTree, *changes: FileChange) -> str:
    return write_tree(base, changes)


def cart(text: str) -> FileChange:
    return FileChange("shop/cart.py", text.encode())


def test_equal_trees_are_one_candidate_with_all_its_origins(base: BaseTree) -> None:
    """In the order in which they came."""
    tree = tree_of(base, cart(FIX))
    found = from_trees(base, [("trajectory 2", tree), ("trajectory 0", tree)])

    assert found == (Candidate(tree, diff(base, tree), ("trajectory 2", "trajectory 0")),)


def test_equal_syntax_is_one_candidate_and_the_shortest_patch_stands_for_it(base: BaseTree) -> None:
    """The others are its twins."""
    short, long = tree_of(base, cart(FIX)), tree_of(base, cart(FIX_WITH_WORDS))
    found = from_trees(base, [("a", long), ("b", short), ("a", short)])

    assert found == (Candidate(short, diff(base, short), ("a", "b"), twins=(long,)),)


def test_a_file_in_which_only_comments_change_is_not_changed(base: BaseTree) -> None:
    """Beside a change that counts."""
    comment = FileChange("shop/__init__.py", b"# The shop.\n")
    found = from_trees(base, [("a", tree_of(base, cart(FIX), comment)), ("b", tree_of(base, cart(FIX)))])

    assert [candidate.origins for candidate in found] == [("a", "b")]


def test_what_is_stripped_does_not_tell_candidates_apart(base: BaseTree) -> None:
    """It is listed with the candidate."""
    with_test = tree_of(base, cart(FIX), FileChange("tests/test_cart.py", b"assert True\n"))
    with_script = tree_of(base, cart(FIX), FileChange("reproduce.py", b"print()\n"))
    clean = tree_of(base, cart(FIX))

    found = from_trees(base, [("a", with_test), ("b", with_script), ("c", clean)])

    stripped = ("reproduce.py", "tests/test_cart.py")
    assert found == (Candidate(clean, diff(base, clean), ("a", "b", "c"), stripped=stripped),)


@pytest.mark.parametrize(
    "changes",
    [
        (cart(OTHER),),
        (cart(FIX), FileChange("shop/run.sh", b"echo\n", "executable")),
        (cart(FIX), FileChange("shop/run.sh", None)),
        (cart(FIX), FileChange("shop/run.sh", b"cart.py", "symlink")),
        (cart(FIX), FileChange("README.md", b"A shop\n")),
        (FileChange("shop/basket.py", FIX.encode()), FileChange("shop/cart.py", None)),
    ],
)
def test_whatever_else_differs_is_another_candidate(base: BaseTree, changes: tuple[FileChange, ...]) -> None:
    """Code, modes, deletions, links, documents and names."""
    assert len(from_trees(base, [("a", tree_of(base, cart(FIX))), ("b", tree_of(base, *changes))])) == 2


def test_trees_in_which_nothing_is_left_are_left_out(base: BaseTree) -> None:
    """The base tree, and one that changes tests alone."""
    tests = tree_of(base, FileChange("tests/test_cart.py", b"assert True\n"))
    assert from_trees(base, [("a", base.tree), ("b", tests)]) == ()


def test_patches_become_candidates_or_are_refused_with_a_reason(base: BaseTree) -> None:
    """Each of them one or the other."""
    fix = text_diff(base, tree_of(base, cart(FIX)))
    words = text_diff(base, tree_of(base, cart(FIX_WITH_WORDS), FileChange("test_fix.py", b"1\n")))
    tests = text_diff(base, tree_of(base, FileChange("tests/test_cart.py", b"1\n")))
    externals = [External("a", words), External("b", ""), External("c", fix.rstrip()), External("d", tests)]

    found, refused = from_patches(base, externals)

    assert [(each.origins, each.stripped, len(each.twins)) for each in found] == [(("a", "c"), ("test_fix.py",), 1)]
    assert refused == (
        Refused("b", "the patch is empty"),
        Refused("d", "the patch changes only tests: tests/test_cart.py"),
    )


def test_the_order_of_patches_changes_nothing_but_the_order_of_origins(base: BaseTree) -> None:
    """Neither the candidates' order nor who stands for whom."""
    trees = [tree_of(base, cart(text)) for text in (FIX, FIX_WITH_WORDS, OTHER)]
    wanted = from_trees(base, [(tree[:7], tree) for tree in trees])

    for order in permutations(trees):
        found = from_trees(base, [(tree[:7], tree) for tree in order])
        assert [(c.digest, c.patch, c.twins) for c in found] == [(c.digest, c.patch, c.twins) for c in wanted]
        assert [set(c.origins) for c in found] == [set(c.origins) for c in wanted]


def test_a_patch_that_is_not_text_comes_through(base: BaseTree) -> None:
    """Its bytes are lone surrogates in the text it comes in."""
    patch = diff(base, tree_of(base, FileChange("shop/latin.txt", b"caf\xe9\n")))

    found, refused = from_patches(base, [External("a", patch.decode("utf-8", "surrogateescape"))])

    assert (len(found), refused) == (1, ())
