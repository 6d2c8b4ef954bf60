"""Pictures as SVG text: daily bars, latency lines and plots, phases of a probe.

Everything is geometry and class names: colours are the stylesheet's. What is over is drawn once and kept, whatever
happened in it, so that a full history costs no more to draw than an empty one.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from math import floor, inf, log10, sqrt
from typing import NamedTuple

from markupsafe import Markup

from monitoring.clock import DAY_SECONDS
from monitoring.overview.views import Span
from monitoring.status import Status
from monitoring.web import wording

PHASES = {"dns": "DNS", "connect": "Connect", "tls": "TLS", "first_byte": "First byte"}
"""The phases a stranger may read about, in the order in which they happen."""

_PITCH, _TOP, _HEIGHT, _LEAST = 8, 4, 32, 8
_SEEN_ENOUGH = 0.95
"""A day of which less was observed shows the grey part."""
_PLOT_HEIGHT = 160
_STEPS = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


class Bars(NamedTuple):
    """The bars of some days as text, and how many of the days had downtime and how many nobody looked at."""

    text: str
    down: int
    unseen: int


def day_bars(days: Sequence[Span], until: float) -> Markup:
    """Return one bar for each of `days`, each with its day and figures on hover; today is judged up to `until`."""
    over = next((index for index, span in enumerate(reversed(days)) if span.start + DAY_SECONDS <= until), len(days))
    past, rest = _past_bars(tuple(days[: len(days) - over])), _bars(days[len(days) - over :], len(days) - over, until)
    summary = _summary(len(days), past.down + rest.down, past.unseen + rest.unseen)
    width = max(1, len(days)) * _PITCH
    return Markup(  # noqa: S704 - numbers and fixed words only
        f'<svg class="bars" viewBox="0 0 {width} 40" preserveAspectRatio="none" role="img" '
        f'aria-label="{summary}">{past.text}{rest.text}</svg>'
    )


def _summary(days: int, down: int, unseen: int) -> str:
    """Return what the bars show in one sentence, for those who do not see them."""
    return f"Uptime by day: {down} of {days} days with downtime, {unseen} without data"


@lru_cache(maxsize=1024)
def _past_bars(days: tuple[Span, ...]) -> Bars:
    """Return the bars of days that are over: drawn once, whatever happened on them, until the next day."""
    return _bars(days, 0, inf)


def _bars(days: Sequence[Span], first: int, until: float) -> Bars:
    return Bars(
        "".join([_bar(index, span, until) for index, span in enumerate(days, first)]),
        sum(1 for span in days if span.down_seconds > 0),
        sum(1 for span in days if span.observed_seconds <= 0),
    )


def _bar(index: int, span: Span, until: float) -> str:
    elapsed = min(DAY_SECONDS, max(1.0, until - span.start))
    if span.observed_seconds <= 0:
        return _plain_bar("n", index, span.start)
    if span.down_seconds <= 0 and span.degraded_seconds <= 0 and span.observed_seconds >= _SEEN_ENOUGH * elapsed:
        return _plain_bar("u", index, span.start)
    return _mixed_bar(index, span, elapsed)


@lru_cache(maxsize=1024)
def _plain_bar(kind: str, index: int, start: int) -> str:
    """Return the bar of a day that was all up (`u`) or never looked at (`n`): the same text for every check."""
    words = "100 % up" if kind == "u" else "no data"
    path = _piece(kind, index, _TOP, _HEIGHT)
    return f'<path class="{kind}" d="{path}"><title>{wording.day(start)}: {words}</title></path>'


def _mixed_bar(index: int, span: Span, elapsed: float) -> str:
    """Return the bar of a day that has a story: what was down on top, then degraded, up, and not looked at."""
    title = f"<title>{day_words(span, elapsed)}</title>"
    pieces = _pieces(index, _shares(span, elapsed))
    if len(pieces) == 1:
        kind, path = pieces[0]
        return f'<path class="{kind}" d="{path}">{title}</path>'
    return f"<g>{title}" + "".join(f'<path class="{kind}" d="{path}"/>' for kind, path in pieces) + "</g>"


def day_words(span: Span, elapsed: float = DAY_SECONDS) -> str:
    """Return one day in words: `Mon 23 Nov 2026: 99.30 % up, 10 min down`; `elapsed` is its length so far."""
    if span.uptime is None:
        return f"{wording.day(span.start)}: no data"
    words = [f"{wording.percent(span.uptime)} up"]
    if span.down_seconds > 0:
        words.append(f"{wording.duration(span.down_seconds)} down")
    if span.degraded_seconds > 0:
        words.append(f"{wording.duration(span.degraded_seconds)} degraded")
    if span.observed_seconds < _SEEN_ENOUGH * elapsed:
        words.append(f"{wording.percent(span.observed_seconds / elapsed, 0)} observed")
    return f"{wording.day(span.start)}: {', '.join(words)}"


def _shares(span: Span, elapsed: float) -> list[tuple[str, float]]:
    """Return the parts of a day that were not nothing: (class, share of the day)."""
    observed = min(span.observed_seconds, elapsed)
    unseen = elapsed - observed if observed < _SEEN_ENOUGH * elapsed else 0.0
    up = observed - span.down_seconds - span.degraded_seconds
    parts = (("d", span.down_seconds), ("g", span.degraded_seconds), ("u", up), ("n", unseen))
    return [(kind, min(1.0, seconds / elapsed)) for kind, seconds in parts if seconds > 0]


def _pieces(index: int, shares: Sequence[tuple[str, float]]) -> list[tuple[str, str]]:
    """Return (class, path) from the top down; the root of a share keeps a short outage visible."""
    pieces, top, rest = [], _TOP, _HEIGHT
    for left, (kind, share) in zip(range(len(shares) - 1, -1, -1), shares, strict=True):
        height = rest if not left else min(max(_LEAST, round(_HEIGHT * sqrt(share))), rest - _LEAST * left)
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


def latency_line(hours: Sequence[Span]) -> Markup:
    """Return a small picture of p50 (solid) and p95 (light) over `hours`; a gap where nothing answered."""
    return _latency_line(tuple(hours))


@lru_cache(maxsize=1024)
def _latency_line(hours: tuple[Span, ...]) -> Markup:
    """Return it as drawn the last time, where the hours are the same."""
    top = max((span.p95 or span.p50 or 0.0 for span in hours), default=0.0) or 1.0
    light = _line([span.p95 for span in hours], 5, 30, 28 / top)
    solid = _line([span.p50 for span in hours], 5, 30, 28 / top)
    return Markup(  # noqa: S704 - numbers and fixed words only
        '<svg class="spark" viewBox="-2 0 119 32" preserveAspectRatio="none" role="img" '
        f'aria-label="Latency over {len(hours)} hours, {_range_words(hours)}">'
        f'<path class="axis" d="M-2 31.5h119"/><path class="p95" d="{light}"/><path class="p50" d="{solid}"/></svg>'
    )


def _range_words(spans: Sequence[Span]) -> str:
    seen = [span.p50 for span in spans if span.p50 is not None]
    if not seen:
        return "no data"
    return f"p50 between {wording.latency(min(seen))} and {wording.latency(max(seen))}"


def _line(values: Sequence[float | None], step: int, height: int, scale: float) -> str:
    """Return the path through `values`; the `h0` makes a lonely point a dot."""
    parts, drawing = [], False
    for index, value in enumerate(values):
        if value is not None:
            point = f"{index * step} {height - round(value * scale)}"
            parts.append(f"L{point}" if drawing else f"M{point}h0")
        drawing = value is not None
    return "".join(parts)


def ceiling(seconds: float) -> float:
    """Return the next round number at or above `seconds`, whose half is round too: the top of a plot."""
    if seconds <= 0:
        return 1.0
    power = 10.0 ** floor(log10(seconds))
    return next((step * power for step in _STEPS if step * power >= seconds), 10.0 * power)


def plot_top(spans: Sequence[Span]) -> float:
    """Return the seconds at the top of the plot of `spans`."""
    return ceiling(max((span.p99 or span.p95 or span.p50 or 0.0 for span in spans), default=0.0))


def latency_plot(spans: Sequence[Span], columns: int, moment: Callable[[float], str]) -> Markup:
    """Return p50, p95 and p99 of `spans` as lines, with `columns` grid columns and figures on hover.

    `moment` words the start of a span.
    """
    step, top = 10, plot_top(spans)
    width = max(1, len(spans)) * step
    scale = (_PLOT_HEIGHT - 4) / top
    grid = "".join(f"M{width * column // columns} 0v{_PLOT_HEIGHT}" for column in range(1, columns))
    lines = "".join(
        f'<path class="{name}" d="{_line([getattr(span, name) for span in spans], step, _PLOT_HEIGHT, scale)}"/>'
        for name in ("p99", "p95", "p50")
    )
    return Markup(  # noqa: S704 - numbers and fixed words only
        f'<svg viewBox="-5 0 {width} {_PLOT_HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="Latency, {len(spans)} points: {_range_words(spans)}">'
        f'<path class="grid" d="M-5 0h{width}M-5 80h{width}M-5 160h{width}"/>'
        f'<g transform="translate(-5)"><path class="grid" d="{grid}"/></g>{lines}'
        f"{''.join([_hover(index, span, moment) for index, span in enumerate(spans)])}</svg>"
    )


def _hover(index: int, span: Span, moment: Callable[[float], str]) -> str:
    figures = "no data"
    if span.p50 is not None:
        figures = ", ".join(f"{name} {wording.latency(getattr(span, name))}" for name in ("p50", "p95", "p99"))
    return (
        f'<path class="hit" d="M{index * 10 - 5} 0h10v160h-10z"><title>{moment(span.start)}: {figures}</title></path>'
    )


def phase_parts(phases: Mapping[str, float], total: float | None) -> list[tuple[str, str, float]]:
    """Return (class, name, seconds) of the known phases of a probe, in order; what remains of `total` is `Rest`."""
    parts = [(key, name, max(0.0, phases[key])) for key, name in PHASES.items() if key in phases]
    rest = (total or 0.0) - sum(seconds for _, _, seconds in parts)
    return [*parts, ("rest", "Rest", rest)] if parts and rest >= 0.0005 else parts


def phase_bar(parts: Sequence[tuple[str, str, float]]) -> Markup:
    """Return the phases as one stacked bar; empty where none took time."""
    total = sum(seconds for _, _, seconds in parts)
    if total <= 0:
        return Markup("")
    pieces, left = [], 0.0
    for key, _, seconds in parts:
        width = seconds / total * 1000
        pieces.append(f'<rect class="{key}" x="{left:.0f}" width="{width:.0f}" height="20"/>')
        left += width
    words = ", ".join(f"{name} {wording.latency(seconds)}" for _, name, seconds in parts)
    return Markup(  # noqa: S704 - numbers and fixed words only
        '<svg class="phases" viewBox="0 0 1000 20" preserveAspectRatio="none" role="img" '
        f'aria-label="Phases of the last probe: {words}">{"".join(pieces)}</svg>'
    )


_GLYPHS = {
    Status.HEALTHY: ("2f7d5c", "M10 16.5 14.5 21 22 12"),
    Status.DEGRADED: ("a86200", "M16 9v9M16 22v1"),
    Status.UNHEALTHY: ("c02f1d", "M11 11 21 21M21 11 11 21"),
    Status.UNKNOWN: ("64707e", "M10 16h12"),
}


def favicon(status: Status) -> str:
    """Return the diamond board in the colour of `status`, with its glyph, as a data URI: a tab tells the state."""
    fill, glyph = _GLYPHS[status]
    board = f"%3Cpath d='M16 0 32 16 16 32 0 16z' fill='%23{fill}'/%3E"
    sign = f"%3Cpath d='{glyph}' fill='none' stroke='%23fff' stroke-width='3'/%3E"
    return f"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E{board}{sign}%3C/svg%3E"
