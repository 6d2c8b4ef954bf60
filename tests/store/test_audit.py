"""The audit: who did what, newest first."""

import pytest

from monitoring.store import audit, retention
from monitoring.store.audit import AuditEntry
from monitoring.store.database import Database
from monitoring.store.entries import Origin
from tests.support.results import NOON

SHOP = Origin("host:1", "shop")


def test_entries_come_back_newest_first_and_once(database: Database) -> None:
    entries = [(number, AuditEntry(f"do {number}", "ada", NOON + number)) for number in range(4)]
    with database.write() as connection:
        for _ in range(2):
            audit.add(connection, SHOP, entries)
        found = audit.latest(connection, NOON + 1, limit=2)
    assert [(each.action, each.user_id) for each in found] == [("do 3", "ada"), ("do 2", "ada")]


def test_nobody_may_have_done_it(database: Database) -> None:
    with database.write() as connection:
        audit.add(connection, SHOP, [(1, AuditEntry("denied", None, NOON, "r1", {"address": "192.0.2.1"}))])
        [stored] = audit.latest(connection, 0)
    assert (stored.user_id, stored.correlation_id, stored.details) == (None, "r1", {"address": "192.0.2.1"})
    assert (stored.service, stored.instance) == ("shop", "host:1")


def test_words_of_strangers_are_cut_and_mended(database: Database) -> None:
    with database.write() as connection:
        audit.add(connection, SHOP, [(1, AuditEntry("x" * 999, "\0" * 999, NOON, None, {"\0": "\udc80"}))])
        [stored] = audit.latest(connection, 0)
    assert (len(stored.action), stored.user_id) == (100, "\ufffd" * 200)


def test_only_so_many_are_kept(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "AUDIT_KEPT", 3)
    with database.write() as connection:
        audit.add(connection, SHOP, [(number, AuditEntry("do", "ada", NOON + number)) for number in range(5)])
        retention.prune(connection, NOON)
        assert [each.at - NOON for each in audit.latest(connection, 0)] == [4, 3, 2]


def test_they_live_for_a_year(database: Database) -> None:
    with database.write() as connection:
        audit.add(connection, SHOP, [(days, AuditEntry("do", "ada", NOON - days * 86400)) for days in (1, 364, 366)])
        retention.prune(connection, NOON)
        assert len(audit.latest(connection, 0)) == 2
