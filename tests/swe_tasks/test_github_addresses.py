"""Which texts are the address of an issue, and whom to ask for it."""

import pytest

from swe_tasks.github import IssueRef, api_base_of, parse_issue_url

REF = IssueRef("github.com", "octo", "shop", 7)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://github.com/octo/shop/issues/7", REF),
        ("http://www.github.com/octo/shop/issues/7/#issuecomment-1", REF),
        (" https://GitHub.com/octo/shop/issues/7?a=b \n", REF),
        ("https://github.com/octo/shop/pull/7/files", REF),
        ("https://git.example.org:8443/a-b/c.d_e/issues/12", IssueRef("git.example.org:8443", "a-b", "c.d_e", 12)),
        ("https://github.com/octo/shop", None),
        ("https://github.com/octo/shop/issues", None),
        ("https://github.com/octo/shop/issues/x", None),
        ("https://github.com/octo/shop/issues/1234567890", None),
        ("https://github.com/octo/../issues/7", None),
        ("https://user:pw@github.com/octo/shop/issues/7", None),
        ("https://[x/octo/shop/issues/7", None),
        ("see https://github.com/octo/shop/issues/7", None),
        ("octo/shop#7", None),
        ("", None),
    ],
)
def test_address_of_an_issue_is_told_from_other_text(text: str, expected: IssueRef | None) -> None:
    """Only a text that is an address as a whole refers to an issue."""
    assert parse_issue_url(text) == expected


def test_api_of_github_and_of_an_enterprise_server() -> None:
    """The latter has its API below its own host."""
    assert api_base_of("github.com") == "https://api.github.com"
    assert api_base_of("git.example.org:8443") == "https://git.example.org:8443/api/v3"
