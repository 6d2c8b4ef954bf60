"""A web address: its status, its words, its JSON and its certificate."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import msgspec

from monitoring.health import web
from monitoring.health.check import Answer, NetworkCheck
from monitoring.health.checks.tls import Days, judged
from monitoring.settings.checks import CheckSettings
from monitoring.settings.kinds import Secret, Url
from monitoring.status import Cause, Status

Expected = int | str | tuple[int | str, ...]

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_SHOWN_CHARACTERS = 100
_CHARSET = re.compile(r"""charset\s*=\s*["']?([^\s;"']+)""", re.IGNORECASE)
_BREAKS = re.compile(r"[\x00-\x1f\x7f]")


class HttpSettings(CheckSettings, frozen=True, kw_only=True):
    """What is asked, and what the answer must be.

    `expected_status` is a status, a class ("2xx"), a range ("200-399") or a list of them; `contains` a text of the
    body's first MiB; `condition` a JMESPath expression that must be true of its JSON. A certificate with fewer
    than `certificate_days` left is degraded, 0 turns that off.
    """

    url: Url
    method: str = "GET"
    headers: dict[str, Secret] = msgspec.field(default_factory=dict)
    body: str = ""
    expected_status: Expected = "200-399"
    contains: str = ""
    condition: str = ""
    certificate_days: Days = 14
    follow_redirects: bool = True
    verify_tls: bool = True

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield what contradicts."""
        yield from super().faults()
        yield from web_address_faults("url", self.url)
        if self.method not in _METHODS:
            yield "method", f"one of {', '.join(_METHODS)}"
        if any(_BREAKS.search(name + value) or not name for name, value in self.headers.items()):
            yield "headers", "names and values without line breaks or other control characters"
        if self.method == "HEAD" and (self.contains or self.condition):
            yield "method", "another than HEAD, whose answers have no body to look at"
        if not _spans(self.expected_status):
            yield "expected_status", 'a status such as 200, "2xx" or "200-399", or a list of them'
        if self.condition and not _compiles(self.condition):
            yield "condition", "a JMESPath expression"


class HttpCheck(NetworkCheck[HttpSettings]):
    """Asks as a new visitor would."""

    type = "http"
    settings_type = HttpSettings

    def __init__(self, settings: HttpSettings) -> None:
        super().__init__(settings)
        self._spans = _spans(settings.expected_status)
        self._ask = web.Ask(
            url=settings.url,
            method=settings.method,
            headers=settings.headers,
            body=settings.body.encode() or None,
            follow_redirects=settings.follow_redirects,
            verify_tls=settings.verify_tls,
        )

    @property
    def host(self) -> str:
        """Return the host that is asked."""
        return urlsplit(self.settings.url).hostname or ""

    async def ask(self) -> Answer:
        """Ask; CheckFailed or OSError where there is no answer."""
        reply = await web.answer_to(self._ask, self._expects)
        problem = self._status_problem(reply.status) or self._body_problem(reply)
        answer = judged(reply.certificate, self.settings.certificate_days, reply.phases)
        details = {"status": reply.status, **answer.details}
        if problem is None:
            return msgspec.structs.replace(answer, details=details)
        cause, error = problem
        return Answer(status=Status.UNHEALTHY, cause=cause, error=error, details=details, phases=reply.phases)

    def _expects(self, status: int) -> bool:
        return any(first <= status <= last for first, last in self._spans)

    def _status_problem(self, status: int) -> tuple[Cause, str] | None:
        if self._expects(status):
            return None
        return Cause.STATUS, f"expected {_in_words(self.settings.expected_status)} got {status}"

    def _body_problem(self, reply: web.Reply) -> tuple[Cause, str] | None:
        if self.settings.contains and self.settings.contains not in _text(reply):
            return Cause.CONTENT, f"the answer does not contain {self.settings.contains!r}"
        if not self.settings.condition:
            return None
        if not reply.is_whole:
            return Cause.CONTENT, "the answer is longer than 1 MiB, too long to look into"
        try:
            found = _search(self.settings.condition, json.loads(reply.body))
        except ValueError:
            return Cause.CONTENT, "the answer is not JSON"
        if found:
            return None
        return Cause.CONTENT, f"the condition {self.settings.condition} is not met: {_short(found)}"


def web_address_faults(key: str, url: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a web address."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or any(mark.isspace() for mark in url):
        yield key, "a web address such as https://example.com/health"


def _spans(expected: Expected) -> tuple[tuple[int, int], ...]:
    """Return first and last status of each part, nothing where a part is none."""
    parts = expected if isinstance(expected, tuple) else (expected,)
    spans = [_span(str(part)) for part in parts]
    return tuple(span for span in spans if span is not None) if None not in spans else ()


def _span(part: str) -> tuple[int, int] | None:
    if len(part) == 3 and part[0] in "12345" and part[1:].lower() == "xx":
        return int(part[0]) * 100, int(part[0]) * 100 + 99
    first, dash, last = part.partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()):
        return None
    low, high = int(first), int(last or first)
    return (low, high) if 100 <= low <= high <= 599 else None


def _in_words(expected: Expected) -> str:
    return " or ".join(map(str, expected)) if isinstance(expected, tuple) else str(expected)


def _text(reply: web.Reply) -> str:
    named = _CHARSET.search(reply.content_type)
    try:
        return reply.body.decode(named[1] if named else "utf-8", "replace")
    except LookupError:  # the server names an encoding that does not exist
        return reply.body.decode("utf-8", "replace")


def _compiles(condition: str) -> bool:
    from jmespath import compile as compiled
    from jmespath.exceptions import JMESPathError

    try:
        compiled(condition)
    except JMESPathError:
        return False
    return True


def _search(condition: str, document: Any) -> Any:
    """Return what the condition finds; None where the document has another shape than it expects."""
    from jmespath import search
    from jmespath.exceptions import JMESPathError

    try:
        return search(condition, document)
    except JMESPathError:
        return None


def _short(found: Any) -> str:
    return json.dumps(found)[:_SHOWN_CHARACTERS]
