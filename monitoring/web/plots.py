"""Plots as SVG text: stacked bars, a line, a meter. Geometry and class names; colours are the stylesheet's."""

from collections.abc import Sequence

import msgspec
from markupsafe import Markup, escape

from monitoring.logs.redaction import redact_text
from monitoring.web.drawing import ceiling

HEIGHT = 160
_STEP, _BAR = 10, 8
_LEAST = 2


class Bar(msgspec.Struct, frozen=True):
    """What happened in one step: (class, value) from the bottom up, and the words for all of it."""

    parts: tuple[tuple[str, float], ...]
    words: str

    @property
    def total(self) -> float:
        """Return the height of the bar."""
        return sum(value for _, value in self.parts)


def top(values: Sequence[float | None]) -> float:
    """Return the round number at the top of a plot of `values`."""
    return ceiling(max((value for value in values if value is not None), default=0.0))


def stacked(bars: Sequence[Bar], columns: int, label: str) -> Markup:
    """Return one bar for each of `bars`, with `columns` grid columns and its words on hover."""
    scale = (HEIGHT - 4) / top([bar.total for bar in bars])
    drawn = "".join(_bar(index, bar, scale) for index, bar in enumerate(bars))
    return _framed(len(bars), columns, f"{drawn}{_hovers([bar.words for bar in bars])}", label)


def line(points: Sequence[tuple[float | None, str]], columns: int, label: str) -> Markup:
    """Return a line through `points` (value, words); a gap where there is no value."""
    scale = (HEIGHT - 4) / top([value for value, _ in points])
    path, drawing = [], False
    for index, (value, _) in enumerate(points):
        if value is not None:
            place = f"{index * _STEP + _STEP // 2} {HEIGHT - round(max(0.0, value) * scale)}"
            path.append(f"L{place}" if drawing else f"M{place}h0")
        drawing = value is not None
    drawn = f'<path class="p50" d="{"".join(path)}"/>'
    return _framed(len(points), columns, drawn + _hovers([words for _, words in points]), label)


def meter(share: float, label: str) -> Markup:
    """Return how much of a budget is spent: `share` 1 is all of it; marks stand at 80 % and 100 %."""
    state = "over" if share >= 1 else "near" if share >= 0.8 else "within"
    width = min(125.0, share * 100)
    return Markup(  # noqa: S704 - numbers, fixed words and an escaped, redacted label
        f'<svg class="meter" viewBox="0 0 125 10" preserveAspectRatio="none" role="img" aria-label="{_said(label)}">'
        f'<path class="bed" d="M0 1h125v8h-125z"/><path class="{state}" d="M0 1h{width:.1f}v8h-{width:.1f}z"/>'
        '<path class="mark" d="M80 0v10M100 0v10"/></svg>'
    )


def _framed(count: int, columns: int, drawn: str, label: str) -> Markup:
    width = max(1, count) * _STEP
    grid = "".join(f"M{width * column // columns} 0v{HEIGHT}" for column in range(1, columns))
    return Markup(  # noqa: S704 - numbers, fixed words and escaped, redacted ones
        f'<svg viewBox="0 0 {width} {HEIGHT}" preserveAspectRatio="none" role="img" aria-label="{_said(label)}">'
        f'<path class="grid" d="M0 0h{width}M0 {HEIGHT // 2}h{width}M0 {HEIGHT}h{width}{grid}"/>{drawn}</svg>'
    )


def _bar(index: int, bar: Bar, scale: float) -> str:
    """Return the pieces of one bar; what there is at all is seen."""
    pieces, bottom = [], float(HEIGHT)
    for kind, value in bar.parts:
        if value > 0:
            height = max(_LEAST, value * scale)
            bottom -= height
            left = index * _STEP + (_STEP - _BAR) // 2
            pieces.append(f'<path class="{kind}" d="M{left} {bottom:.1f}h{_BAR}v{height:.1f}h-{_BAR}z"/>')
    return "".join(pieces)


def _hovers(words: Sequence[str]) -> str:
    return "".join(
        f'<path class="hit" d="M{index * _STEP} 0h{_STEP}v{HEIGHT}h-{_STEP}z"><title>{_said(text)}</title></path>'
        for index, text in enumerate(words)
    )


def _said(text: str) -> str:
    """Return words as SVG takes them; they may name what somebody else named."""
    return escape(redact_text(text))
