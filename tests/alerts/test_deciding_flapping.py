"""What is told of a check whose state keeps changing."""

from collections.abc import Iterable

import pytest

from monitoring.alerts.situation import Standing
from monitoring.status import Status
from tests.alerts.diary import Diary, everything
from tests.support.results import DEGRADED, HEALTHY, UNHEALTHY

DOWN, UP = UNHEALTHY, HEALTHY


def lived(diary: Diary, statuses: Iterable[Status], start: float = 100, every: float = 100) -> float:
    """Let the database change again and again; return when it did last."""
    at = start
    for number, status in enumerate(statuses):
        at = start + number * every
        diary.until(at)
        diary.becomes("db", status, at)
    return at


def said(diary: Diary) -> list[tuple[str, bool]]:
    return [(each.event.value, each.flapping) for each in diary.heard]


def test_the_fourth_change_within_15_minutes_is_said_to_be_flapping() -> None:
    diary = Diary()
    lived(diary, [DOWN, UP, DOWN, UP])
    assert said(diary) == [("trigger", False), ("resolve", False), ("trigger", False), ("reminder", True)]
    notice = diary.heard[-1]
    assert (notice.status, notice.ended_at, notice.number) == (HEALTHY, 400, 2)


def test_four_changes_in_just_15_minutes_are_flapping() -> None:
    diary = Diary()
    lived(diary, [DOWN, UP, DOWN, UP], every=300)
    assert said(diary)[-1] == ("reminder", True)


def test_four_changes_in_more_than_15_minutes_are_four_messages() -> None:
    diary = Diary()
    lived(diary, [DOWN, UP, DOWN, UP], every=301)
    assert said(diary) == [("trigger", False), ("resolve", False)] * 2


def test_a_fourth_change_that_begins_an_outage_triggers_with_that_word() -> None:
    diary = Diary()
    diary.standings["db"] = Standing(UNHEALTHY)
    lived(diary, [UP, DOWN, UP, DOWN])
    assert said(diary) == [("trigger", False), ("resolve", False), ("trigger", True)]


def test_that_a_check_became_known_is_no_change() -> None:
    diary = Diary()
    diary.standings["db"] = Standing(Status.UNKNOWN)
    lived(diary, [UP, DOWN, UP, DOWN])
    assert said(diary) == [("trigger", False), ("resolve", False), ("trigger", False)]


def test_it_is_flapping_between_bad_and_worse_too() -> None:
    diary = Diary()
    lived(diary, [DEGRADED, UNHEALTHY, DEGRADED, UNHEALTHY, DEGRADED, UNHEALTHY])
    assert said(diary) == [("trigger", False), ("reminder", False), ("reminder", True)]


def test_nothing_more_is_said_while_it_flaps() -> None:
    diary = Diary(rules=[everything(repeat_seconds=60)])
    lived(diary, [DOWN, UP, DOWN, UP, DOWN, UP, DOWN, UP, DOWN])
    flapping = said(diary).index(("reminder", True))
    assert said(diary)[flapping + 1 :] == []
    assert len(diary.past(1000).alerts) == 1


def test_it_resolves_after_30_calm_minutes_if_it_is_healthy() -> None:
    diary = Diary()
    last = lived(diary, [DOWN, UP, DOWN, UP, DOWN, UP])
    assert diary.last.next_at == last + 2 + 1800
    diary.until(last + 1801.9)
    assert len(diary.heard) == 4
    diary.until(last + 1802)
    final = diary.heard[-1]
    assert (final.event, final.flapping, final.began_at, final.ended_at) == ("resolve", False, 300, last)
    assert diary.last.next_at is None


def test_it_says_how_it_stands_after_30_calm_minutes_if_it_is_not() -> None:
    diary = Diary()
    last = lived(diary, [DOWN, UP, DOWN, UP, DOWN])
    diary.until(last + 1802)
    final = diary.heard[-1]
    assert (final.event, final.flapping, final.status, final.ended_at) == ("reminder", False, UNHEALTHY, None)
    diary.becomes("db", UP, 5000)
    assert said(diary)[-1] == ("resolve", False)
    assert diary.heard[-1].dedup_key == final.dedup_key


def test_the_final_state_waits_for_the_end_of_maintenance_unless_it_is_a_resolve() -> None:
    down, up = Diary(), Diary()
    for diary, changes in ((down, [DOWN, UP, DOWN, UP, DOWN]), (up, [DOWN, UP, DOWN, UP])):
        last = lived(diary, changes)
        diary.in_maintenance = {"db"}
        diary.until(last + 1900)
    assert (said(down)[-1], said(up)[-1]) == (("reminder", True), ("resolve", False))
    down.in_maintenance = set()
    down.until(2500)
    assert said(down)[-1] == ("reminder", False)


def test_calm_that_nobody_decided_about_in_time_still_comes_before_the_next_outage() -> None:
    diary = Diary()
    last = lived(diary, [DOWN, UP, DOWN, UP])
    diary.becomes("db", DOWN, last + 4000)
    assert said(diary)[-2:] == [("resolve", False), ("trigger", False)]
    assert len({each.dedup_key for each in diary.heard[-2:]}) == 2
    assert diary.alerts["chat", "db", 300].ended_at == last


def test_a_channel_that_waits_is_told_nothing_of_short_outages() -> None:
    diary = Diary(rules=[everything(for_seconds=300)])
    last = lived(diary, [DOWN, UP, DOWN, UP, DOWN, UP])
    diary.until(last + 3000)
    assert diary.told == []


def test_a_channel_that_waits_is_told_once_an_outage_has_lasted() -> None:
    diary = Diary(rules=[everything(for_seconds=300)])
    last = lived(diary, [DOWN, UP, DOWN, UP, DOWN])
    diary.until(last + 303)
    assert said(diary) == [("trigger", True)]
    diary.becomes("db", UP, last + 400)
    diary.until(last + 3000)
    assert said(diary) == [("trigger", True), ("resolve", False)]


def test_what_keeps_changing_between_bad_and_worse_is_said_to_once_it_has_lasted() -> None:
    diary = Diary(rules=[everything(for_seconds=300)])
    lived(diary, [DEGRADED, UNHEALTHY, DEGRADED, UNHEALTHY], every=50)
    diary.until(402)
    assert said(diary) == [("trigger", True)]


def test_a_channel_that_waits_until_all_is_calm_hears_of_no_flapping() -> None:
    diary = Diary(rules=[everything(for_seconds=3600)])
    last = lived(diary, [DOWN, UP, DOWN, UP, DOWN])
    diary.until(last + 3602)
    assert said(diary) == [("trigger", False)]


def test_one_channel_can_be_told_while_another_still_waits() -> None:
    diary = Diary(rules=[everything("chat"), everything("pager", for_seconds=300)], channels=["chat", "pager"])
    lived(diary, [DOWN, UP, DOWN, UP])
    assert (len(diary.told_on("chat")), diary.told_on("pager")) == (4, [])


@pytest.mark.parametrize("silenced", ["maintenance", "channel"])
def test_a_resolve_is_not_withheld_where_flapping_cannot_be_said(silenced: str) -> None:
    diary = Diary()
    lived(diary, [DOWN, UP, DOWN])
    if silenced == "maintenance":
        diary.in_maintenance = {"db"}
    else:
        diary.channels = []
    diary.becomes("db", UP, 400)
    assert said(diary)[-1] == ("resolve", False)


def test_a_check_that_flapped_in_maintenance_is_told_of_when_the_window_ends() -> None:
    diary = Diary()
    diary.in_maintenance = {"db"}
    last = lived(diary, [DOWN, UP, DOWN, UP, DOWN])
    diary.in_maintenance = set()
    diary.until(last + 10)
    assert said(diary) == [("trigger", False)]


def test_what_a_check_did_while_it_was_worked_on_is_no_flapping() -> None:
    diary = Diary()
    diary.in_maintenance = {"db"}
    last = lived(diary, [DOWN, UP, DOWN, UP])
    diary.in_maintenance, diary.maintenance_ended_at = set(), {"db": last + 1}
    diary.becomes("db", DOWN, last + 60)
    diary.becomes("db", UP, last + 120)
    assert said(diary) == [("trigger", False), ("resolve", False)]


def test_changes_that_are_decided_together_are_told_as_if_one_by_one() -> None:
    diary = Diary()
    changes = [diary.change("db", status, at) for at, status in enumerate([DOWN, UP, DOWN, UP], start=1)]
    diary.decide(100, *changes)
    assert said(diary) == [("trigger", False), ("resolve", False), ("trigger", False), ("reminder", True)]
