"""What a secret looks like: the names of keys that hold one, and the shapes of secret values in text.

Every expression is linear: runs are possessive or bounded, so that hostile text cannot make one slow.
"""

import re
from functools import lru_cache

MASK = "***"
KEY_LENGTH = 120
"""Of a longer key only the last characters are judged."""

_COMPOUND = re.compile(r"([a-z0-9])([A-Z])|([A-Z])(?=[A-Z][a-z])")
_KEY = re.compile(
    r"password|passwd|passphrase|credential|authorization|signature|webhook_?url"
    r"|(?:api|private|access|secret|signing|encryption|routing|integration|master)_?key"
    r"|(?:client|app|jwt|shared)_?secret|(?:access|auth|refresh|bearer|csrf|id)_?tokens?(?![a-z])"
    r"|(?:^|_)(?:pwd|pass|secrets?|tokens?|cookies?|sessions?|session_?id|auth|dsn|jwt|bearer|csrf|xsrf)(?:_|$)"
    r"|setcookie"
)
_MEASURE = re.compile(
    r"_(?:counts?|total|type|usage|limits?|budget|price|cost|used|expires|expiry|expires_at|ttl|seconds|ms|length|size"
    r"|age|duration|number|name|at|in|rate|per_\w{1,10})$|^(?:max|min|total|prompt|completion|num|count|input|output)_tokens$"
)
_PLURAL = re.compile(r"(?:^|_)(?:tokens|sessions|cookies|secrets)$")

_SHAPES = (
    # A private key, up to its end or the text's.
    (re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|\Z)", re.S), MASK),
    # scheme://user:password@host; a port after the colon is no password, though an @ may follow further on.
    (re.compile(r"://([^\s:/?#]{0,256}+):(?!\d{1,5}(?:[/?#\s\"',}\])]|$))\S{0,512}@"), rf"://\1:{MASK}@"),
    # scheme://token@host
    (re.compile(r"://[A-Za-z0-9_-]{16,256}+(?=@)"), f"://{MASK}"),
    (re.compile(r"\b((?i:bearer)\s{1,8})[^\s,;\"']{6,}+"), rf"\1{MASK}"),
    (re.compile(r"\b((?i:basic)\s{1,8})(?=[a-z]{0,512}+[A-Z0-9+/=])[A-Za-z0-9+/=_-]{6,}+"), rf"\1{MASK}"),
    (re.compile(r"(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{8,}+(?:\.[A-Za-z0-9_-]*+)*+"), MASK),
    (re.compile(r"(?<![A-Z0-9])A[KS]IA[A-Z0-9]{16}(?![A-Z0-9])"), MASK),
    (re.compile(r"(?<![A-Za-z0-9])(?:sk-|[rsp]k_live_|gh[opsu]_|github_pat_|glpat-)[A-Za-z0-9_-]{16,}+"), MASK),
    (re.compile(r"\bxox[a-z]-[A-Za-z0-9-]{8,}+"), MASK),
    (re.compile(r"(hooks\.slack\.com|discord(?:app)?\.com/api/webhooks)/[^\s\"'<>]++"), rf"\1/{MASK}"),
    (
        re.compile(r"(?im)\b((?:set-)?cookie|(?:proxy-)?authorization)(\s{0,3}:\s{0,3})(?![\"'])[^\r\n\"']++"),
        rf"\1\2{MASK}",
    ),
)
_PAIR = re.compile(r"(?<![\w.-])([\w.-]++)[\\\"'\]]{0,4}\s{0,3}(?:=>?|:=?|%3[dD])\s{0,3}")
_VALUE = re.compile(
    r"\\\"(?:[^\"\\]|\\[^\"])*+(?:\\\")?|[bru]{0,2}\"(?:[^\"\\]|\\.)*+\"?|[bru]{0,2}'(?:[^'\\]|\\.)*+'?|[^\s&;\"'<>]++",
    re.S,
)

# Text without any of these holds nothing that the expressions above, or a key's name, could find.
_HINTS = (
    "@", "pass", "pwd", "secret", "token", "key", "auth", "cookie", "session", "dsn", "jwt", "credential", "bearer",
    "basic", "eyj", "akia", "asia", "sk-", "k_live_", "ghp_", "gho_", "ghs_", "ghu_", "github_pat_", "glpat-", "xox",
    "webhook", "slack", "signature", "csrf", "xsrf",
)  # fmt: skip
# None of them is made of these alone.
_NUMBER = re.compile(r"[0-9a-f-]*+")
is_number = _NUMBER.fullmatch
"""Returns a match of a text of nothing but hexadecimal digits and dashes, such as the id that stands in every line."""


def may_hide(text: str) -> bool:
    """Return whether `text` is worth searching; False is certain, True is not."""
    if is_number(text):
        return False
    lowered = text.lower()
    for hint in _HINTS:  # noqa: SIM110 - any() with a generator costs twice as much on every line
        if hint in lowered:
            return True
    return False


def names_secret(key: str, value: object = "") -> bool:
    """Return whether a key so named holds a secret: `api-key`, `dbPassword`, `HTTP_COOKIE`, but not `token_count`.

    A bool or None is never one; a number under a plural (`tokens`) is a count.
    """
    if value is None or isinstance(value, bool) or not _judged(key[-KEY_LENGTH:]):
        return False
    return not (isinstance(value, int | float) and _PLURAL.search(key[-KEY_LENGTH:].lower()))


@lru_cache(maxsize=2048)
def _judged(key: str) -> bool:
    words = _COMPOUND.sub(r"\1\3_\2", key).lower().replace("-", "_").replace(".", "_").replace(" ", "_")
    return _KEY.search(words) is not None and _MEASURE.search(words) is None


def mask_text(text: str) -> str:
    """Return `text` with everything in it that looks like a secret masked; user and host of an address stay."""
    if not may_hide(text):
        return text
    for shape, replacement in _SHAPES:
        text = shape.sub(replacement, text)
    return _mask_pairs(text)


def _mask_pairs(text: str) -> str:
    """Mask the values in `password=...`, `"token": "..."` and the like."""
    pieces, done = [], 0
    for pair in _PAIR.finditer(text):
        # A key inside a value that is masked already is gone with it.
        if pair.start() < done or not names_secret(pair[1]):
            continue
        value = _VALUE.match(text, pair.end())
        if value is not None:
            pieces += [text[done : pair.end()], _masked(value[0])]
            done = value.end()
    return "".join(pieces) + text[done:]


def _masked(value: str) -> str:
    """Return the mask in the quotes, if any, that `value` began with: masked JSON stays JSON."""
    quote = next((mark for mark in ('\\"', '"', "'") if value.lstrip("bru").startswith(mark)), "")
    return f"{quote}{MASK}{quote}"
