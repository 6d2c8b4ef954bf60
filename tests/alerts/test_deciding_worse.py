"""Who is told what, and when: outages that get worse, or milder, and when they began."""

import pytest

from monitoring.alerts.situation import Standing
from monitoring.status import Status
from tests.alerts.diary import Diary, everything
from tests.support.results import DEGRADED, HEALTHY, UNHEALTHY, UNKNOWN

TRIGGER, REMINDER = ("trigger", "db", "unhealthy"), ("reminder", "db", "unhealthy")


def test_it_says_once_that_an_outage_gets_worse() -> None:
    diary = Diary()
    diary.becomes("db", DEGRADED, 100)
    diary.becomes("db", UNHEALTHY, 200)
    diary.decide(300)
    assert diary.told == [("trigger", "db", "degraded"), REMINDER]
    assert [(each.began_at, each.number, each.dedup_key) for each in diary.heard] == [
        (100, 1, "daymark:db:100000"),
        (100, 2, "daymark:db:100000"),
    ]


def test_it_says_that_it_got_worse_in_maintenance_after_the_window() -> None:
    diary = Diary()
    diary.becomes("db", DEGRADED, 100)
    diary.in_maintenance = {"db"}
    diary.becomes("db", UNHEALTHY, 200)
    assert len(diary.told) == 1
    diary.in_maintenance = set()
    diary.until(300)
    assert diary.told[1:] == [REMINDER]


def test_it_says_that_it_got_worse_though_somebody_acknowledged_it() -> None:
    diary = Diary()
    diary.becomes("db", DEGRADED, 100)
    diary.acknowledge(150)
    diary.becomes("db", UNHEALTHY, 200)
    assert diary.told[1:] == [REMINDER]


def test_what_a_clock_ahead_confirmed_is_said_once() -> None:
    diary = Diary()
    diary.decide(102, diary.change("db", DEGRADED, 100))
    diary.decide(202, diary.change("db", UNHEALTHY, 200, confirmed_at=207))
    diary.decide(204)
    assert diary.told == [("trigger", "db", "degraded"), REMINDER]


def test_it_keeps_quiet_when_an_outage_gets_milder() -> None:
    diary = Diary()
    diary.becomes("db", UNHEALTHY, 100)
    diary.becomes("db", DEGRADED, 200)
    [alert] = diary.past(202).alerts
    assert (diary.told, alert.status) == ([TRIGGER], DEGRADED)


@pytest.mark.parametrize("remembered", [True, False])
def test_a_channel_for_the_unhealthy_hears_of_an_outage_from_its_start(remembered: bool) -> None:
    diary = Diary(rules=[everything("chat"), everything("pager", severities=(UNHEALTHY,))], channels=["chat", "pager"])
    diary.becomes("db", DEGRADED, 100)
    diary.changes = diary.changes if remembered else []
    diary.becomes("db", UNHEALTHY, 200)
    assert diary.told_on("pager") == [("trigger", "unhealthy")]
    assert {each.dedup_key for each in diary.heard} == {"daymark:db:100000"}


def test_the_start_of_an_outage_is_known_though_nobody_was_told_of_it() -> None:
    diary = Diary(rules=[everything(severities=(UNHEALTHY,))])
    diary.becomes("db", DEGRADED, 100)
    diary.becomes("db", UNHEALTHY, 200)
    assert [each.began_at for each in diary.heard] == [100]


@pytest.mark.parametrize("meanwhile", [UNKNOWN, HEALTHY])
def test_an_outage_does_not_begin_before_nobody_looked_or_all_was_well(meanwhile: Status) -> None:
    diary = Diary(rules=[everything(severities=(UNHEALTHY,))])
    diary.becomes("db", DEGRADED, 100)
    diary.becomes("db", meanwhile, 200)
    diary.becomes("db", UNHEALTHY, 300)
    assert [each.began_at for each in diary.heard] == [300]


def test_an_outage_does_not_begin_before_a_recovery_after_which_a_change_is_missing() -> None:
    diary = Diary(rules=[everything(severities=(UNHEALTHY,))])
    diary.becomes("db", DEGRADED, 100)
    diary.becomes("db", HEALTHY, 200)
    diary.standings["db"] = Standing(DEGRADED)
    diary.becomes("db", UNHEALTHY, 300)
    assert [each.began_at for each in diary.heard] == [300]


def test_an_outage_whose_start_is_forgotten_began_with_the_first_change_that_is_not() -> None:
    diary = Diary(rules=[everything(severities=(UNHEALTHY,))])
    diary.standings["db"] = Standing(UNHEALTHY)
    diary.becomes("db", DEGRADED, 200)
    diary.becomes("db", UNHEALTHY, 300)
    assert [each.began_at for each in diary.heard] == [200]


def test_a_channel_for_the_degraded_does_not_hear_that_it_gets_worse() -> None:
    diary = Diary(rules=[everything(severities=(DEGRADED,))])
    diary.becomes("db", DEGRADED, 100)
    diary.becomes("db", UNHEALTHY, 200)
    diary.becomes("db", HEALTHY, 300)
    assert [each[0] for each in diary.told] == ["trigger", "resolve"]


def test_it_reminds_as_often_as_the_worse_state_asks_for() -> None:
    diary = Diary(rules=[everything(), everything(severities=(UNHEALTHY,), repeat_seconds=600)])
    diary.becomes("db", DEGRADED, 100)
    assert diary.last.next_at is None
    diary.becomes("db", UNHEALTHY, 200)
    assert diary.last.next_at == 802


def test_getting_worse_makes_nothing_due_later() -> None:
    diary = Diary(
        rules=[everything(severities=(each,), for_seconds=s) for each, s in ((DEGRADED, 60), (UNHEALTHY, 300))]
    )
    diary.becomes("db", DEGRADED, 100)
    assert diary.becomes("db", UNHEALTHY, 150).next_at == 162


def test_what_got_milder_must_have_lasted_as_long_as_that_asks_for() -> None:
    diary = Diary(
        rules=[everything(severities=(each,), for_seconds=s) for each, s in ((DEGRADED, 600), (UNHEALTHY, 60))]
    )
    diary.becomes("db", UNHEALTHY, 100)
    assert diary.becomes("db", DEGRADED, 120).next_at == 702


def test_an_outage_whose_start_nobody_remembers_began_with_the_change() -> None:
    diary = Diary()
    diary.standings["db"] = Standing(DEGRADED)
    diary.becomes("db", UNHEALTHY, 200)
    assert [each.began_at for each in diary.heard] == [200]


def test_a_channel_for_the_unhealthy_is_not_told_of_what_got_milder_in_time() -> None:
    diary = Diary(rules=[everything(severities=(UNHEALTHY,), for_seconds=60)])
    diary.becomes("db", UNHEALTHY, 100)
    diary.becomes("db", DEGRADED, 120)
    diary.until(500)
    assert diary.told == []


def test_it_is_due_sooner_when_it_gets_worse() -> None:
    diary = Diary(rules=[everything(for_seconds=600), everything(severities=(UNHEALTHY,))])
    diary.becomes("db", DEGRADED, 100)
    assert diary.told == []
    diary.becomes("db", UNHEALTHY, 200)
    assert diary.told == [TRIGGER]
