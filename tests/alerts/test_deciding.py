"""Who is told what, and when: one check and its outages."""

import pytest
from msgspec.structs import replace

from monitoring.alerts.rules import Rule
from monitoring.alerts.situation import Standing
from monitoring.status import Status
from tests.alerts.diary import Diary, everything, subject
from tests.support.results import DEGRADED, HEALTHY, UNHEALTHY, UNKNOWN

TRIGGER, REMINDER, RESOLVE = (
    ("trigger", "db", "unhealthy"),
    ("reminder", "db", "unhealthy"),
    ("resolve", "db", "healthy"),
)


@pytest.mark.parametrize("previous", [HEALTHY, UNKNOWN])
@pytest.mark.parametrize("status", [DEGRADED, UNHEALTHY])
def test_it_tells_that_a_check_is_not_well(previous: Status, status: Status) -> None:
    diary = Diary()
    diary.standings["db"] = Standing(previous)
    diary.becomes("db", status, 100)
    assert diary.told == [("trigger", "db", status.value)]


def test_it_says_what_is_known_of_an_outage() -> None:
    diary = Diary(subject("db", group="Storage"))
    diary.becomes("db", UNHEALTHY, 100)
    [message] = diary.heard
    assert (message.title, message.group, message.cause, message.number) == ("DB", "Storage", "refused", 1)
    assert (message.began_at, message.confirmed_at, message.at, message.ended_at) == (100, 102, 102, None)


def test_it_tells_every_channel() -> None:
    diary = Diary(channels=["chat", "mail"])
    diary.becomes("db", UNHEALTHY, 100)
    assert diary.told_on("chat") == diary.told_on("mail") == [("trigger", "unhealthy")]


def test_it_tells_no_channel_that_is_not_configured() -> None:
    diary = Diary(rules=[everything("gone")])
    decision = diary.becomes("db", UNHEALTHY, 100)
    assert (diary.told, decision.alerts) == ([], ())


def test_it_tells_of_events_that_are_no_checks() -> None:
    diary = Diary(rules=[Rule(events=("spike",), channels=("chat",))])
    diary.becomes("spike/ValueError", UNHEALTHY, 100)
    diary.becomes("spike/ValueError", HEALTHY, 200)
    assert [(each.event, each.title) for each in diary.heard] == [
        ("trigger", "Error spike: ValueError"),
        ("resolve", "Error spike: ValueError"),
    ]


# How long it must last


def test_what_a_single_first_result_says_must_last_until_it_could_be_refuted() -> None:
    diary = Diary(replace(subject("db"), doubt_seconds=35.0))
    diary.standings["db"] = Standing(UNKNOWN)
    diary.becomes("db", UNHEALTHY, 100)
    diary.until(136)
    assert diary.told == []
    diary.until(138)
    assert diary.told == [TRIGGER]


def test_a_first_result_that_was_refuted_is_told_to_nobody() -> None:
    diary = Diary(replace(subject("db"), doubt_seconds=35.0))
    diary.standings["db"] = Standing(UNKNOWN)
    diary.becomes("db", UNHEALTHY, 100)
    diary.becomes("db", HEALTHY, 115)
    diary.until(1000)
    assert diary.told == []


def test_what_was_well_before_is_not_doubted() -> None:
    diary = Diary(replace(subject("db"), doubt_seconds=35.0))
    diary.becomes("db", UNHEALTHY, 100)
    assert diary.told == [TRIGGER]


def test_it_waits_until_an_outage_has_lasted_long_enough() -> None:
    diary = Diary(rules=[everything(for_seconds=60)])
    decision = diary.becomes("db", UNHEALTHY, 100)
    assert (diary.told, decision.next_at) == ([], 162)
    diary.decide(161.9)
    assert diary.told == []
    diary.decide(162)
    assert diary.told == [TRIGGER]


def test_nobody_hears_of_an_outage_that_ends_before() -> None:
    diary = Diary(rules=[everything(for_seconds=60)])
    diary.becomes("db", UNHEALTHY, 100)
    decision = diary.becomes("db", HEALTHY, 150)
    assert (diary.told, decision.next_at, diary.past(152).alerts) == ([], None, [])


def test_an_outage_that_lasted_long_enough_is_told_though_it_is_over_before_anybody_decides() -> None:
    diary = Diary(rules=[everything(for_seconds=60)])
    diary.decide(500, diary.change("db", UNHEALTHY, 100), diary.change("db", HEALTHY, 200))
    assert diary.told == [TRIGGER, RESOLVE]


def test_an_outage_that_was_too_short_is_not_told_however_late_it_is_decided() -> None:
    diary = Diary(rules=[everything(for_seconds=60)])
    diary.decide(500, diary.change("db", UNHEALTHY, 100), diary.change("db", HEALTHY, 150))
    assert diary.told == []


def test_nobody_hears_of_what_no_rule_means_any_more() -> None:
    diary = Diary(rules=[everything(for_seconds=60)])
    diary.becomes("db", UNHEALTHY, 100)
    diary.rules = [everything(severities=(DEGRADED,))]
    diary.decide(200)
    assert (diary.told, diary.past(200).alerts) == ([], [])


# Maintenance


def test_in_maintenance_nobody_is_told() -> None:
    diary = Diary()
    diary.in_maintenance = {"db"}
    diary.becomes("db", UNHEALTHY, 100)
    diary.becomes("db", HEALTHY, 200)
    assert diary.told == []


def test_what_is_still_down_after_maintenance_is_told_then() -> None:
    diary = Diary()
    diary.in_maintenance = {"db"}
    diary.becomes("db", UNHEALTHY, 100)
    diary.in_maintenance = set()
    diary.until(130)
    assert diary.told == [TRIGGER]


def test_it_looks_again_while_maintenance_holds_something_back() -> None:
    diary = Diary()
    diary.in_maintenance = {"db"}
    decision = diary.becomes("db", UNHEALTHY, 100)
    assert decision.next_at == pytest.approx(107)


def test_reminders_wait_for_the_end_of_maintenance() -> None:
    diary = Diary(rules=[everything(repeat_seconds=600)])
    diary.becomes("db", UNHEALTHY, 100)
    diary.in_maintenance = {"db"}
    diary.until(2000)
    assert diary.told == [TRIGGER]
    diary.in_maintenance = set()
    diary.until(2006)
    assert diary.told == [TRIGGER, REMINDER]


def test_a_resolve_does_not_wait_for_the_end_of_maintenance() -> None:
    diary = Diary()
    diary.becomes("db", UNHEALTHY, 100)
    diary.in_maintenance = {"db"}
    diary.becomes("db", HEALTHY, 200)
    assert diary.told == [TRIGGER, RESOLVE]


# The end


def test_a_resolve_follows_with_the_duration() -> None:
    diary = Diary()
    diary.becomes("db", UNHEALTHY, 100)
    diary.becomes("db", HEALTHY, 400)
    assert diary.told == [TRIGGER, RESOLVE]
    [trigger, resolve] = diary.heard
    assert (resolve.ended_at, resolve.seconds, resolve.number) == (400, 300, 2)
    assert trigger.dedup_key == resolve.dedup_key


def test_after_the_resolve_there_is_nothing_more_to_say() -> None:
    diary = Diary(rules=[everything(repeat_seconds=60)])
    diary.becomes("db", UNHEALTHY, 100)
    decision = diary.becomes("db", HEALTHY, 120)
    assert (decision.next_at, [each.closed_at for each in decision.alerts]) == (None, [122])


def test_the_next_outage_has_a_key_of_its_own() -> None:
    diary = Diary()
    diary.becomes("db", UNHEALTHY, 100)
    diary.becomes("db", HEALTHY, 200)
    diary.becomes("db", UNHEALTHY, 2000.1234)
    assert [each.dedup_key for each in diary.heard] == [
        "daymark:db:100000",
        "daymark:db:100000",
        "daymark:db:2000123",
    ]


def test_a_channel_that_is_gone_gets_its_resolve_and_nothing_else() -> None:
    diary = Diary(rules=[everything("chat", repeat_seconds=60)])
    diary.becomes("db", DEGRADED, 100)
    diary.channels, diary.rules = [], [everything("mail")]
    diary.becomes("db", UNHEALTHY, 150)
    diary.until(1000)
    diary.becomes("db", HEALTHY, 1100)
    assert [each[0] for each in diary.told] == ["trigger", "resolve"]


def test_the_alert_of_a_check_that_is_not_configured_any_more_is_closed() -> None:
    diary = Diary(rules=[everything(repeat_seconds=60)])
    diary.becomes("db", UNHEALTHY, 100)
    diary.subjects, diary.standings = {}, {}
    decision = diary.decide(120)
    assert diary.told == [TRIGGER, ("resolve", "db", "unknown")]
    assert decision.next_at is None


# Reminders


def test_it_reminds_until_the_outage_ends() -> None:
    diary = Diary(rules=[everything(repeat_seconds=600)])
    decision = diary.becomes("db", UNHEALTHY, 100)
    assert decision.next_at == 702
    diary.until(1400)
    diary.becomes("db", HEALTHY, 1500)
    diary.until(5000)
    assert diary.told == [TRIGGER, REMINDER, REMINDER, RESOLVE]
    assert [each.number for each in diary.heard] == [1, 2, 3, 4]


def test_it_reminds_once_however_long_it_was_away() -> None:
    diary = Diary(rules=[everything(repeat_seconds=600)])
    diary.becomes("db", UNHEALTHY, 100)
    diary.decide(9000)
    assert diary.told == [TRIGGER, REMINDER]


def test_it_does_not_remind_of_what_is_over_by_now() -> None:
    diary = Diary(rules=[everything(repeat_seconds=600)])
    diary.becomes("db", UNHEALTHY, 100)
    diary.decide(1000, diary.change("db", HEALTHY, 900))
    assert diary.told == [TRIGGER, RESOLVE]


def test_what_is_as_it_was_is_not_written_again() -> None:
    diary = Diary(rules=[everything(repeat_seconds=600)])
    diary.becomes("db", UNHEALTHY, 100)
    decision = diary.decide(300)
    assert (decision.alerts, decision.deliveries, decision.next_at) == ((), (), 702)


def test_what_was_acknowledged_is_resolved_without_reminders() -> None:
    diary = Diary(rules=[everything(repeat_seconds=600)])
    diary.becomes("db", UNHEALTHY, 100)
    diary.acknowledge(300)
    diary.until(3000)
    diary.becomes("db", HEALTHY, 3100)
    assert diary.told == [TRIGGER, RESOLVE]


# Unknown


def test_unknown_tells_and_ends_nothing() -> None:
    diary = Diary()
    diary.becomes("db", UNHEALTHY, 100)
    diary.becomes("db", UNKNOWN, 200)
    diary.becomes("db", UNHEALTHY, 300)
    diary.becomes("db", HEALTHY, 400)
    assert diary.told == [TRIGGER, RESOLVE]
    assert diary.heard[1].seconds == 300
