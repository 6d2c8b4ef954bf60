"""The public pages as text: pure functions of what is shown, so that every worker answers with the same bytes."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from monitoring.clock import day_start, iso
from monitoring.overview.views import CheckView, History, Month, Outage, Overview, Span
from monitoring.store.incidents import MOST, Incident
from monitoring.web import bars, drawing, wording
from monitoring.web.announcements import Announcement, announced, announcements
from monitoring.web.archive import published_incidents
from monitoring.web.markdown import rendered
from monitoring.web.verdict import broken_checks, public_checks, verdict

_Words = Callable[[float], str]
TEMPLATES = Path(__file__).parents[2] / "templates"


class Link(Protocol):
    """One link of the page's head."""

    @property
    def title(self) -> str:
        """Return its text."""

    @property
    def url(self) -> str:
        """Return its address."""


class Page(Protocol):
    """What the pages say of themselves: the `[page]` table of the settings."""

    @property
    def title(self) -> str:
        """Return the name of the page."""

    @property
    def description(self) -> str:
        """Return one sentence on what it watches; may be empty."""

    @property
    def links(self) -> Sequence[Link]:
        """Return the links of its head."""


@lru_cache(maxsize=1)
def templates() -> Environment:
    """Return the environment of the public pages: everything escaped, a missing value is an error."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals.update(wording=wording, drawing=drawing, bars=bars, iso=iso, markdown=rendered)
    return environment


def render_front(overview: Overview, page: Page, *, stylesheet: str) -> str:
    """Return the front page; `stylesheet` is the address of the style sheet."""
    public = public_checks(overview)
    until = wording.present(overview)
    unresolved = [incident for incident in overview.incidents if incident.resolved_at is None]
    return _render(
        "front.html",
        overview,
        page,
        stylesheet,
        incidents=published_incidents(unresolved, public),
        works=announcements(overview),
        titles=_titles(overview),
        broken=broken_checks(public),
        groups=_groups(public),
        days=max((len(check.days) for check in public), default=0),
        until=until,
    )


def render_check(history: History, overview: Overview, page: Page, *, stylesheet: str) -> str:
    """Return the page of one check: latency over 24 hours, 7 days and 90 days, outages, phases, daily figures."""
    check = history.check
    return _render(
        "check.html",
        overview,
        page,
        stylesheet,
        check=check,
        until=wording.present(overview),
        works=announcements(overview, check),
        outages=history.outages,
        plots=_plots(check, history.week),
        phases=drawing.phase_parts(check.phases, check.response_seconds),
    )


def render_history(month: Month, overview: Overview, page: Page, *, stylesheet: str) -> str:
    """Return the incidents, outages and maintenance of one month by day, newest first.

    Those of checks that are not public are left out.
    """
    titles = _titles(overview)
    outages = [outage for outage in month.outages if outage.check in titles]
    return _render(
        "history.html",
        overview,
        page,
        stylesheet,
        month=month.name,
        months=month.months,
        days=_by_day(
            published_incidents(month.incidents, public_checks(overview)),
            outages,
            announced(month.windows, overview),
        ),
        observed=month.observed,
        most=MOST if len(month.incidents) >= MOST else 0,
        titles=titles,
        until=wording.present(overview),
    )


def _render(template: str, overview: Overview, page: Page, stylesheet: str, **values: Any) -> str:
    return (
        templates()
        .get_template(template)
        .render(overview=overview, page=page, stylesheet=stylesheet, verdict=verdict(overview), **values)
    )


def _titles(overview: Overview) -> dict[str, str]:
    """Return the titles of the public checks by name."""
    return {check.settings.name: check.settings.title for check in public_checks(overview)}


def _groups(checks: Sequence[CheckView]) -> dict[str, list[CheckView]]:
    """Return the checks by group, groups in the order in which they first appear."""
    groups: dict[str, list[CheckView]] = {}
    for check in checks:
        groups.setdefault(check.settings.group, []).append(check)
    return groups


def _plots(check: CheckView, week: Sequence[Span]) -> list[dict[str, object]]:
    return [
        {"period": "24 hours", "grain": "by hour", **_plot(check.hours, 4, wording.clock_time, wording.hour)},
        {"period": "7 days", "grain": "by hour", **_plot(week, 7, wording.short_day, wording.hour)},
        {"period": "90 days", "grain": "by day", **_plot(check.days, 6, wording.short_day, wording.day)},
    ]


def _plot(spans: Sequence[Span], columns: int, tick: _Words, moment: _Words) -> dict[str, object]:
    """Return what the template needs of one plot: picture and axis labels."""
    top = drawing.plot_top(spans)
    return {
        "columns": columns,
        "picture": drawing.latency_plot(spans, columns, moment),
        "levels": [wording.latency(top), wording.latency(top / 2), "0"],
        "ticks": [tick(spans[len(spans) * column // columns].start) for column in range(columns) if spans],
        "empty": all(span.p50 is None for span in spans),
    }


class Day(msgspec.Struct):
    """What began on one day, newest first."""

    incidents: list[Incident] = msgspec.field(default_factory=list)
    outages: list[Outage] = msgspec.field(default_factory=list)
    works: list[Announcement] = msgspec.field(default_factory=list)


def _by_day(
    incidents: Iterable[Incident], outages: Iterable[Outage], works: Iterable[Announcement]
) -> list[tuple[str, Day]]:
    """Return what began on each day on which something did, newest first."""
    days: defaultdict[int, Day] = defaultdict(Day)
    for incident in sorted(incidents, key=lambda each: -each.started_at):
        days[day_start(incident.started_at)].incidents.append(incident)
    for outage in sorted(outages, key=lambda each: -each.started_at):
        days[day_start(outage.started_at)].outages.append(outage)
    for work in sorted(works, key=lambda each: -each.window.starts_at):
        days[day_start(work.window.starts_at)].works.append(work)
    return [(wording.day(start), days[start]) for start in sorted(days, reverse=True)]
