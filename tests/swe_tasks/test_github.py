"""Issues from GitHub's API, asked of a real HTTP server."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from support.github_server import Answer, GitHubServer, github_api

from swe_tasks.errors import IssueError, NetworkError
from swe_tasks.github import (
    MAX_BODY_CHARACTERS,
    MAX_COMMENT_CHARACTERS,
    MAX_COMMENTS,
    MAX_COMMENTS_CHARACTERS,
    Comment,
    Issue,
    IssueRef,
    fetch_issue,
    render_issue,
)

REF = IssueRef("github.com", "octo", "shop", 7)
PATH = "/repos/octo/shop/issues/7"


@pytest.fixture
def server() -> Iterator[GitHubServer]:
    with github_api() as running:
        yield running


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=10, trust_env=False) as open_client:
        yield open_client


def issue_body(**changes: object) -> dict[str, object]:
    plain: dict[str, object] = {
        "title": "Cart loses items", "body": "It does.\r\nReally.", "state": "open", "user": {"login": "ann"},
        "comments": 0, "id": 1,
    }  # fmt: skip
    return plain | changes


def comment_page(server: GitHubServer, page: int, bodies: list[str]) -> None:
    comments = [{"body": body, "user": {"login": "bob"}, "id": 1} for body in bodies]
    server.answers[f"{PATH}/comments?per_page=100&page={page}"] = Answer(comments)


async def fetch(server: GitHubServer, client: httpx.AsyncClient, token: str | None = None) -> Issue:
    return await fetch_issue(REF, token=token, client=client, api_base=server.base)


async def test_issue_with_comments(server: GitHubServer, client: httpx.AsyncClient) -> None:
    """Title, text, author, state and comments, with plain line ends."""
    server.answers[PATH] = Answer(issue_body(comments=2))
    comment_page(server, 1, ["Me too.", "Fixed?"])

    issue = await fetch(server, client)

    assert issue == Issue(
        REF,
        "Cart loses items",
        "It does.\nReally.",
        "ann",
        "open",
        (Comment("bob", "Me too."), Comment("bob", "Fixed?")),
    )


async def test_issue_without_text_or_author(server: GitHubServer, client: httpx.AsyncClient) -> None:
    """Both are null for an empty description and a deleted account."""
    server.answers[PATH] = Answer(issue_body(body=None, user=None))

    issue = await fetch(server, client)

    assert (issue.body, issue.author) == ("", "ghost")
    assert [path for path, _ in server.requests] == [PATH]


async def test_comments_are_fetched_page_by_page(server: GitHubServer, client: httpx.AsyncClient) -> None:
    """A full page is followed by the next one, in order."""
    server.answers[PATH] = Answer(issue_body(comments=101))
    comment_page(server, 1, [str(number) for number in range(100)])
    comment_page(server, 2, ["100"])

    issue = await fetch(server, client)

    assert [comment.body for comment in issue.comments] == [str(number) for number in range(101)]


async def test_comments_are_bounded_in_number(server: GitHubServer, client: httpx.AsyncClient) -> None:
    """The first ones are kept, and how many are left out is known."""
    server.answers[PATH] = Answer(issue_body(comments=1000))
    for page in (1, 2):
        comment_page(server, page, ["x"] * 100)

    issue = await fetch(server, client)

    assert (len(issue.comments), issue.omitted) == (MAX_COMMENTS, 1000 - MAX_COMMENTS)


async def test_texts_are_bounded_in_size(server: GitHubServer, client: httpx.AsyncClient) -> None:
    """Each text is cut with a note, and all comments together have a limit."""
    server.answers[PATH] = Answer(issue_body(body="b" * (MAX_BODY_CHARACTERS + 5), comments=50))
    comment_page(server, 1, ["c" * (MAX_COMMENT_CHARACTERS * 2)] * 50)

    issue = await fetch(server, client)

    assert issue.body.endswith("(5 more characters are left out.)")
    assert sum(len(comment.body) for comment in issue.comments) <= MAX_COMMENTS_CHARACTERS
    assert 0 < len(issue.comments) == 50 - issue.omitted


async def test_token_is_sent_to_the_host_it_is_for(server: GitHubServer, client: httpx.AsyncClient) -> None:
    """And to no Enterprise server that an address happens to name."""
    server.answers[PATH] = Answer(issue_body())
    other = IssueRef("git.example.org", "octo", "shop", 7)

    await fetch(server, client, token="ghp_secret")
    await fetch_issue(other, token="ghp_secret", client=client, api_base=server.base)
    await fetch_issue(other, token="ghs_other", client=client, api_base=server.base, token_host="git.example.org")
    await fetch(server, client)

    sent = [headers.get("authorization") for _, headers in server.requests]
    assert sent == ["Bearer ghp_secret", None, "Bearer ghs_other", None]


@pytest.mark.parametrize(
    ("answer", "token", "words"),
    [
        (Answer({"message": "Not Found"}, 404), None, r"not found, or is private; set GITHUB_TOKEN"),
        (Answer({"message": "Not Found"}, 404), "t", r"not found, or is private; the token may not be allowed"),
        (Answer({"message": "Bad credentials"}, 401), "t", r"GITHUB_TOKEN is not valid"),
        (Answer({"message": "gone"}, 410), None, r"was deleted"),
        (Answer({"message": "Resource protected by SSO"}, 403), "t", r"access was refused.*SSO"),
        (
            Answer({}, 403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1700000000"}),
            None,
            r"rate limit is reached until 2023-11-14 22:13:20 UTC; set GITHUB_TOKEN",
        ),
        (Answer({}, 429, {"retry-after": "30"}), "t", r"rate limit is reached; try again in 30 seconds$"),
        (Answer({"message": "secondary rate limit"}, 403), None, r"rate limit is reached; set GITHUB_TOKEN"),
        (Answer(issue_body(pull_request={"url": "x"})), None, r"is a pull request"),
        (Answer(b"<html>"), None, r"not what GitHub's API gives \(the answer: Invalid JSON"),
        (Answer({"title": 3, "state": "open"}), None, r"not what GitHub's API gives \(title: "),
        (Answer([]), None, r"not what GitHub's API gives"),
    ],
)
async def test_what_keeps_an_issue_away_is_said(
    server: GitHubServer, client: httpx.AsyncClient, answer: Answer, token: str | None, words: str
) -> None:
    """Each with what mends it; none is taken for a network failure."""
    server.answers[PATH] = answer

    with pytest.raises(IssueError, match=words) as caught:
        await fetch(server, client, token=token)

    assert not isinstance(caught.value, NetworkError)
    assert REF.url in str(caught.value)


async def test_malformed_comments_are_an_error(server: GitHubServer, client: httpx.AsyncClient) -> None:
    """They are not passed over."""
    server.answers[PATH] = Answer(issue_body(comments=1))
    server.answers[f"{PATH}/comments?per_page=100&page=1"] = Answer([{"body": 5}])

    with pytest.raises(IssueError, match=r"0\.body"):
        await fetch(server, client)


async def test_servers_own_failure_is_a_network_error(server: GitHubServer, client: httpx.AsyncClient) -> None:
    """Trying again may help."""
    server.answers[PATH] = Answer(b"oops", 502)

    with pytest.raises(NetworkError, match="HTTP 502"):
        await fetch(server, client)


async def test_no_answer_is_a_network_error(client: httpx.AsyncClient) -> None:
    """A closed port, without a trace of httpx's own classes."""
    with pytest.raises(NetworkError, match=r"127\.0\.0\.1:1 cannot be reached"):
        await fetch_issue(REF, token=None, client=client, api_base="http://127.0.0.1:1")


async def test_moved_issue_is_followed_on_its_host(server: GitHubServer, client: httpx.AsyncClient) -> None:
    """A renamed repository answers with a redirection within the API."""
    server.answers[PATH] = Answer(None, 301, {"Location": "/repositories/1/issues/7"})
    server.answers["/repositories/1/issues/7"] = Answer(issue_body())

    assert (await fetch(server, client, token="t")).title == "Cart loses items"
    assert server.requests[-1][1]["authorization"] == "Bearer t"


async def test_redirection_to_another_host_is_not_followed(server: GitHubServer, client: httpx.AsyncClient) -> None:
    """The token stays here."""
    with github_api() as other:
        server.answers[PATH] = Answer(None, 302, {"Location": f"{other.base}{PATH}"})
        with pytest.raises(IssueError, match="was moved to"):
            await fetch(server, client, token="t")
        assert other.requests == []


async def test_redirection_in_a_circle_ends(server: GitHubServer, client: httpx.AsyncClient) -> None:
    """After a few steps."""
    server.answers[PATH] = Answer(None, 302, {"Location": PATH})

    with pytest.raises(IssueError, match="redirected more than"):
        await fetch(server, client)


def test_issue_as_markdown() -> None:
    """Title, text and comments; what was left out is said."""
    issue = Issue(REF, "Cart loses items", "It does.\n", "ann", "open", (Comment("bob", "Me too."),), omitted=3)

    assert render_issue(issue) == (
        "# Cart loses items\n\nIt does.\n\n## Comment by bob\n\nMe too.\n\n(3 more comments are left out.)\n"
    )
    assert render_issue(issue, comments=False) == "# Cart loses items\n\nIt does.\n"


def test_issue_without_text_as_markdown() -> None:
    """A title alone is an issue, too."""
    assert render_issue(Issue(REF, "T", " ", "a", "open")) == "# T\n\n(no description)\n"
