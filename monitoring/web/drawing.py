"""Pictures as SVG text: latency lines and plots, phases of a probe, the sign of a tab; daily bars are in `bars`.

Everything is geometry and class names: colours are the stylesheet's. What is over is drawn once and kept, whatever
happened in it, so that a full history costs no more to draw than an empty one.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from math import floor, inf, log10
from operator import is_
from typing import NamedTuple

from markupsafe import Markup

from monitoring.overview.views import Span
from monitoring.status import Status
from monitoring.web import wording

PHASES = {"dns": "DNS", "connect": "Connect", "tls": "TLS", "first_byte": "First byte"}
"""The phases a stranger may read about, in the order in which they happen."""

_PLOT_HEIGHT = 160
_STEPS = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


class Same:
    """Spans as the key of a cache: the same objects are the same key, and none of their figures is hashed."""

    __slots__ = ("_hash", "spans")

    def __init__(self, spans: Sequence[Span]) -> None:
        self.spans = spans
        self._hash = hash(tuple(map(id, spans)))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Same) or len(self.spans) != len(other.spans):
            return False
        return all(map(is_, self.spans, other.spans))


class Extent(NamedTuple):
    """How far the lines of some hours reach, in seconds: the highest point, the least and the greatest p50."""

    top: float
    least: float
    most: float


def latency_line(hours: Sequence[Span]) -> Markup:
    """Return a small picture of p50 (solid) and p95 (light) over `hours`; a gap where nothing answered.

    What is over, all but the last hour, is drawn anew only where the scale is another.
    """
    past, last = Same(hours[:-1]), hours[-1:]
    before, now = _past_extent(past), _extent(last)
    extent = Extent(max(before.top, now.top), min(before.least, now.least), max(before.most, now.most))
    scale = 28 / (extent.top or 1.0)
    light, solid = (line + end for line, end in zip(_past_lines(past, scale), _last_points(hours, scale), strict=True))
    return Markup(  # noqa: S704 - numbers and fixed words only
        '<svg class="spark" viewBox="-2 0 119 32" preserveAspectRatio="none" role="img" '
        f'aria-label="Latency over {len(hours)} hours, {_range_words(extent)}">'
        f'<path class="axis" d="M-2 31.5h119"/><path class="p95" d="{light}"/><path class="p50" d="{solid}"/></svg>'
    )


@lru_cache(maxsize=1024)
def _past_extent(hours: Same) -> Extent:
    return _extent(hours.spans)


def _extent(spans: Sequence[Span]) -> Extent:
    seen = [span.p50 for span in spans if span.p50 is not None]
    top = max((span.p95 or span.p50 or 0.0 for span in spans), default=0.0)
    return Extent(top, min(seen, default=inf), max(seen, default=-inf))


@lru_cache(maxsize=1024)
def _past_lines(hours: Same, scale: float) -> tuple[str, str]:
    """Return the paths of p95 and p50 over hours that are over."""
    spans = hours.spans
    return _line([span.p95 for span in spans], 5, 30, scale), _line([span.p50 for span in spans], 5, 30, scale)


def _last_points(hours: Sequence[Span], scale: float) -> tuple[str, str]:
    """Return what the last hour adds to the paths of p95 and p50."""
    if not hours:
        return "", ""
    first, last = len(hours) - 1, hours[-1]
    before = hours[-2] if first else Span(0)
    return (
        _line([last.p95], 5, 30, scale, first, before.p95 is not None),
        _line([last.p50], 5, 30, scale, first, before.p50 is not None),
    )


def _range_words(extent: Extent) -> str:
    if extent.most < extent.least:
        return "no data"
    return f"p50 between {wording.latency(extent.least)} and {wording.latency(extent.most)}"


def _line(  # noqa: PLR0913, PLR0917 - geometry
    values: Sequence[float | None], step: int, height: int, scale: float, first: int = 0, drawing: bool = False
) -> str:
    """Return the path through `values`, from the place `first` on; the `h0` makes a lonely point a dot.

    `drawing` says that there is a line already that goes on.
    """
    parts = []
    for index, value in enumerate(values, first):
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
        f'aria-label="Latency, {len(spans)} points: {_range_words(_extent(spans))}">'
        f'<path class="grid" d="M-5 0h{width}M-5 80h{width}M-5 160h{width}"/>'
        f'<g transform="translate(-5)"><path class="grid" d="{grid}"/></g>{lines}'
        f"{''.join([_hover(index, span, moment) for index, span in enumerate(spans)])}</svg>"
    )


def _hover(index: int, span: Span, moment: Callable[[float], str]) -> str:
    figures = "no data"
    if span.p50 is not None:
        figures = ", ".join(f"{name} {wording.latency(getattr(span, name))}" for name in ("p50", "p95", "p99"))
    if span.maintenance_seconds > 0:
        figures += f", {wording.duration(span.maintenance_seconds)} in maintenance"
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


_GLYPHS: dict[str, tuple[str, str]] = {
    Status.HEALTHY: ("2f7d5c", "M10 16.5 14.5 21 22 12"),
    Status.DEGRADED: ("a86200", "M16 9v9M16 22v1"),
    Status.UNHEALTHY: ("c02f1d", "M11 11 21 21M21 11 11 21"),
    Status.UNKNOWN: ("64707e", "M10 16h12"),
    wording.MAINTENANCE: ("5a4fa3", "M13 11v10M19 11v10"),
}


def favicon(look: str) -> str:
    """Return the diamond board in the colour of a status or of `maintenance`, with its glyph, as a data URI."""
    fill, glyph = _GLYPHS[look]
    board = f"%3Cpath d='M16 0 32 16 16 32 0 16z' fill='%23{fill}'/%3E"
    sign = f"%3Cpath d='{glyph}' fill='none' stroke='%23fff' stroke-width='3'/%3E"
    return f"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E{board}{sign}%3C/svg%3E"
