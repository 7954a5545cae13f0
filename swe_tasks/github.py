"""Issues on GitHub, through its REST API."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from pydantic import BaseModel, TypeAdapter, ValidationError

from swe_tasks.errors import IssueError, NetworkError

if TYPE_CHECKING:
    import httpx  # only for its types: what it costs is paid when something is fetched

MAX_COMMENTS = 200
MAX_BODY_CHARACTERS = 60_000
MAX_COMMENT_CHARACTERS = 10_000
MAX_COMMENTS_CHARACTERS = 120_000
"""All comments together."""

_PER_PAGE = 100
_REDIRECTS = 5
_ISSUE_PATH = re.compile(
    r"/(?P<owner>[A-Za-z0-9][A-Za-z0-9_-]*)/(?P<repo>(?!\.{1,2}/)[A-Za-z0-9._-]+)"
    r"/(?:issues|pull)/(?P<number>[0-9]{1,9})(?:/.*)?"
)


@dataclass(frozen=True, slots=True)
class IssueRef:
    host: str
    owner: str
    repo: str
    number: int

    @property
    def url(self) -> str:
        return f"https://{self.host}/{self.owner}/{self.repo}/issues/{self.number}"

    @property
    def repository_url(self) -> str:
        return f"https://{self.host}/{self.owner}/{self.repo}"


@dataclass(frozen=True, slots=True)
class Comment:
    author: str
    body: str


@dataclass(frozen=True, slots=True)
class Issue:
    ref: IssueRef
    title: str
    body: str
    author: str
    state: str
    comments: tuple[Comment, ...] = ()
    """From the first on, bounded in number and size."""
    omitted: int = 0
    """Comments that were left out."""


class _User(BaseModel):
    login: str


class _IssueBody(BaseModel):
    title: str
    body: str | None = None
    state: str
    user: _User | None = None
    comments: int = 0
    pull_request: dict[str, object] | None = None


class _CommentBody(BaseModel):
    body: str | None = None
    user: _User | None = None


_COMMENTS = TypeAdapter(list[_CommentBody])


def parse_issue_url(text: str) -> IssueRef | None:
    """What an issue's (or pull request's) web address refers to, or None when the text is something else."""
    text = text.strip()
    if not re.fullmatch(r"https?://\S+", text):
        return None
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    match = _ISSUE_PATH.fullmatch(parts.path.rstrip("/"))
    if match is None or not parts.hostname or "@" in parts.netloc:
        return None
    host = parts.hostname.removeprefix("www.") + (f":{port}" if port else "")
    return IssueRef(host, match["owner"], match["repo"], int(match["number"]))


def api_base_of(host: str) -> str:
    """Where a host's REST API lies: GitHub's own, or that of a GitHub Enterprise server."""
    return "https://api.github.com" if host == "github.com" else f"https://{host}/api/v3"


async def fetch_issue(
    ref: IssueRef,
    *,
    token: str | None,
    client: "httpx.AsyncClient",
    token_host: str = "github.com",  # noqa: S107 - a host's name, no secret
    api_base: str | None = None,
) -> Issue:
    """An issue and its comments. The token is sent only when the issue lies on `token_host`.

    Raises:
        IssueError: not found or private, no access, rate limit, a pull request, or not what GitHub answers.
        NetworkError: no answer, or the server's own failure.
    """
    api = _Api(client, ref, api_base or api_base_of(ref.host), token if ref.host == token_host else None)
    path = f"/repos/{ref.owner}/{ref.repo}/issues/{ref.number}"
    try:
        issue = _IssueBody.model_validate_json(await _get(api, path))
    except ValidationError as error:
        raise _malformed(ref, error) from error
    if issue.pull_request is not None:
        raise IssueError(f"{ref.url} is a pull request; name the issue that it resolves")
    comments = await _comments(api, path, issue.comments)
    return Issue(
        ref=ref,
        title=issue.title,
        body=_bounded(issue.body or "", MAX_BODY_CHARACTERS),
        author=_login(issue.user),
        state=issue.state,
        comments=comments,
        omitted=max(0, issue.comments - len(comments)),
    )


def render_issue(issue: Issue, *, comments: bool = True) -> str:
    """An issue as Markdown, the way a model reads it."""
    parts = [f"# {issue.title.strip()}", issue.body.strip() or "(no description)"]
    if comments:
        parts += [f"## Comment by {comment.author}\n\n{comment.body.strip()}" for comment in issue.comments]
        if issue.omitted:
            parts.append(f"({issue.omitted} more comments are left out.)")
    return "\n\n".join(parts) + "\n"


@dataclass(frozen=True, slots=True)
class _Api:
    client: "httpx.AsyncClient"
    ref: IssueRef
    base: str
    token: str | None


async def _comments(api: _Api, path: str, announced: int) -> tuple[Comment, ...]:
    kept: list[Comment] = []
    room = MAX_COMMENTS_CHARACTERS
    for page in range(1, MAX_COMMENTS // _PER_PAGE + 1 if announced else 1):
        try:
            found = _COMMENTS.validate_json(await _get(api, f"{path}/comments?per_page={_PER_PAGE}&page={page}"))
        except ValidationError as error:
            raise _malformed(api.ref, error) from error
        for comment in found[:_PER_PAGE]:
            body = _bounded(comment.body or "", MAX_COMMENT_CHARACTERS)
            room -= len(body)
            if room < 0:
                return tuple(kept)
            kept.append(Comment(_login(comment.user), body))
        if len(found) < _PER_PAGE:
            break
    return tuple(kept)


async def _get(api: _Api, path: str) -> bytes:
    import httpx

    headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
    if api.token:
        headers["Authorization"] = f"Bearer {api.token}"
    url = api.base.rstrip("/") + path
    for _ in range(_REDIRECTS):
        try:
            answer = await api.client.get(url, headers=headers, follow_redirects=False)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            said = str(error) or type(error).__name__
            raise NetworkError(f"{api.ref.url}: {urlsplit(url).netloc} cannot be reached: {said}") from error
        if not answer.is_redirect:
            break
        # An issue that was moved, or a repository that was renamed. Never to another host, with our token.
        target = urljoin(url, answer.headers.get("Location", ""))
        if urlsplit(target)[:2] != urlsplit(url)[:2]:
            raise IssueError(f"{api.ref.url} was moved to {target}; name the new address")
        url = target
    else:
        raise IssueError(f"{api.ref.url} was redirected more than {_REDIRECTS} times")
    if answer.status_code != 200:
        raise _refusal(api, answer.status_code, answer.headers, answer.text)
    return answer.content


def _refusal(api: _Api, status: int, headers: Mapping[str, str], text: str) -> IssueError:
    url = api.ref.url
    limited = headers.get("x-ratelimit-remaining") == "0" or "retry-after" in headers or "rate limit" in text.lower()
    advice = "" if api.token else "; set GITHUB_TOKEN to a token that may read it"
    if status == 429 or (status == 403 and limited):
        more = "" if api.token else "; set GITHUB_TOKEN, which allows many more requests"
        return IssueError(f"{url}: GitHub's rate limit is reached{_until(headers)}{more}")
    if status == 404:
        return IssueError(f"{url} was not found, or is private{advice or '; the token may not be allowed to see it'}")
    if status == 410:
        return IssueError(f"{url} was deleted, or the repository has no issues")
    if status == 401:
        return IssueError(f"{url}: the token in GITHUB_TOKEN is not valid; renew it, or unset it for public issues")
    if status >= 500:
        return NetworkError(f"{url}: the server failed (HTTP {status}); try again later")
    return IssueError(f"{url}: access was refused (HTTP {status}): {_bounded(text.strip(), 300)}{advice}")


def _until(headers: Mapping[str, str]) -> str:
    after, reset = headers.get("retry-after", ""), headers.get("x-ratelimit-reset", "")
    if after.isdecimal():
        return f"; try again in {after} seconds"
    if reset.isdecimal() and len(reset) <= 11:
        return f" until {datetime.fromtimestamp(int(reset), UTC):%Y-%m-%d %H:%M:%S} UTC"
    return ""


def _malformed(ref: IssueRef, error: ValidationError) -> IssueError:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "the answer"
    return IssueError(f"{ref.url}: the answer is not what GitHub's API gives ({where}: {first['msg']})")


def _login(user: _User | None) -> str:
    return user.login if user else "ghost"


def _bounded(text: str, limit: int) -> str:
    text = text.replace("\r\n", "\n")
    return text if len(text) <= limit else f"{text[:limit]}\n\n({len(text) - limit} more characters are left out.)"
