"""What may be shown of a value: text as written, with whatever looks like a credential masked."""

import json
import re
from collections.abc import Iterable
from datetime import date, time
from typing import Any

MASK = "••••••"

_SHOWN_CHARACTERS = 100
_MOST_CHARACTERS = 2000
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)(\S*)")
_SECRET_KEY = re.compile(
    r"pass(word|wd|phrase)?|secret|token|credential|cookie|signature|session|dsn|(api|access|private)[-_]?key"
    r"|(^|[-_])(auth|key|jwt|pwd)([-_]|$)|authoriz",
    re.IGNORECASE,
)
_ASSIGNED = re.compile(
    r"""((?:pass(?:word|wd|phrase)?|secret|token|api[-_]?key|access[-_]?key|authorization|credential|pwd)"""
    r"""[\w-]*["']?\s*[:=]\s*["']?)(?!\$\{)((?:bearer|basic|token)\s+)?[^\s"'&,;]+""",
    re.IGNORECASE,
)
_BEARER = re.compile(r"\b(bearer|basic)\s+(?!\$\{)[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE)
_KNOWN = re.compile(
    r"\b(?:sk|pk|rk|ghp|gho|ghs|github_pat|glpat|xox[abprs])[-_][A-Za-z0-9_-]{8,}|\b(?:AKIA|ASIA)[A-Z0-9]{12,}"
)
_RANDOM = re.compile(
    r"\b(?:[0-9a-fA-F]{32,}|(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*[0-9])[A-Za-z0-9_-]{20,}(?:\.[A-Za-z0-9_-]+)*)\b"
)


def is_secret_key(key: str) -> bool:
    """Return whether what stands under `key` (a header, a variable, a table's key) is better not shown."""
    return _SECRET_KEY.search(key) is not None


def masked_text(text: str) -> str:
    """Return `text` with addresses' credentials, bearer tokens, assigned passwords and random strings masked."""
    if len(text) > _MOST_CHARACTERS:
        return f"({len(text)} characters)"
    text = _ADDRESS.sub(lambda match: match[1] + _masked_rest(match[2]), text)
    text = _BEARER.sub(rf"\1 {MASK}", text)
    text = _ASSIGNED.sub(lambda match: f"{match[1]}{match[2] or ''}{MASK}", text)
    return _RANDOM.sub(MASK, _KNOWN.sub(MASK, text))


def masked_address(text: str) -> str:
    """Return the address with its user's password and the values of its query masked, also where it is malformed."""
    scheme, separator, rest = text.partition("://")
    if separator:
        return masked_text(scheme + separator + _masked_rest(rest))
    _, at, rest = text.rpartition("@")
    path, question, query = rest.partition("?")
    return masked_text((MASK + at if at else "") + path + (question + _masked_query(query) if question else ""))


def _masked_rest(rest: str) -> str:
    """Mask what follows `://`; a password may hold `/`, `?` and `@`, so the last `@` is taken where there is one."""
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    port = authority.rpartition("]")[2].partition(":")[2]
    user = ""
    if "@" in authority or ("@" in rest and port and not port.isdigit()):
        user, _, rest = rest.rpartition("@")
        user = _masked_user(user) + "@"
    elif port and (authority.startswith(":") or not port.isdigit()):  # a password whose host was forgotten
        return f"{authority.partition(':')[0]}:{MASK}"
    path, question, query = rest.partition("?")
    return user + path + (question + _masked_query(query) if question else "")


def _masked_user(user: str) -> str:
    name, colon, password = user.partition(":")
    return f"{masked_text(name)}:{MASK}" if colon and (password or not name) else MASK


def _masked_query(query: str) -> str:
    pairs = (pair.partition("=") for pair in query.split("&"))
    return "&".join(f"{name}={MASK}" if equals else MASK for name, equals, _ in pairs)


def hidden_in(text: str, hidden: Iterable[str]) -> str:
    """Return `text` with each of the values known to be secret masked, the longest first."""
    for value in sorted(hidden, key=len, reverse=True):
        text = text.replace(value, MASK)
    return text


def shown(raw: Any, *, address: bool = False) -> str:
    """Return a TOML value as it would be written, masked, on one line and shortened to 100 characters."""
    text = _shown(raw, masked_address if address else masked_text)
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"


def shown_key(key: str) -> str:
    """Return a key (or a path) bare where it is plain, else quoted; shortened like a value."""
    return key if re.fullmatch(r"[A-Za-z0-9_./-]{1,80}", key) else shown(key)


def _shown(raw: Any, mask: Any) -> str:
    if isinstance(raw, str):
        return _quoted(mask(raw))
    if isinstance(raw, dict):
        pairs = (f"{shown_key(key)} = {_shown_under(key, value, mask)}" for key, value in raw.items())
        return "{ " + ", ".join(pairs) + " }"
    if isinstance(raw, list | tuple):
        return "[" + ", ".join(_shown(item, mask) for item in raw) + "]"
    return _plain(raw)


def _shown_under(key: str, value: Any, mask: Any) -> str:
    return _quoted(MASK) if is_secret_key(key) else _shown(value, mask)


def _quoted(text: str) -> str:
    clean = text.encode("utf-8", "backslashreplace").decode()
    return json.dumps(clean, ensure_ascii=False).replace("\x7f", "\\u007f")


def _plain(raw: Any) -> str:
    if isinstance(raw, bool):
        return str(raw).lower()
    if isinstance(raw, date | time):
        return raw.isoformat()
    if isinstance(raw, int) and raw.bit_length() > 64:
        return "a number of more than 64 bits"
    return str(raw)
