"""What the address of a model's server says."""

from ipaddress import ip_address
from urllib.parse import urlsplit


def is_address(url: str) -> bool:
    """Whether it is the URL of a server, without a user's name or password: those would be shown with it."""
    parts = urlsplit(url)
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc


def is_loopback(url: str) -> bool:
    """Whether it leads to this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
