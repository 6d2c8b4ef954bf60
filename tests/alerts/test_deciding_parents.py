"""What is told of a check whose parent is down."""

import pytest

from monitoring.alerts.situation import Standing
from monitoring.status import Status
from tests.alerts.diary import SETTLE_SECONDS, Diary, everything, subject
from tests.support.results import DEGRADED, HEALTHY, UNHEALTHY, UNKNOWN


def family() -> Diary:
    """Return a diary of a database, what depends on it, and what depends on that."""
    return Diary(subject("db"), subject("api", "db"), subject("shop", "api"))


def test_ten_checks_that_fall_with_their_database_give_one_message() -> None:
    apis = [f"api-{number}" for number in range(10)]
    diary = Diary(subject("db"), *(subject(name, "db") for name in apis))
    fallen = [diary.change(name, UNHEALTHY, 100) for name in [*apis, "db"]]
    diary.decide(102, *fallen)
    diary.until(1000)
    assert diary.told == [("trigger", "db", "unhealthy")]
    assert diary.heard[0].affects == tuple(name.upper() for name in apis)


def test_a_child_that_is_confirmed_first_waits_while_its_parent_is_suspected() -> None:
    diary = family()
    diary.suspect("db")
    diary.becomes("api", UNHEALTHY, 100)
    diary.until(110)
    diary.becomes("db", UNHEALTHY, 109)
    diary.until(500)
    assert diary.told == [("trigger", "db", "unhealthy")]
    assert diary.heard[0].affects == ("API",)


def test_a_child_is_told_when_its_parent_was_suspected_for_nothing() -> None:
    diary = family()
    diary.suspect("db")
    diary.becomes("api", UNHEALTHY, 100)
    diary.suspect("db", False)
    diary.until(104)
    assert diary.told == [("trigger", "api", "unhealthy")]


def test_a_check_waits_for_the_parents_of_its_parents() -> None:
    diary = family()
    diary.becomes("db", UNHEALTHY, 100)
    diary.becomes("shop", UNHEALTHY, 110)
    diary.until(500)
    assert [check for _, check, _ in diary.told] == ["db"]


def test_every_message_about_the_parent_names_those_that_wait() -> None:
    diary = family()
    diary.rules = [everything(repeat_seconds=600)]
    diary.becomes("db", UNHEALTHY, 100)
    diary.becomes("shop", UNHEALTHY, 110)
    diary.becomes("api", DEGRADED, 120)
    diary.until(800)
    diary.becomes("db", HEALTHY, 800)
    assert [each.affects for each in diary.heard] == [(), ("API", "SHOP"), ("API", "SHOP")]


def test_it_names_those_that_begin_to_fail_as_well() -> None:
    diary = family()
    diary.suspect("shop")
    diary.becomes("db", UNHEALTHY, 100)
    assert diary.heard[0].affects == ("SHOP",)


def test_what_is_being_worked_on_is_not_named() -> None:
    diary = family()
    diary.in_maintenance = {"api"}
    diary.becomes("api", UNHEALTHY, 100)
    diary.becomes("db", UNHEALTHY, 100)
    assert diary.heard[0].affects == ()


@pytest.mark.parametrize("parent", [DEGRADED, UNKNOWN])
def test_a_parent_that_is_not_down_excuses_nobody(parent: Status) -> None:
    diary = family()
    diary.standings["db"] = Standing(parent)
    diary.becomes("api", UNHEALTHY, 100)
    assert diary.told == [("trigger", "api", "unhealthy")]


def test_a_parent_that_gets_slow_names_nobody() -> None:
    diary = family()
    diary.standings["api"] = Standing(UNHEALTHY)
    diary.becomes("db", DEGRADED, 100)
    assert diary.heard[0].affects == ()


def test_children_that_recover_with_their_parent_are_never_told_of() -> None:
    diary = family()
    diary.becomes("db", UNHEALTHY, 100)
    diary.becomes("api", UNHEALTHY, 110)
    diary.becomes("db", HEALTHY, 200)
    diary.until(250)
    diary.becomes("api", HEALTHY, 260)
    diary.until(5000)
    assert [check for _, check, _ in diary.told] == ["db", "db"]


def test_the_same_holds_when_all_of_it_is_decided_late() -> None:
    diary = family()
    changes = [
        diary.change("api", UNHEALTHY, 99),
        diary.change("db", UNHEALTHY, 100),
        diary.change("db", HEALTHY, 300),
        diary.change("api", HEALTHY, 320),
    ]
    diary.decide(1000, *changes)
    assert [check for _, check, _ in diary.told] == ["db", "db"]


def test_a_parent_that_fell_later_is_no_reason_to_keep_quiet() -> None:
    diary = family()
    changes = [
        diary.change("api", UNHEALTHY, 100),
        diary.change("api", HEALTHY, 200),
        diary.change("db", UNHEALTHY, 300),
    ]
    diary.decide(1000, *changes)
    assert [(event, check) for event, check, _ in diary.told] == [
        ("trigger", "api"),
        ("resolve", "api"),
        ("trigger", "db"),
    ]


def test_a_child_that_stays_down_is_told_once_it_must_have_noticed() -> None:
    diary = family()
    diary.becomes("db", UNHEALTHY, 100)
    diary.becomes("api", UNHEALTHY, 110)
    decision = diary.becomes("db", HEALTHY, 200)
    assert decision.next_at == 202 + SETTLE_SECONDS
    diary.until(202 + SETTLE_SECONDS - 0.1)
    assert "api" not in {check for _, check, _ in diary.told}
    diary.until(202 + SETTLE_SECONDS)
    assert diary.told[-1] == ("trigger", "api", "unhealthy")
    assert diary.heard[-1].began_at == 110


def test_a_child_told_before_its_parent_was_found_down_gets_its_resolve() -> None:
    diary = family()
    diary.becomes("api", UNHEALTHY, 90)
    diary.becomes("db", UNHEALTHY, 100)
    assert diary.heard[1].affects == ()
    diary.becomes("api", HEALTHY, 200)
    assert diary.told[-1] == ("resolve", "api", "healthy")


def test_a_child_waits_also_while_nobody_is_told_of_its_parent() -> None:
    diary = family()
    diary.in_maintenance = {"db"}
    diary.becomes("db", UNHEALTHY, 100)
    diary.becomes("api", UNHEALTHY, 110)
    diary.until(500)
    assert diary.told == []


def test_a_child_waits_while_either_its_parents_standing_or_its_last_change_says_down() -> None:
    ahead, behind = family(), family()
    ahead.standings["db"] = Standing(UNHEALTHY)
    behind.becomes("db", UNHEALTHY, 100)
    behind.standings["db"] = Standing(HEALTHY)
    for diary in (ahead, behind):
        diary.becomes("api", UNHEALTHY, 110)
        assert "api" not in {check for _, check, _ in diary.told}


def test_a_circle_of_parents_is_no_trap() -> None:
    diary = Diary(subject("a", "b"), subject("b", "a"))
    diary.becomes("a", UNHEALTHY, 100)
    assert diary.told == [("trigger", "a", "unhealthy")]
