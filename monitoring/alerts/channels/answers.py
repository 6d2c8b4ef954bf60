"""What the other side said, in a form that may be shown: short, on one line, without a secret."""

import email.utils
import re
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from monitoring import clock
from monitoring.logs.redaction import redact_text

LETTERS = 200
LONGEST_WAIT_SECONDS = 3600.0
"""The longest that a server can ask to be left alone: an alert that is older helps nobody."""

_MASK = "***"
_LEAST_SECRET_LETTERS = 6


def said(text: str, secrets: Iterable[str] = ()) -> str:
    """Return at most 200 letters of an answer, on one line, with whatever is or looks secret masked."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, _MASK)
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    line = redact_text(line[: 4 * LETTERS])
    return line if len(line) <= LETTERS else line[: LETTERS - 1] + "…"


def secrets_of(address: str) -> set[str]:
    """Return the parts of an address that may be secret: all of it, user, password, each piece of path and query."""
    _, _, rest = address.partition("://")
    parts = urlsplit(address)
    pieces = {address, rest, parts.path, parts.query, parts.username or "", parts.password or ""}
    pieces |= set(re.split(r"[/?&=;]", f"{parts.path}?{parts.query}"))
    pieces |= {unquote(piece) for piece in pieces}
    return {piece for piece in pieces if len(piece) >= _LEAST_SECRET_LETTERS}


def wait_seconds(retry_after: str | None) -> float | None:
    """Return the seconds that a `Retry-After` (RFC 9110, 10.2.3) asks for, at most an hour; None where it does not."""
    text = (retry_after or "").strip()
    if re.fullmatch("[0-9]{1,9}", text):
        return min(float(text), LONGEST_WAIT_SECONDS)
    try:
        at = email.utils.parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(0.0, at - clock.now()), LONGEST_WAIT_SECONDS)
