"""Which files an issue is about."""

from agent.context import RankedFile, pack, rank_files, readable, show_file
from agent.context.words import words

FILES = {
    "shop/cart.py": "class Cart:\n    def total_price(self):\n        return sum(self.prices)\n",
    "shop/discount.py": "def apply_discount(cart, percent):\n    return cart.total_price() * percent\n",
    "tests/test_discount.py": "def test_apply_discount():\n    apply_discount(None, 5)\n",
    "README.md": "A shop with a cart and a discount.\n",
}


def paths(issue: str, files: dict[str, str] = FILES) -> list[str]:
    return [file.path for file in rank_files(issue, files)]


def test_words_split_by_case_and_underscore() -> None:
    """Whole identifiers count, and so do their parts."""
    assert words("parse_HTTPHeader x9") == ["parse_httpheader", "parse", "http", "header", "x9"]


def test_a_traceback_frame_decides() -> None:
    """The file in the traceback comes first, whatever the prose talks about."""
    issue = 'The discount is wrong, discount discount!\n  File "/srv/app/shop/cart.py", line 3, in total_price\n'
    assert paths(issue)[0] == "shop/cart.py"


def test_a_named_definition_decides() -> None:
    """A function named in backticks points to the file that defines it."""
    assert paths("`total_price` is too high")[0] == "shop/cart.py"


def test_a_path_or_module_name_decides() -> None:
    """Paths and dotted names are resolved to files."""
    assert paths("see shop/cart.py please")[0] == "shop/cart.py"
    assert paths("shop.discount.apply_discount rounds badly")[0] == "shop/discount.py"


def test_tests_and_prose_rank_behind_code() -> None:
    """What is edited is rarely a test or a README."""
    assert paths("discount")[0] == "shop/discount.py"


def test_the_order_is_total() -> None:
    """Files without any score come in path order, so that a prefix is the same everywhere."""
    assert paths("zzz", {"b.py": "1", "a.py": "2"}) == ["a.py", "b.py"]
    assert rank_files("anything", {}) == ()


def test_binary_and_oversized_files_are_not_readable() -> None:
    """They would fill a context with nothing."""
    assert readable(b"a\0b") is None
    assert readable(b"x" * (1 << 20)) is None
    assert readable("naïve".encode("latin-1")) == "na�ve"


def test_packing_skips_what_does_not_fit_and_goes_on() -> None:
    """A large file early does not keep smaller ones out."""
    texts = {"big.py": "x" * 4000, "small.py": "y = 1\n"}
    ranked = [RankedFile("big.py", 2.0, ()), RankedFile("small.py", 1.0, ())]
    packed = pack(ranked, texts, budget=100, count=lambda text: len(text) // 4)
    assert packed.paths == ("small.py",)
    assert packed.tokens <= 100


def test_a_fence_is_longer_than_any_inside() -> None:
    """A Markdown file cannot end its own block."""
    assert show_file("a.md", "```\ncode\n```").startswith("a.md\n````\n")
