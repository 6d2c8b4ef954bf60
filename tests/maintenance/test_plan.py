"""What somebody may plan, and what is said against the rest."""

from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.maintenance import planned, windows
from monitoring.maintenance.recurrence import canonical
from tests.maintenance.plans import BERLIN, at, plan

NOW = at("2026-11-23 12:00")
SUNDAY = at("2026-11-29 02:00", BERLIN)
DAY = 86400.0


def faults(**fields: object) -> list[tuple[str, str]]:
    return list(plan(**{"starts_at": NOW, **fields}).faults(NOW, {"api", "mail"}, {"Website"}))


def wrong(**fields: object) -> list[str]:
    return [field for field, _ in faults(**fields)]


def test_nothing_is_said_against_a_plan_that_can_be_kept() -> None:
    assert faults(checks=("api",), groups=("Website",)) == []
    assert faults(starts_at=SUNDAY, timezone=BERLIN, rrule="FREQ=WEEKLY;BYDAY=SU") == []


@pytest.mark.parametrize("title", ["", "  ", "x" * 201])
def test_it_needs_a_title(title: str) -> None:
    assert wrong(title=title) == ["title"]


def test_its_words_are_bounded() -> None:
    assert wrong(body="x" * 20_001) == ["body"]


@pytest.mark.parametrize(
    ("after", "fault"), [(-61, ["starts_at"]), (-59, []), (2000 * DAY, ["starts_at"]), (float("nan"), ["starts_at"])]
)
def test_it_cannot_begin_in_the_past_nor_in_another_age(after: float, fault: list[str]) -> None:
    assert wrong(starts_at=NOW + after) == fault


@pytest.mark.parametrize("seconds", [0, 59, -5, 30 * DAY + 1, float("inf"), float("nan")])
def test_it_lasts_a_minute_to_thirty_days(seconds: float) -> None:
    assert wrong(seconds=seconds) == ["seconds"]


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "Europe", "/etc/localtime", "\0"])
def test_its_zone_must_be_known(zone: str) -> None:
    assert wrong(timezone=zone, rrule="FREQ=DAILY") == ["timezone"]


@pytest.mark.parametrize(
    "rule",
    [
        "rubbish",
        "FREQ=",
        "INTERVAL=2",
        "FREQ=SECONDLY",
        "FREQ=MINUTELY",
        "FREQ=HOURLY",
        "FREQ=DAILY;BYHOUR=1,2,3",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=1000",
        "FREQ=DAILY;INTERVAL=٢",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=5;UNTIL=20270101",
        "FREQ=DAILY;UNTIL=20271399",
        "FREQ=DAILY;UNTIL=2027",
        "FREQ=DAILY;FREQ=WEEKLY",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=YEARLY;BYDAY=54MO",
        "FREQ=MONTHLY;BYDAY=MO,6MO",
        "FREQ=YEARLY;BYMONTH=2;BYDAY=-6SU",
        "FREQ=WEEKLY;BYDAY=1MO",
        "FREQ=YEARLY;BYWEEKNO=20;BYDAY=1MO",
        "FREQ=YEARLY;BYMONTH=13",
        "FREQ=YEARLY;BYDAY=-1FR;BYMONTH=13",
        "FREQ=YEARLY;BYMONTH=0",
        "FREQ=YEARLY;BYMONTHDAY=-32",
        "FREQ=YEARLY;BYYEARDAY=367",
        "FREQ=YEARLY;BYWEEKNO=54",
        "FREQ=YEARLY;BYSETPOS=0",
        "FREQ=YEARLY;BYEASTER=1",
        "DTSTART:20200101T000000\nRRULE:FREQ=DAILY",
        "DTSTART=20200101T000000;FREQ=DAILY",
        "FREQ=DAILY;BYMONTHDAY=" + ",".join("1" * 200),
    ],
)
def test_its_rule_is_one_of_calendars_that_recurs_daily_at_most(rule: str) -> None:
    assert wrong(rrule=rule) == ["rrule"]


@pytest.mark.parametrize(
    "rule",
    ["FREQ=WEEKLY;BYDAY=MO", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;BYSETPOS=2"],
)
def test_its_first_window_is_one_that_the_rule_names(rule: str) -> None:
    assert faults(starts_at=SUNDAY, timezone=BERLIN, rrule=rule) == [
        ("starts_at", "a time that the rule names, in Europe/Berlin")
    ]


def test_sunday_is_that_of_its_zone() -> None:
    late = at("2026-11-28 23:30")  # half past midnight of Sunday in Berlin
    assert wrong(starts_at=late, timezone=BERLIN, rrule="FREQ=WEEKLY;BYDAY=SU") == []
    assert wrong(starts_at=late, timezone="UTC", rrule="FREQ=WEEKLY;BYDAY=SU") == ["starts_at"]


def test_a_rule_that_is_over_before_it_begins_is_refused() -> None:
    assert wrong(rrule="FREQ=DAILY;UNTIL=20261122") == ["rrule"]


@pytest.mark.parametrize(("seconds", "fault"), [(DAY, ["seconds"]), (DAY - 3600, []), (DAY - 3599, ["seconds"])])
def test_windows_must_not_overlap_also_on_the_shortest_day(seconds: float, fault: list[str]) -> None:
    assert wrong(starts_at=SUNDAY, timezone=BERLIN, rrule="FREQ=DAILY", seconds=seconds) == fault


def test_the_checks_and_groups_must_be_there() -> None:
    assert faults(checks=("api", "gone"), groups=("Website", "Lost")) == [
        ("checks", "names of checks, unlike 'gone'"),
        ("groups", "names of groups, unlike 'Lost'"),
    ]


def test_everything_wrong_is_said_at_once() -> None:
    assert wrong(title="", starts_at=0.0, seconds=0, timezone="x", checks=("x",), groups=("y",), rrule="z") == [
        *("title", "starts_at", "seconds", "timezone", "checks", "groups")
    ]


def test_it_becomes_work_of_whole_seconds_with_an_id_of_its_own() -> None:
    asked = plan(NOW + 0.75, title=" Disks ", checks=("api", "mail", "api"), rrule="")
    first, second = (planned(asked, "ada", NOW) for _ in range(2))
    assert (first.title, first.starts_at, first.checks, first.rrule) == ("Disks", NOW, ("api", "mail"), None)
    assert (first.created_by, first.created_at, first.updated_at, first.ended_at) == ("ada", NOW, NOW, None)
    assert first.id != second.id and len(first.id) == 12
    assert msgspec.structs.replace(first, id=second.id) == second


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("rrule:freq=weekly;byday=su", "FREQ=WEEKLY;BYDAY=SU"),
        ("FREQ=DAILY;UNTIL=20261231", "FREQ=DAILY;UNTIL=20261231T225959Z"),
        ("FREQ=DAILY;UNTIL=20260701T120000", "FREQ=DAILY;UNTIL=20260701T100000Z"),
        ("FREQ=DAILY;UNTIL=20260701T120000Z", "FREQ=DAILY;UNTIL=20260701T120000Z"),
    ],
)
def test_a_rule_is_kept_as_calendars_write_it(written: str, kept: str) -> None:
    assert canonical(written, ZoneInfo(BERLIN)) == kept


frequencies = st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])
parts = st.sampled_from(
    [
        *("BYDAY=MO,SU", "BYDAY=-1FR", "BYMONTH=2", "BYMONTH=13", "BYMONTHDAY=29,-1", "BYMONTHDAY=99"),
        *(
            "BYMONTH=1,12",
            "BYDAY=MO,53MO,-53SU",
            "BYDAY=SU,5SU,-5SU",
            "BYMONTHDAY=+31",
            "BYYEARDAY=-366",
            "BYWEEKNO=-1",
        ),
        *("BYYEARDAY=366", "BYWEEKNO=53", "BYSETPOS=2", "BYSETPOS=-1", "INTERVAL=7", "INTERVAL=999"),
        *("COUNT=3", "UNTIL=20280229", "WKST=SU"),
    ]
)


@settings(deadline=None, max_examples=60)
@given(frequencies, st.lists(parts, max_size=4), st.integers(0, 400))
def test_no_rule_hangs_and_a_plan_without_faults_begins_when_it_says(frequency: str, more: list[str], day: int) -> None:
    asked = plan(NOW + day * DAY, rrule=";".join([f"FREQ={frequency}", *more]))
    if not list(asked.faults(NOW, (), ())):
        work = planned(asked, "ada", NOW)
        found = windows([work], NOW - DAY, NOW + 800 * DAY)
        assert found[0].starts_at == work.starts_at
        assert all(first.ends_at <= then.starts_at for first, then in pairwise(found))


def test_a_secret_in_the_words_of_a_plan_is_not_stored() -> None:
    made = planned(plan(NOW, title="New password=hunter2", body="It is sk-C4naryThatSings123."), "ada", NOW)
    assert "hunter2" not in made.title and "C4nary" not in made.body


def test_a_title_is_one_line() -> None:
    assert "title" in dict(plan(NOW, title="New\ndisks").faults(NOW, (), ()))
