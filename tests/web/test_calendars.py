"""The calendar of planned work, as calendar programs read it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from monitoring.maintenance import windows
from monitoring.web import calendars
from tests.support.apps import TurnedClock
from tests.web.samples import NOW, check
from tests.web.told import Teller, maintenance

BERLIN = ZoneInfo("Europe/Berlin")
SUNDAYS = datetime(2026, 3, 1, 2, tzinfo=BERLIN).timestamp()
MAIL = check("mail", title="Mail")


def calendar(teller: Teller) -> Calendar:
    answer = teller.get("/maintenance.ics")
    assert (answer.status_code, answer.content_type) == (200, "text/calendar; charset=utf-8")
    read = Calendar.from_ical(answer.data)
    assert not read.errors and all(not each.errors for each in read.walk())
    return read


def event(**fields: Any) -> Any:
    """Return the only event of planned work."""
    teller = Teller(MAIL)
    teller.tell(maintenances=(maintenance(**fields),))
    [found] = calendar(teller).events
    return found


def test_a_calendar_program_takes_it_whole() -> None:
    read = calendar(Teller(MAIL))
    assert (read["VERSION"], read["METHOD"], read["X-WR-CALNAME"]) == ("2.0", "PUBLISH", "Lightship & Co: maintenance")
    assert read["PRODID"] and read.events == []


def test_planned_work_is_an_event() -> None:
    found = event(starts_at=NOW + 3600, body="New, bigger; disks\nfor **mail**.", created_at=NOW - 60)
    assert (found["UID"], found["SUMMARY"], found["STATUS"]) == ("maintenance1@daymark", "New disks", "CONFIRMED")
    assert found["DTSTART"].dt == datetime(2026, 11, 23, 13, 3, 10, tzinfo=UTC)
    assert found["DURATION"].dt == timedelta(hours=2) and found["TRANSP"] == "TRANSPARENT"
    assert found["DESCRIPTION"] == "New, bigger; disks\nfor **mail**.\n\nAffected: Mail"
    assert found["CREATED"].dt.timestamp() == found["LAST-MODIFIED"].dt.timestamp() == NOW - 60
    assert found["URL"] == "https://status.example.com/"


def test_recurring_work_stays_one_event_with_its_rule_and_zone() -> None:
    teller = Teller(MAIL)
    plan = maintenance(SUNDAYS, rrule="FREQ=WEEKLY;BYDAY=SU", timezone="Europe/Berlin")
    teller.tell(maintenances=(plan,))
    read = calendar(teller)
    [found] = read.events
    assert found["RRULE"].to_ical() == b"FREQ=WEEKLY;BYDAY=SU"
    assert found["DTSTART"].params["TZID"] == "Europe/Berlin" and found["DTSTART"].dt.hour == 2
    assert [each["TZID"] for each in read.timezones] == ["Europe/Berlin"] and not read.get_missing_tzids()


def test_the_zone_it_brings_along_changes_its_clocks_as_the_real_one_does() -> None:
    teller = Teller(MAIL)
    teller.tell(maintenances=(maintenance(SUNDAYS, rrule="FREQ=WEEKLY;BYDAY=SU", timezone="Europe/Berlin"),))
    [zone] = calendar(teller).timezones
    brought = zone.to_tz(lookup_tzid=False)
    noons = [datetime(2026 + n // 12, n % 12 + 1, 15, 12) for n in range(60)]
    assert [each.replace(tzinfo=brought).utcoffset() for each in noons] == [
        each.replace(tzinfo=BERLIN).utcoffset() for each in noons
    ]


def test_a_program_that_follows_the_rule_comes_to_the_windows_we_count() -> None:
    from dateutil.rrule import rrulestr

    plan = maintenance(SUNDAYS, rrule="FREQ=WEEKLY;BYDAY=SU", timezone="Europe/Berlin")
    found = event(starts_at=SUNDAYS, rrule=plan.rrule, timezone=plan.timezone)
    local = rrulestr(found["RRULE"].to_ical().decode(), dtstart=found["DTSTART"].dt.replace(tzinfo=None))
    starts = [each.replace(tzinfo=BERLIN).timestamp() for each in local[:50]]
    assert starts == [each.starts_at for each in windows([plan], SUNDAYS, starts[-1] + 1)]


def test_what_was_cancelled_says_so() -> None:
    found = event(starts_at=NOW + 3600, ended_at=NOW - 5, created_at=NOW - 60, updated_at=NOW - 5)
    assert (found["STATUS"], found["UID"], found["DURATION"].dt) == (
        "CANCELLED",
        "maintenance1@daymark",
        timedelta(hours=2),
    )


def test_a_change_is_a_later_sequence_of_the_same_event() -> None:
    before, after = (event(created_at=NOW - 60, updated_at=NOW - 60 + later) for later in (0, 30))
    assert (before["UID"], before["SEQUENCE"], after["SEQUENCE"]) == (after["UID"], 0, 30)
    assert after["DTSTAMP"].dt - before["DTSTAMP"].dt == timedelta(seconds=30)


def test_what_was_ended_early_is_as_long_as_it_was() -> None:
    found = event(starts_at=NOW - 3600, ended_at=NOW - 600)
    assert (found["STATUS"], found["DURATION"].dt) == ("CONFIRMED", timedelta(minutes=50))


def test_recurring_work_that_was_ended_has_no_later_windows() -> None:
    found = event(starts_at=NOW - 5 * 86400, rrule="FREQ=DAILY;COUNT=30", ended_at=NOW - 86400 + 60)
    assert found["RRULE"].to_ical() == b"FREQ=DAILY;UNTIL=20261122T120410Z"
    assert found["STATUS"] == "CONFIRMED"


def test_nothing_private_is_told() -> None:
    teller = Teller(MAIL, check("vault", public=False))
    hidden = maintenance(title="The vault", checks=("vault",), id="maintenance2")
    teller.tell(maintenances=(hidden, maintenance(checks=(), created_by="someone@example.com")))
    text = teller.get("/maintenance.ics").text.lower()
    assert text.count("begin:vevent") == 1 and "vault" not in text and "someone" not in text


@pytest.mark.parametrize("word", ["\r\nSTATUS:CANCELLED", "\nEND:VEVENT\nBEGIN:VEVENT"])
def test_what_stands_in_a_title_cannot_become_a_property(word: str) -> None:
    found = event(title=f"Disks{word}")
    assert found["STATUS"] == "CONFIRMED" and str(found["SUMMARY"]).startswith("Disks")


def test_it_is_written_anew_only_where_something_about_maintenance_changed(
    turned_clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    monkeypatch.setattr(calendars, "render", lambda told, title, base: written.append(title) or "")
    teller = Teller(MAIL)
    teller.tell(maintenances=(maintenance(),))
    for _ in range(3):
        teller.get("/maintenance.ics")
        teller.change(data_at=NOW + len(written))
        turned_clock.ahead += 2
    assert (len(written), teller.reads) == (1, 3)


def test_every_worker_sends_the_same_bytes_until_something_changes(turned_clock: TurnedClock) -> None:
    plans = tuple(
        maintenance(NOW, id=f"maintenanc{n:02}", timezone=zone)
        for n, zone in enumerate(("America/New_York", "Europe/Berlin", "UTC", "Asia/Tokyo"))
    )
    tellers = [Teller(MAIL), Teller(MAIL)]
    for teller in tellers:
        teller.tell(maintenances=plans)
    first, second = (teller.get("/maintenance.ics") for teller in tellers)
    tellers[0].change(data_at=NOW + 60, judged_at=NOW + 60)
    turned_clock.ahead += 2
    again = tellers[0].get("/maintenance.ics", If_None_Match=second.headers["ETag"])
    assert first.data == second.data and again.status_code == 304 and tellers[0].reads == 2
    zones = [each["TZID"] for each in Calendar.from_ical(first.data).timezones]
    assert zones == ["America/New_York", "Asia/Tokyo", "Europe/Berlin"]  # an order that no process makes up


def test_it_is_not_empty_where_nothing_could_be_read_yet() -> None:
    teller = Teller(MAIL)
    teller.away = True
    assert teller.get("/maintenance.ics").status_code == 503
