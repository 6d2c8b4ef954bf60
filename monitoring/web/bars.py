"""Daily bars as SVG text.

Geometry and class names only, as in `drawing`; days that are over are drawn once and kept.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import inf, sqrt
from typing import NamedTuple

from markupsafe import Markup

from monitoring.clock import DAY_SECONDS
from monitoring.overview.views import Span
from monitoring.web import wording
from monitoring.web.drawing import Same

_PITCH, _TOP, _HEIGHT, _LEAST = 8, 4, 32, 8
_SEEN_ENOUGH = 0.95
"""A day of which less was observed, or worked on, shows the grey part."""


class Bars(NamedTuple):
    """The bars of some days as text, and how many days had downtime, how many nobody looked at, how many were worked
    on.
    """

    text: str
    down: int
    unseen: int
    worked: int


def day_bars(days: Sequence[Span], until: float) -> Markup:
    """Return one bar for each of `days`, each with its day and figures on hover; today is judged up to `until`."""
    over = next((index for index, span in enumerate(reversed(days)) if span.start + DAY_SECONDS <= until), len(days))
    past, rest = _past_bars(Same(days[: len(days) - over])), _bars(days[len(days) - over :], len(days) - over, until)
    down, unseen, worked = (before + now for before, now in zip(past[1:], rest[1:], strict=True))
    summary = _summary(len(days), down, unseen, worked)
    width = max(1, len(days)) * _PITCH
    return Markup(  # noqa: S704 - numbers and fixed words only
        f'<svg class="bars" viewBox="0 0 {width} 40" preserveAspectRatio="none" role="img" '
        f'aria-label="{summary}">{past.text}{rest.text}</svg>'
    )


def _summary(days: int, down: int, unseen: int, worked: int) -> str:
    """Return what the bars show in one sentence, for those who do not see them."""
    maintenance = f", {worked} with maintenance" if worked else ""
    return f"Uptime by day: {down} of {days} days with downtime, {unseen} without data{maintenance}"


@lru_cache(maxsize=1024)
def _past_bars(days: Same) -> Bars:
    """Return the bars of days that are over: drawn once, whatever happened on them, until the next day."""
    return _bars(days.spans, 0, inf)


def _bars(days: Sequence[Span], first: int, until: float) -> Bars:
    return Bars(
        "".join([_bar(index, span, until) for index, span in enumerate(days, first)]),
        sum(1 for span in days if span.down_seconds > 0),
        sum(1 for span in days if span.observed_seconds <= 0 and span.maintenance_seconds <= 0),
        sum(1 for span in days if span.maintenance_seconds > 0),
    )


def _bar(index: int, span: Span, until: float) -> str:
    elapsed = min(DAY_SECONDS, max(1.0, until - span.start))
    kind = _plain_kind(span, elapsed)
    return _plain_bar(kind, index, span.start) if kind else _mixed_bar(index, span, elapsed)


def _plain_kind(span: Span, elapsed: float) -> str | None:
    """Return what a day was from end to end: up (`u`), in maintenance (`m`), unseen (`n`); None: it was mixed."""
    if span.maintenance_seconds > 0:
        whole = span.observed_seconds <= 0 and span.maintenance_seconds >= _SEEN_ENOUGH * elapsed
        return "m" if whole else None
    if span.observed_seconds <= 0:
        return "n"
    good = span.down_seconds <= 0 and span.degraded_seconds <= 0
    return "u" if good and span.observed_seconds >= _SEEN_ENOUGH * elapsed else None


@lru_cache(maxsize=1024)
def _plain_bar(kind: str, index: int, start: int) -> str:
    """Return the bar of a day that was the same from end to end: the same text for every check."""
    words = {"u": "100 % up", "m": "in maintenance", "n": "no data"}[kind]
    path = _piece(kind, index, _TOP, _HEIGHT)
    return f'<path class="{kind}" d="{path}"><title>{wording.day(start)}: {words}</title></path>'


def _mixed_bar(index: int, span: Span, elapsed: float) -> str:
    """Return the bar of a day that has a story: down on top, then degraded, up, in maintenance, not looked at."""
    title = f"<title>{day_words(span, elapsed)}</title>"
    pieces = _pieces(index, _shares(span, elapsed))
    if len(pieces) == 1:
        kind, path = pieces[0]
        return f'<path class="{kind}" d="{path}">{title}</path>'
    return f"<g>{title}" + "".join(f'<path class="{kind}" d="{path}"/>' for kind, path in pieces) + "</g>"


def day_words(span: Span, elapsed: float = DAY_SECONDS) -> str:
    """Return one day in words: `Mon 23 Nov 2026: 99.30 % up, 10 min down`; `elapsed` is its length so far."""
    words = ["no data" if span.uptime is None else f"{wording.percent(span.uptime)} up"]
    if span.down_seconds > 0:
        words.append(f"{wording.duration(span.down_seconds)} down")
    if span.degraded_seconds > 0:
        words.append(f"{wording.duration(span.degraded_seconds)} degraded")
    if span.maintenance_seconds > 0:
        words.append(f"{wording.duration(span.maintenance_seconds)} in maintenance")
    if 0 < span.observed_seconds < _SEEN_ENOUGH * elapsed - span.maintenance_seconds:
        words.append(f"{wording.percent(span.observed_seconds / elapsed, 0)} observed")
    return f"{wording.day(span.start)}: {', '.join(words)}"


def _shares(span: Span, elapsed: float) -> list[tuple[str, float]]:
    """Return the parts of a day that were not nothing: (class, share of the day)."""
    observed = min(span.observed_seconds, elapsed)
    worked = min(span.maintenance_seconds, elapsed - observed)
    unseen = elapsed - observed - worked
    unseen = unseen if unseen > (1 - _SEEN_ENOUGH) * elapsed else 0.0
    up = observed - span.down_seconds - span.degraded_seconds
    parts = (("d", span.down_seconds), ("g", span.degraded_seconds), ("u", up), ("m", worked), ("n", unseen))
    return [(kind, min(1.0, seconds / elapsed)) for kind, seconds in parts if seconds > 0]


def _pieces(index: int, shares: Sequence[tuple[str, float]]) -> list[tuple[str, str]]:
    """Return (class, path) from the top down; the root of a share keeps a short outage visible."""
    pieces, top, rest, least = [], _TOP, _HEIGHT, min(_LEAST, _HEIGHT // max(1, len(shares)))
    for left, (kind, share) in zip(range(len(shares) - 1, -1, -1), shares, strict=True):
        height = rest if not left else min(max(least, round(_HEIGHT * sqrt(share))), rest - least * left)
        pieces.append((kind, _piece(kind, index, top, height - 2 if left else height)))
        top, rest = top + height, rest - height
    return pieces


def _piece(kind: str, index: int, top: int, height: int) -> str:
    """Return the outline of one piece: downtime stands out above the others, no data is a thin line."""
    left, width = index * _PITCH + 1, 6
    if kind == "d":
        top, height = top - _TOP, height + _TOP
    if kind == "n":
        left, width = left + 2, 2
    return f"M{left} {top}h{width}v{height}h-{width}z"
