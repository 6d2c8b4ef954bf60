"""Everything under one correlation id, from all hosts."""

import sqlalchemy as sa

from monitoring.status import Status
from monitoring.store import audit, errors, models, slow_operations, traces, transitions
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
            assert not any((trace.error_groups, trace.slow_operations, trace.audit, trace.transitions))


def test_a_group_still_tells_of_errors_that_are_no_longer_kept_themselves(database: Database) -> None:
    filled(database)
    with database.write() as connection:
        connection.execute(sa.delete(models.error_occurrences))
        assert len(traces.find(connection, "r_1").error_groups) == 2
