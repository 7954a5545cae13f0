"""Rows of each kind of dataset, invented, with as few fields as will do."""

from collections.abc import Mapping

COMMIT = "0123456789abcdef0123456789abcdef01234567"

CLASSIC: Mapping[str, object] = {
    "instance_id": "shop__cart-7",
    "repo": "shop/cart",
    "base_commit": COMMIT,
    "problem_statement": "The total of an empty cart is None.\n\nIt should be 0.",
    "version": "1.2",
    "created_at": "2024-05-06T07:08:09Z",
    "environment_setup_commit": COMMIT,
    "hints_text": "maintainers talk",
    "patch": "gold",
    "test_patch": "tests",
    "FAIL_TO_PASS": '["tests/test_cart.py::test_empty"]',
    "PASS_TO_PASS": '["tests/test_cart.py::test_one"]',
}
FIVE: Mapping[str, object] = {
    **CLASSIC,
    "image": "registry.example:5000/cart:7",
    "eval_script": "#!/bin/bash\npytest\n",
    "log_parser": "parse_log_pytest",
    "eval_type": "pass_and_fail",
}
MULTIMODAL: Mapping[str, object] = {
    **CLASSIC,
    "image_assets": '{"problem_statement": ["https://images.example/1.png", "https://images.example/2.png"], '
    '"patch": [], "test_patch": []}',
}
LIVE: Mapping[str, object] = {
    **{name: CLASSIC[name] for name in ("instance_id", "repo", "base_commit", "problem_statement", "created_at")},
    "pull_number": "7",
    "all_hints_text": "maintainers talk",
    "test_cmds": ["pytest -rA"],
    "log_parser": "pytest",
    "patch": "gold",
    "test_patch": "tests",
    "FAIL_TO_PASS": ["tests/test_cart.py::test_empty"],
    "PASS_TO_PASS": [],
}
SMITH: Mapping[str, object] = {
    "instance_id": "shop__cart.0123abcd.lm_rewrite__x1y2z3",
    "repo": "swesmith/shop__cart.0123abcd",
    "image_name": "jyangballin/swesmith.x86_64.shop_1776_cart.0123abcd",
    "problem_statement": "The total of an empty cart is None.",
    "patch": "what makes the fault",
    "FAIL_TO_PASS": ["tests/test_cart.py::test_empty"],
    "PASS_TO_PASS": [],
}
GYM: Mapping[str, object] = {
    **{name: value for name, value in CLASSIC.items() if name != "environment_setup_commit"},
    "instance_id": "Project-MONAI__MONAI-7",
    "repo": "Project-MONAI/MONAI",
}
MULTI: Mapping[str, object] = {
    "org": "Shop",
    "repo": "cart",
    "number": 7,
    "state": "closed",
    "title": "Return 0 for an empty cart",
    "body": "how it is solved",
    "base": {"label": "shop:main", "ref": "main", "sha": COMMIT},
    "resolved_issues": [{"number": 5, "title": "Total of an empty cart", "body": "It is None."}],
    "fix_patch": "gold",
    "test_patch": "tests",
    "f2p_tests": {"test_empty": {"run": "FAIL"}},
}
ALL: Mapping[str, Mapping[str, object]] = {
    "classic": CLASSIC, "5.x": FIVE, "multimodal": MULTIMODAL, "live": LIVE, "smith": SMITH, "gym": GYM, "multi": MULTI
}  # fmt: skip


def without(row: Mapping[str, object], *names: str) -> dict[str, object]:
    """The row with some fields left out."""
    return {name: value for name, value in row.items() if name not in names}


def numbered(count: int, row: Mapping[str, object] = CLASSIC) -> list[dict[str, object]]:
    """Rows that differ in their id: shop__cart-1, shop__cart-2, ..."""
    return [{**row, "instance_id": f"shop__cart-{number}"} for number in range(1, count + 1)]
