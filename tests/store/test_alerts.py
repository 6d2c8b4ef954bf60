"""Alerts as the store keeps them, and how far it has been decided about changes."""

from msgspec.structs import replace

from monitoring.status import Cause, Status
from monitoring.store import alerts, facts, transitions
from monitoring.store.alerts import Alert
from monitoring.store.database import Database
from monitoring.store.transitions import Transition
from tests.support.results import DEGRADED, HEALTHY, NOON, UNHEALTHY

ALERT = Alert(
    channel="chat",
    check="api",
    began_at=NOON,
    dedup_key="daymark:api:1",
    status=UNHEALTHY,
    cause=Cause.REFUSED,
    error="refused \N{BULLET} ü",
    correlation_id="run-1",
    confirmed_at=NOON + 2,
    changed_at=NOON + 2,
    due_at=NOON + 2,
    repeat_seconds=300,
    told_at=NOON + 2.125,
    said_at=NOON + 2.125,
    messages=1,
    flapping=True,
)


def changed(number: int, status: Status = UNHEALTHY, at: float = NOON) -> Transition:
    return Transition(check=f"api{number}", previous=HEALTHY, status=status, at=at, confirmed_at=at, cause=Cause.DNS)


def save(database: Database, *changed: Alert) -> None:
    with database.write() as connection:
        alerts.save(connection, changed)


def known(database: Database) -> list[Alert]:
    with database.read() as connection:
        return alerts.open_alerts(connection)


def test_an_alert_comes_back_as_it_was_saved(database: Database) -> None:
    bare = replace(ALERT, channel="pager", cause=None, error=None, correlation_id=None, told_at=None, flapping=False)
    save(database, ALERT, bare)
    assert sorted(known(database), key=lambda each: each.channel) == [ALERT, bare]


def test_an_alert_may_tell_an_error_that_no_database_takes(database: Database) -> None:
    save(database, replace(ALERT, error="a\0b\ud800"))
    assert [each.error for each in known(database)] == ["a\N{REPLACEMENT CHARACTER}b?"]


def test_what_is_closed_is_not_open_any_more(database: Database) -> None:
    save(database, ALERT)
    save(database, replace(ALERT, ended_at=NOON + 60, closed_at=NOON + 70))
    assert known(database) == []


def test_an_acknowledgement_survives_whatever_else_is_decided_about_the_alert(database: Database) -> None:
    save(database, ALERT, replace(ALERT, channel="pager"))
    with database.write() as connection:
        assert alerts.acknowledge(connection, ALERT.dedup_key, NOON, NOON + 30, "me@example.org")
    save(database, replace(ALERT, messages=2))
    assert {(each.acknowledged_at, each.acknowledged_by) for each in known(database)} == {(NOON + 30, "me@example.org")}


def test_one_outage_is_acknowledged_once_and_the_next_one_is_another(database: Database) -> None:
    with database.write() as connection:
        said = [alerts.acknowledge(connection, "daymark:store", at, NOON, who) for at, who in ((1, "a"), (1, "b"))]
    save(database, replace(ALERT, dedup_key="daymark:store", began_at=1), replace(ALERT, dedup_key="daymark:store"))
    assert said == [True, False]
    assert [each.acknowledged_by for each in known(database)] == ["a", None]


def test_what_changed_long_before_anybody_decided_is_history(database: Database) -> None:
    with database.write() as connection:
        transitions.add(connection, [changed(1), changed(2, at=NOON + 1000)])
        number = alerts.cursor(connection, NOON + 1100)
        assert [each.transition.check for each in alerts.after(connection, number)] == ["api2"]


def test_it_goes_on_where_it_was_left_off(database: Database) -> None:
    with database.write() as connection:
        transitions.add(connection, [changed(number) for number in range(5)])
        second = alerts.after(connection, 0, limit=2)[-1]
        alerts.move_cursor(connection, second.number)
        alerts.move_cursor(connection, second.number)
        number = alerts.cursor(connection, NOON + 9999)
        assert [each.transition for each in alerts.after(connection, number)] == [changed(2), changed(3), changed(4)]
        assert alerts.changes(connection, number, NOON) == [changed(0), changed(1)]


def test_changes_that_are_older_than_asked_for_are_left_out(database: Database) -> None:
    with database.write() as connection:
        transitions.add(connection, [changed(1, DEGRADED), changed(2, at=NOON + 60)])
        assert alerts.changes(connection, 99, NOON + 1) == [changed(2, at=NOON + 60)]


def test_all_changes_of_a_stormy_half_hour_are_remembered(database: Database) -> None:
    storm = [changed(number, at=NOON + number) for number in range(1500)]
    with database.write() as connection:
        transitions.add(connection, storm)
        assert alerts.changes(connection, 1500, NOON) == storm


def test_a_fact_can_be_stated_anew(database: Database) -> None:
    with database.write() as connection:
        facts.put(connection, "a", "1")
        facts.put(connection, "a", "2")
        assert facts.get(connection, "a") == "2"
