"""`/maintenance.ics`: planned work for calendar programs, by RFC 5545."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request

from monitoring.clock import utc
from monitoring.maintenance import Maintenance
from monitoring.overview.views import CheckView
from monitoring.web.addresses import Named, base_of
from monitoring.web.archive import Archive, Told
from monitoring.web.cors import open_to_all
from monitoring.web.rendered import Shelf
from monitoring.web.verdict import public_checks

if TYPE_CHECKING:
    from icalendar import Calendar, Event, vRecur

ZONES_UNTIL = date(2038, 1, 1)
"""Up to when the changes of the clocks are told: calendar programs know the zones by their names besides."""
_UTC = frozenset({"UTC", "Etc/UTC"})


class Page(Named, Protocol):
    """What the calendar says of itself: the `[page]` table of the settings."""

    @property
    def title(self) -> str:
        """Return the name of the page."""


def render(told: Told, title: str, base: str) -> str:
    """Return one event for each maintenance; a recurring one keeps its rule and its zone, which calendars follow."""
    from icalendar import Calendar

    maintenances, public = told.record.maintenances, public_checks(told.overview)
    calendar = Calendar()
    _add(
        calendar,
        {
            "prodid": "-//Daymark//Maintenance//EN",
            "version": "2.0",
            "method": "PUBLISH",
            "x-wr-calname": f"{title}: maintenance",
            "x-published-ttl": "PT1H",
        },
    )
    _add_zones(calendar, maintenances)
    for maintenance in maintenances:
        calendar.add_component(_event(maintenance, public, base))
    text: str = calendar.to_ical().decode()
    return text


def _add_zones(calendar: "Calendar", maintenances: Sequence[Maintenance]) -> None:
    """Add each zone in a fixed order, so that every worker sends the same text; one that is not known is left out."""
    from icalendar import Timezone

    first = min((utc(each.starts_at).year for each in maintenances), default=ZONES_UNTIL.year)
    for name in sorted({each.timezone for each in maintenances} - _UTC):
        calendar.add_component(Timezone.from_tzid(name, first_date=date(first, 1, 1), last_date=ZONES_UNTIL))


def _event(maintenance: Maintenance, public: Sequence[CheckView], base: str) -> "Event":
    from icalendar import Event

    event = Event()
    cancelled = maintenance.ended_at is not None and maintenance.ended_at <= maintenance.starts_at
    _add(
        event,
        {
            "uid": f"{maintenance.id}@daymark",
            "sequence": max(0, int(maintenance.updated_at - maintenance.created_at)),
            "dtstamp": utc(maintenance.updated_at),
            "created": utc(maintenance.created_at),
            "last-modified": utc(maintenance.updated_at),
            "dtstart": _local(maintenance),
            "duration": timedelta(seconds=round(_seconds(maintenance, cancelled))),
            "summary": maintenance.title,
            "description": _description(maintenance, public),
            "url": f"{base}/",
            "status": "CANCELLED" if cancelled else "CONFIRMED",
            "transp": "TRANSPARENT",
        },
    )
    if maintenance.rrule is not None:
        event.add("rrule", _rule(maintenance, maintenance.rrule, cancelled))
    return event


def _local(maintenance: Maintenance) -> datetime:
    started = utc(maintenance.starts_at).replace(microsecond=0)
    return started if maintenance.timezone in _UTC else started.astimezone(ZoneInfo(maintenance.timezone))


def _seconds(maintenance: Maintenance, cancelled: bool) -> float:
    """Return how long each window lasts; one that was ended early is as short as it was."""
    if maintenance.ended_at is None or maintenance.rrule is not None or cancelled:
        return maintenance.seconds
    return min(maintenance.seconds, maintenance.ended_at - maintenance.starts_at)


def _rule(maintenance: Maintenance, rrule: str, cancelled: bool) -> "vRecur":
    """Return the rule; where it was ended, it ends with the last window that began before."""
    from icalendar import vRecur

    rule: vRecur = vRecur.from_ical(rrule)
    if maintenance.ended_at is not None and not cancelled:
        rule.pop("COUNT", None)
        rule["UNTIL"] = [utc(maintenance.ended_at).replace(microsecond=0)]
    return rule


def _description(maintenance: Maintenance, public: Sequence[CheckView]) -> str:
    settings = (view.settings for view in public)
    titles = [each.title for each in settings if maintenance.covers(each.name, each.group)]
    affected = "Affected: " + ", ".join(titles)
    return f"{maintenance.body}\n\n{affected}" if maintenance.body else affected


def _add(component: Any, properties: dict[str, Any]) -> None:
    for name, value in properties.items():
        component.add(name, value)


class Calendars:
    """Answers with the calendar, written anew only where something about maintenance changed."""

    def __init__(self, page: Page, archive: Archive) -> None:
        self._page, self._archive = page, archive
        self._shelf = Shelf("text/calendar")

    def maintenance(self) -> Response:
        """Answer with the calendar; 503 where nothing could be read yet."""
        told, base = self._archive.told(), base_of(self._page, request)
        write = partial(render, told, self._page.title, base)
        return self._shelf.page(base, told.record, write).respond(request)


def blueprint(calendars: Calendars) -> Blueprint:
    """Return the route."""
    routes = Blueprint("calendars", __name__)

    @routes.get("/maintenance.ics")
    def maintenance() -> Response:
        return calendars.maintenance()

    return open_to_all(routes)
