"""Everything under one correlation id, from all hosts."""

from typing import Any

import sqlalchemy as sa

from monitoring import tracing
from monitoring.status import Status
from monitoring.store import alerts, audit, errors, models, slow_operations, traces, transitions
from monitoring.store.alerts import Alert
from monitoring.store.audit import AuditEntry
from monitoring.store.database import Database
from monitoring.store.entries import Origin
from monitoring.store.transitions import Transition, name_of
from tests.store.measured import occurrence, slow
from tests.support.results import NOON

HERE, THERE = Origin("host:1", "shop"), Origin("other:1", "search")


def filled(database: Database) -> None:
    spike = Transition(
        check=name_of("spike", "ValueError"),
        previous=Status.HEALTHY,
        status=Status.UNHEALTHY,
        at=NOON + 60,
        confirmed_at=NOON + 65,
    )
    with database.write() as connection:
        for origin in (HERE, THERE):
            those = [(1, occurrence(correlation_id="r_1")), (2, occurrence(NOON, "KeyError"))]
            errors.add(connection, origin, those)
            slow_operations.add(connection, origin, [(1, slow(NOON, correlation_id="r_1")), (2, slow(NOON + 1))])
        audit.add(connection, HERE, [(1, AuditEntry("buy", "ada", NOON, "r_1")), (2, AuditEntry("buy", "ada", NOON))])
        transitions.add(connection, [spike])


def test_it_finds_what_happened_in_one_request_on_all_hosts(database: Database) -> None:
    filled(database)
    with database.read() as connection:
        trace = traces.find(connection, "r_1")
    assert sorted(group.service for group in trace.error_groups) == ["search", "shop"]
    assert {group.type for group in trace.error_groups} == {"ValueError"}
    assert sorted(each.service for each in trace.slow_operations) == ["search", "shop"]
    assert [each.action for each in trace.audit] == ["buy"]
    assert [each.check for each in trace.transitions] == ["spike/ValueError"]


def test_another_id_finds_nothing(database: Database) -> None:
    filled(database)
    with database.read() as connection:
        for stranger in ("r", "rx1", "r_", "%"):
            trace = traces.find(connection, stranger)
            assert trace.empty


def test_a_group_still_tells_of_errors_that_are_no_longer_kept_themselves(database: Database) -> None:
    filled(database)
    with database.write() as connection:
        connection.execute(sa.delete(models.error_occurrences))
        assert len(traces.find(connection, "r_1").error_groups) == 2


def test_an_alert_is_found_under_the_run_that_confirmed_it(database: Database) -> None:
    told = alert("redis", began_at=NOON, correlation_id="run-1", told_at=NOON + 30)
    with database.write() as connection:
        alerts.save(connection, [told, alert("mail", began_at=NOON, correlation_id="run-2")])
        trace = traces.find(connection, "run-1")
    assert (trace.alerts, trace.empty) == ([told], False)
    assert any("alert redis unhealthy on team: told" in line for line in tracing.stored(trace))


def alert(check: str, **given: Any) -> Alert:
    fields = {"confirmed_at": NOON + 30, "changed_at": NOON + 30, "due_at": NOON + 30, "dedup_key": check, **given}
    return Alert(channel="team", check=check, status=Status.UNHEALTHY, **fields)
