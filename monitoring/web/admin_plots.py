"""The plots of the admin's pages: which numbers, in which order, under which words."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec
from markupsafe import Markup

from monitoring.clock import DAY_SECONDS, day_of, day_start
from monitoring.store.costs import CostDay
from monitoring.web import admin_words as words
from monitoring.web import drawing, plots, wording
from monitoring.web.admin_costs import DAYS
from monitoring.web.admin_data import MINUTE_SECONDS, Asked, BySteps, spans, status_class, sums_by

KINDS = 5
"""So many kinds have a colour of their own; of more than that the smaller ones share the last."""
STATUSES = {"ok": "answered", "client": "4xx", "server": "5xx"}

Amounts = Mapping[str, float]
Say = Callable[[float], str]


class Plot(msgspec.Struct, frozen=True):
    """A picture with its axes: `levels` from the top, `ticks` by column, `key` as (class, words)."""

    title: str
    picture: Markup
    levels: tuple[str, str, str]
    ticks: tuple[str, ...]
    key: tuple[tuple[str, str], ...]
    empty: bool


class Axis(msgspec.Struct, frozen=True):
    """Where each step starts, what a moment is called, the words below the columns, and for the whole of it."""

    starts: Sequence[int]
    moment: Say
    ticks: tuple[str, ...]
    whole: str


def over(asked: Asked) -> Axis:
    """Return the axis of the window."""
    starts, columns = asked.window.starts(asked.now), asked.window.columns
    by_minute = asked.window.step_seconds == MINUTE_SECONDS
    tick = wording.short_day if asked.window.name == "7d" else wording.clock_time
    ticks = tuple(tick(starts[len(starts) * column // columns]) for column in range(columns))
    return Axis(starts, words.minute if by_minute else wording.hour, ticks, asked.window.last)


def over_days(now: float) -> Axis:
    """Return the axis of the last 30 days (UTC)."""
    starts = [int(day_start(now) - day * DAY_SECONDS) for day in range(DAYS - 1, -1, -1)]
    ticks = tuple(wording.short_day(starts[index]) for index in range(0, DAYS, 5))
    return Axis(starts, wording.day, ticks, f"the last {DAYS} days")


def traffic(series: BySteps, asked: Asked) -> Plot:
    """Return requests by what they came to."""
    sums = sums_by(series, asked.window.starts(asked.now), status_class)
    return _stacked("Requests and errors", over(asked), sums, STATUSES, words.count)


def kinds(title: str, series: BySteps, tag: str, asked: Asked) -> Plot:
    """Return the sums of a counter by one of its tags."""
    sums = sums_by(series, asked.window.starts(asked.now), lambda tags: tags.get(tag, "other"))
    return _by_kind(title, over(asked), sums, words.count)


def cost_days(rows: Iterable[CostDay], now: float) -> Plot:
    """Return the dollars of the last 30 days by provider."""
    axis = over_days(now)
    by_day: dict[str, dict[str, float]] = {day_of(start): defaultdict(float) for start in axis.starts}
    for row in rows:
        if row.day in by_day:
            by_day[row.day][row.provider] += row.amount
    return _by_kind("Costs by day", axis, list(by_day.values()), words.money)


def latency(series: BySteps, asked: Asked) -> Plot:
    """Return the quantiles of durations."""
    points, axis = spans(series, asked.window.starts(asked.now)), over(asked)
    top = drawing.plot_top(points)
    return Plot(
        title="Latency",
        picture=drawing.latency_plot(points, len(axis.ticks), axis.moment),
        levels=(wording.latency(top), wording.latency(top / 2), "0"),
        ticks=axis.ticks,
        key=(("p50", "p50"), ("p95", "p95"), ("p99", "p99")),
        empty=all(point.p50 is None for point in points),
    )


def gauge(title: str, name: str, series: BySteps, asked: Asked) -> Plot:
    """Return the average of a gauge over the processes that told it."""
    axis, values = over(asked), _averages(series, asked)
    points = [
        (value, f"{axis.moment(start)}: {words.figure(name, value)}")
        for start, value in zip(axis.starts, values, strict=True)
    ]
    picture = plots.line(points, len(axis.ticks), f"{title} over {axis.whole}")
    empty = all(value is None for value in values)
    return Plot(title, picture, _levels(values, lambda value: words.figure(name, value)), axis.ticks, (), empty)


def _averages(series: BySteps, asked: Asked) -> list[float | None]:
    starts = asked.window.starts(asked.now)
    found: list[tuple[int, float]] = [(0, 0.0)] * len(starts)
    for by_start in series.values():
        for start, total in by_start.items():
            if start in starts:
                count, amount = found[starts.index(start)]
                found[starts.index(start)] = (count + total.count, amount + total.sum)
    return [amount / count if count else None for count, amount in found]


def _by_kind(title: str, axis: Axis, amounts: Sequence[Amounts], say: Say) -> Plot:
    """Return bars in which the largest kinds have a colour each."""
    whole = _added_up(amounts)
    named = list(whole) if len(whole) <= KINDS else list(whole)[: KINDS - 1]
    classes = {kind: f"k{index}" for index, kind in enumerate(named)}
    last = f"k{KINDS - 1}"
    key = {each: kind for kind, each in classes.items()} | ({} if len(named) == len(whole) else {last: "all others"})
    grouped = [_added_up([{classes.get(kind, last): amount} for kind, amount in each.items()]) for each in amounts]
    return _stacked(title, axis, grouped, key, say)


def _stacked(title: str, axis: Axis, amounts: Sequence[Amounts], key: Mapping[str, str], say: Say) -> Plot:
    """Return bars of `amounts` by class, stacked in the order of `key`."""
    bars = [
        plots.Bar(tuple((kind, each.get(kind, 0.0)) for kind in key), f"{axis.moment(start)}: {_words(each, key, say)}")
        for start, each in zip(axis.starts, amounts, strict=True)
    ]
    whole, totals = _added_up(amounts), [bar.total for bar in bars]
    picture = plots.stacked(bars, len(axis.ticks), f"{title} over {axis.whole}: {_words(whole, key, say)}")
    return Plot(title, picture, _levels(totals, say), axis.ticks, tuple(key.items()), not any(totals))


def _words(amounts: Amounts, key: Mapping[str, str], say: Say) -> str:
    return ", ".join(f"{name} {say(amounts[kind])}" for kind, name in key.items() if amounts.get(kind)) or "nothing"


def _added_up(found: Sequence[Amounts]) -> dict[str, float]:
    """Return the sums by kind, the largest first."""
    whole: dict[str, float] = defaultdict(float)
    for each in found:
        for kind, amount in each.items():
            whole[kind] += amount
    return dict(sorted(whole.items(), key=lambda item: (-item[1], item[0])))


def _levels(values: Sequence[float | None], say: Say) -> tuple[str, str, str]:
    top = plots.top(values)
    return say(top), say(top / 2), "0"
