"""The addresses that settings own.

Each function returns the address as it is used; ValueError says what was expected where it is none.
"""

import re
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f]")


def _split(text: str, schemes: tuple[str, ...], expected: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        sound = parts.port != 0
    except ValueError:
        raise ValueError(expected) from None
    if not sound or _UNPRINTABLE.search(text) or parts.scheme not in schemes:
        raise ValueError(expected)
    return parts


def http_address(text: str) -> str:
    """Return an `http://` or `https://` address with a host."""
    expected = "an http:// or https:// address with a host"
    if not _split(text, ("http", "https"), expected).hostname:
        raise ValueError(expected)
    return text


def redis_address(text: str) -> str:
    """Return a `redis://`, `rediss://` (with a host) or `unix://` (with a path) address."""
    expected = "redis://host, rediss://host or unix:///path"
    parts = _split(text, ("redis", "rediss", "unix"), expected)
    if not (parts.path if parts.scheme == "unix" else parts.hostname):
        raise ValueError(expected)
    return text


def database_address(text: str, directory: Path) -> str:
    """Return SQLAlchemy's address of a SQLite file (a relative one is below `directory`) or of a PostgreSQL database.

    `postgres://` (Heroku's form) and `postgresql://` become `postgresql+psycopg://`.
    """
    expected = "postgresql://user:password@host/name or sqlite:///path/to/file.db"
    scheme = _split(text, ("sqlite", "postgres", "postgresql", "postgresql+psycopg"), expected).scheme
    if scheme == "sqlite":
        return _sqlite_address(text, directory)
    return "postgresql+psycopg:" + text.partition(":")[2]


def _sqlite_address(text: str, directory: Path) -> str:
    path, question, query = text.removeprefix("sqlite:///").partition("?")
    if not text.startswith("sqlite:///") or not path or path.startswith((":memory:", "file:")):
        raise ValueError("a SQLite file, sqlite:///path/to/file.db: every process opens it, so it cannot be in memory")
    return f"sqlite:///{directory / path}{question}{query}"


def smtp_address(text: str) -> SplitResult:
    """Return the parts of an `smtp://` (STARTTLS) or `smtps://` (TLS from the start) address with a host."""
    expected = "smtp://user:password@host:port or smtps://user:password@host:port"
    parts = _split(text, ("smtp", "smtps"), expected)
    if not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(expected)
    return parts


def sentry_address(text: str) -> str:
    """Return a Sentry DSN: an http(s) address whose user is the key and whose path ends in the project's number."""
    expected = "a Sentry DSN, https://KEY@host/PROJECT"
    parts = _split(text, ("http", "https"), expected)
    if not (parts.hostname and parts.username and parts.path.strip("/")):
        raise ValueError(expected)
    return text


def host_and_port(text: str) -> tuple[str, int]:
    """Return host and port of `host:port` or `[ipv6]:port`."""
    match = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)):([0-9]{1,5})", text)
    if match is None or not 1 <= int(match[3]) <= 65535:
        raise ValueError('"host:port" with a port from 1 to 65535')
    return match[1] or match[2], int(match[3])
