"""Badges: a check's state or its uptime as a small picture, for pages elsewhere."""

import unicodedata
from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import partial
from math import ceil

import msgspec
from flask import Blueprint, Response, abort, request

from monitoring.clock import DAY_SECONDS, HOUR_SECONDS
from monitoring.overview.views import CheckView, Overview, Span
from monitoring.web import wording
from monitoring.web.pages import templates
from monitoring.web.rendered import Shelf
from monitoring.web.verdict import public_checks, verdict

CACHED = "public, max-age=30"
"""No `stale-if-error`: a badge that stays green while Daymark is gone would lie."""
WINDOWS = {"24h": "24 hours", "7d": "7 days", "30d": "30 days", "90d": "90 days"}
_DAYS = {"7d": 7, "30d": 30, "90d": 90}
_GOOD, _FAIR = 0.999, 0.99
_LONGEST = 60
_PADDING = 12
_NARROW, _WIDE = "ijlftrI1.,:;|!'()[] ", "mwMW@%"


class Tone(StrEnum):
    """What a colour says; the value is the colour: white letters on it can be read."""

    HEALTHY = "#26734f"
    DEGRADED = "#8f5400"
    UNHEALTHY = "#b92a18"
    UNKNOWN = "#5b6673"
    MAINTENANCE = "#574b9f"


GROUND = "#39434e"
"""The colour behind the label."""


class Badge(msgspec.Struct, frozen=True):
    """One badge: two words side by side; `title` is the whole sentence, for those who do not see it."""

    label: str
    value: str
    tone: Tone
    title: str


class Uptime(msgspec.Struct, frozen=True):
    """Shares of 0 to 1: of the observed time that was not down, and of all the time that was observed."""

    share: float
    coverage: float


def state_badge(view: CheckView) -> Badge:
    """Return the badge of a check's state."""
    title, words = view.settings.title, wording.state(view).lower()
    return Badge(title, words, _tone(wording.look(view)), f"{title}: {words}")


def uptime_badge(view: CheckView, window: str, until: float) -> Badge:
    """Return the badge of a check's uptime over one of WINDOWS up to `until` (Unix seconds)."""
    label, title = f"{view.settings.title} uptime", view.settings.title
    days = _DAYS.get(window)
    found = uptime(view.days[-days:], DAY_SECONDS, until) if days else uptime(view.hours, HOUR_SECONDS, until)
    if found is None:
        return Badge(label, "no data", Tone.UNKNOWN, f"{title}: no data over {WINDOWS[window]}")
    tone = Tone.HEALTHY if found.share >= _GOOD else Tone.DEGRADED if found.share >= _FAIR else Tone.UNHEALTHY
    share, observed = wording.percent(found.share), wording.percent(found.coverage, 1)
    return Badge(label, share, tone, f"{title}: {share} uptime over {WINDOWS[window]}, {observed} observed")


def whole_badge(overview: Overview, name: str) -> Badge:
    """Return the badge of the whole; `name` is the page's title."""
    told = verdict(overview)
    words = wording.IN_MAINTENANCE if told.in_maintenance else wording.STATE_WORDS[told.status]
    return Badge(name, words.lower(), _tone(told.look), f"{name}: {told.sentence}")


def _tone(look: str) -> Tone:
    """Return the colour of what the pages give that look, such as `healthy` or `maintenance`."""
    return Tone[look.upper()]


def uptime(spans: Sequence[Span], span_seconds: float, until: float) -> Uptime | None:
    """Return the uptime of spans of `span_seconds` each up to `until`, None where nobody looked.

    The first span in which anybody looked counts only as far as it was observed; maintenance counts on neither side.
    """
    known = [span.observed_seconds > 0 for span in spans]
    seen = spans[known.index(True) :] if True in known else ()
    observed = sum(span.observed_seconds for span in seen)
    if not observed:
        return None
    first = seen[0]
    later = max(0.0, until - first.start - span_seconds) - sum(span.maintenance_seconds for span in seen[1:])
    possible = max(observed, first.observed_seconds + later)
    return Uptime(1 - sum(span.down_seconds for span in seen) / observed, observed / possible)


def drawn(badge: Badge) -> str:
    """Return the badge as SVG; words of more than 60 letters are cut."""
    label, value = _cut(badge.label), _cut(badge.value)
    shown = msgspec.structs.replace(badge, label=label, value=value)
    return (
        templates()
        .get_template("badge.svg")
        .render(
            badge=shown,
            left=_width(label) + _PADDING,
            right=_width(value) + _PADDING,
            ground=GROUND,
            colour=badge.tone.value,
        )
    )


def _cut(words: str) -> str:
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"


def _width(words: str) -> int:
    """Return about how many pixels the words take; the picture then makes them fit."""
    return ceil(sum(_letter_width(letter) for letter in words))


def _letter_width(letter: str) -> float:
    if unicodedata.east_asian_width(letter) in "WF":
        return 11.0
    if letter in _WIDE:
        return 10.0
    return 4.0 if letter in _NARROW else 6.7


class Badges:
    """Draws each badge once for each overview, from memory alone. `name` is the page's title."""

    def __init__(self, name: str, overview: Callable[[], Overview]) -> None:
        self._name, self._overview = name, overview
        self._shelf = Shelf("image/svg+xml", CACHED)

    def whole(self) -> Response:
        """Answer with the badge of the whole."""
        overview = self._overview()
        return self._answer("", overview, lambda: whole_badge(overview, self._name))

    def state(self, name: str) -> Response:
        """Answer with the badge of one public check; 404 for any other name."""
        overview = self._overview()
        return self._answer(name, overview, partial(state_badge, _public(overview, name)))

    def uptime(self, name: str, window: str) -> Response:
        """Answer with the uptime of one public check; 404 for any other name, 400 for any other window."""
        if window not in WINDOWS:
            abort(400, f"window must be one of {', '.join(WINDOWS)}.")
        overview = self._overview()
        view = _public(overview, name)
        return self._answer(
            f"{name}/{window}", overview, partial(uptime_badge, view, window, wording.present(overview))
        )

    def _answer(self, key: str, overview: Overview, badge: Callable[[], Badge]) -> Response:
        return self._shelf.page(key, overview, lambda: drawn(badge())).respond(request)


def _public(overview: Overview, name: str) -> CheckView:
    found = next((view for view in public_checks(overview) if view.settings.name == name), None)
    if found is None:
        abort(404, "There is no such check.")
    return found


def blueprint(badges: Badges) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("badges", __name__)

    @routes.get("/badge.svg")
    def whole() -> Response:
        return badges.whole()

    @routes.get("/badge/<name>.svg")
    def state(name: str) -> Response:
        return badges.state(name)

    @routes.get("/badge/<name>/uptime.svg")
    def uptime_of(name: str) -> Response:
        return badges.uptime(name, request.args.get("window", "90d"))

    return routes
