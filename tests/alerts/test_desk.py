"""From a change to a message, over restarts, rivals and a store that is away."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from monitoring import clock
from monitoring.alerts import desk as desks
from monitoring.alerts.situation import Standing
from monitoring.store import alerts, deliveries
from monitoring.store import database as databases
from monitoring.store.database import Database, StoreError
from monitoring.store.deliveries import NO_CHANNEL, Outcome
from monitoring.store.leases import Deposed
from tests.alerts.office import HEALTHY, UNHEALTHY, Inbox, Office, Post, change, delivery, lead, rows, store, told
from tests.store.measured import on_line
from tests.support.hooks import Listener
from tests.support.postgres import Postgres
from tests.support.proxy import Proxy
from tests.support.stores import migrated
from tests.support.waiting import until

SENT = Outcome.SENT


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desks, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(desks, "RETRY_SECONDS", 0.05)


@pytest.fixture
def office(database: Database) -> Iterator[Office]:
    opened = Office(database)
    yield opened
    opened.close()


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


def heard(inbox: Inbox) -> list[tuple[str, str]]:
    return [(each.event.value, each.check) for each in inbox.messages]


def outcomes(database: Database) -> list[Outcome | None]:
    """Return how the deliveries ended; none while the store is away."""
    try:
        return [each.outcome for each in rows(database)]
    except StoreError:
        return []


def test_a_stored_change_is_told_once_and_so_is_its_end(office: Office, listener: Listener) -> None:
    desk = office.open(Post(listener))
    store(office.database, change())
    desk.stored()
    until(lambda: told(listener) == [("trigger", "api")])
    store(office.database, change(status=HEALTHY, at=clock.now()))
    desk.stored()
    until(lambda: told(listener) == [("trigger", "api"), ("resolve", "api")])
    until(lambda: outcomes(office.database) == [SENT, SENT])
    with office.database.read() as connection:
        assert alerts.open_alerts(connection) == []


def test_a_message_names_the_run_that_led_to_it(office: Office, inbox: Inbox) -> None:
    desk, down = office.open(inbox), change()
    desk.notice(down, "run-7")
    store(office.database, down)
    desk.stored()
    [message] = until(lambda: inbox.messages)
    assert message.correlation_id == "run-7"
    with office.database.read() as connection:
        assert [each.correlation_id for each in alerts.open_alerts(connection)] == ["run-7"]


def test_what_was_decided_but_not_sent_is_sent_by_the_next_leader(office: Office, inbox: Inbox) -> None:
    first = office.desk(Inbox())
    store(office.database, change())
    first.turn()  # and then it is killed
    assert outcomes(office.database) == [None]
    office.open(inbox, owner="next")
    until(lambda: heard(inbox) == [("trigger", "api")])


def test_what_was_stored_but_not_decided_about_is_told_by_the_next_leader(office: Office, inbox: Inbox) -> None:
    store(office.database, change())
    office.desk(Inbox())  # killed before its first turn
    office.open(inbox, owner="next")
    until(lambda: heard(inbox) == [("trigger", "api")])


def test_the_next_leader_says_nothing_twice_and_tells_of_the_end(office: Office, inbox: Inbox) -> None:
    first = office.open(inbox)
    store(office.database, change())
    first.stored()
    until(lambda: outcomes(office.database) == [SENT])
    second = office.open(inbox, owner="next")
    store(office.database, change(status=HEALTHY, at=clock.now()))
    second.stored()
    until(lambda: len(heard(inbox)) == 2)
    assert heard(inbox) == [("trigger", "api"), ("resolve", "api")]
    assert inbox.messages[0].dedup_key == inbox.messages[1].dedup_key


def test_who_is_deposed_decides_nothing(office: Office, inbox: Inbox) -> None:
    desk = office.desk(inbox)
    lead(office.database, "rival")
    store(office.database, change())
    with pytest.raises(Deposed):
        desk.turn()
    assert (rows(office.database), office.cursor()) == ([], 0)


def test_who_is_deposed_ends(office: Office, inbox: Inbox) -> None:
    desk = office.open(inbox)
    until(lambda: not desk._begins)
    lead(office.database, "rival")
    store(office.database, change())
    desk.wake()
    until(lambda: not desk._thread.is_alive())
    assert inbox.messages == []


def test_to_look_without_finding_anything_writes_nothing(tmp_path: Path) -> None:
    with migrated(f"sqlite:///{tmp_path / 'x.db'}") as database:
        desk = Office(database).desk(Inbox())
        desk.turn()
        other = sqlite3.connect(tmp_path / "x.db")
        before = other.execute("PRAGMA data_version").fetchone()
        desk.turn()
        assert other.execute("PRAGMA data_version").fetchone() == before
        other.close()


def test_what_is_due_later_is_told_then(office: Office, inbox: Inbox) -> None:
    office.rule = {"for_seconds": 0.5}
    desk = office.open(inbox)
    store(office.database, change())
    desk.stored()
    until(lambda: office.cursor() > 0)
    assert inbox.messages == []
    until(lambda: heard(inbox) == [("trigger", "api")])


def test_one_whose_turn_fails_goes_on(
    office: Office, inbox: Inbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    desk = office.open(inbox)
    until(lambda: not desk._begins)
    monkeypatch.setattr(desk, "_standings", lambda: 1 / 0)
    store(office.database, change())
    desk.stored()
    until(lambda: "It could not be decided who is told what" in caplog.text)
    monkeypatch.undo()
    desk.stored()
    until(lambda: heard(inbox) == [("trigger", "api")])


def test_one_whose_turns_fail_rests_in_between(office: Office, inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = office.open(inbox)
    until(lambda: not desk._begins)
    monkeypatch.setattr(desk, "_standings", lambda: 1 / 0)
    desk.notice(change(), "run-1")
    until(lambda: desk._pause() == desks.LOOK_SECONDS)
    monkeypatch.undo()
    desk.wake()
    until(lambda: heard(inbox) == [("trigger", "api")])


def test_the_end_of_what_a_removed_channel_was_told_is_undeliverable(office: Office, inbox: Inbox) -> None:
    first = office.desk(Inbox("old"))
    store(office.database, change())
    first.turn()
    second = office.open(inbox, owner="next")
    store(office.database, change(status=HEALTHY, at=clock.now()))
    second.stored()
    until(lambda: len(rows(office.database)) == 2)
    ended = [(each.channel, each.event.value, each.outcome, each.answer) for each in rows(office.database)]
    assert ended == [("old", event, Outcome.UNDELIVERABLE, NO_CHANNEL) for event in ("trigger", "resolve")]


def test_a_channel_that_is_new_is_told_of_what_is_still_wrong(office: Office, inbox: Inbox) -> None:
    yesterday = clock.now() - 86400
    store(office.database, change("db", at=yesterday), change("db", HEALTHY, at=yesterday + 600))
    store(office.database, change(at=yesterday))
    office.standings = {"api": Standing(UNHEALTHY), "db": Standing(HEALTHY)}
    desk = office.open(inbox)
    store(office.database, change(status=HEALTHY, at=clock.now()))
    desk.stored()
    until(lambda: heard(inbox) == [("trigger", "api"), ("resolve", "api")])
    assert inbox.messages[0].began_at == pytest.approx(yesterday - 60)


def test_only_the_channel_that_is_new_is_told_of_what_others_know(office: Office, inbox: Inbox) -> None:
    office.standings = {"api": Standing(UNHEALTHY)}
    first, known = office.open(inbox), Inbox("mail")
    store(office.database, change())
    first.stored()
    until(lambda: outcomes(office.database) == [SENT])
    office.open(inbox, known, owner="next")
    until(lambda: outcomes(office.database) == [SENT, SENT])
    office.open(inbox, known, owner="another")
    until(lambda: not office.desks[-1]._begins)
    assert heard(inbox) == heard(known) == [("trigger", "api")]
    assert known.messages[0].began_at == inbox.messages[0].began_at


def test_a_leader_ends_what_is_over_though_its_end_was_missed(office: Office, inbox: Inbox) -> None:
    first = office.open(inbox)
    store(office.database, change())
    first.stored()
    until(lambda: outcomes(office.database) == [SENT])
    first.abandon()
    store(office.database, change(status=HEALTHY, at=clock.now() - 900))  # the clock was set back
    with office.database.write() as connection:
        alerts.move_cursor(connection, 2)
    office.standings = {"api": Standing(HEALTHY)}
    office.open(inbox, owner="next")
    until(lambda: heard(inbox) == [("trigger", "api"), ("resolve", "api")])


def test_what_has_been_noticed_is_told_before_the_end(office: Office, inbox: Inbox) -> None:
    desk = office.open(inbox)
    until(lambda: not desk._begins)
    desk._patience_seconds = 60
    desk.notice(change(), None)
    desk.stop(10)
    assert heard(inbox) == [("trigger", "api")]


def test_a_change_that_never_gets_into_the_store_is_told_all_the_same(office: Office, inbox: Inbox) -> None:
    desk = office.open(inbox)
    desk.notice(change(error="\ud800\0"), None)
    until(lambda: outcomes(office.database) == [SENT])
    assert heard(inbox) == [("trigger", "api")]


def test_after_a_gap_the_store_s_own_check_is_resolved_once(office: Office, inbox: Inbox) -> None:
    office.keyless = frozenset({"db"})
    desk = office.open(inbox, after_gap=frozenset({"db"}))
    until(lambda: heard(inbox) == [("resolve", "db")])
    store(office.database, change())
    desk.stored()
    until(lambda: heard(inbox) == [("resolve", "db"), ("trigger", "api")])
    assert inbox.messages[0].dedup_key == "daymark:db"


def test_after_a_gap_what_is_known_to_be_told_is_not_resolved(office: Office, inbox: Inbox) -> None:
    office.keyless = frozenset({"db"})
    store(office.database, change("db"))
    office.open(inbox, after_gap=frozenset({"db"}))
    until(lambda: outcomes(office.database) == [SENT])
    assert heard(inbox) == [("trigger", "db")]


# The store is away.


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    server = Postgres().start()
    yield server
    server.close()


@pytest.fixture
def far(own_postgres: Postgres) -> Iterator[Office]:
    """An office whose store can be stopped."""
    with migrated(own_postgres.url) as database:
        opened = Office(database)
        yield opened
        opened.close()


def test_the_alert_about_the_store_goes_out_while_it_is_away(
    far: Office, own_postgres: Postgres, listener: Listener
) -> None:
    desk = far.open(Post(listener))
    until(lambda: not desk._begins)
    own_postgres.stop()
    down = change("db")
    desk.notice(down, "run-1")
    until(lambda: told(listener) == [("trigger", "db")])
    own_postgres.start()
    until(lambda: outcomes(far.database) == [SENT])
    store(far.database, down)  # the writer is later
    desk.stored()
    until(lambda: far.cursor() > 0)
    assert (told(listener), outcomes(far.database)) == ([("trigger", "db")], [SENT])
    assert desk._dispatch.unsaved() == []
    with far.database.read() as connection:
        assert [(each.check, each.messages) for each in alerts.open_alerts(connection)] == [("db", 1)]


def test_an_outage_that_is_over_before_the_store_is_back_is_told_from_end_to_end(
    far: Office, own_postgres: Postgres, listener: Listener
) -> None:
    desk = far.open(Post(listener))
    until(lambda: not desk._begins)
    own_postgres.stop()
    down, up = change("db"), change("db", HEALTHY, clock.now() + 1)
    desk.notice(down, None)
    until(lambda: told(listener) == [("trigger", "db")])
    desk.notice(up, None)
    until(lambda: told(listener) == [("trigger", "db"), ("resolve", "db")])
    own_postgres.start()
    until(lambda: outcomes(far.database) == [SENT, SENT])
    store(far.database, down, up)
    desk.stored()
    until(lambda: far.cursor() > 0)
    assert (len(listener.heard), outcomes(far.database)) == (2, [SENT, SENT])


def test_what_waits_for_a_channel_goes_on_while_the_store_is_away(
    far: Office, own_postgres: Postgres, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitoring.alerts.sending.FIRST_WAIT_SECONDS", 0.2)
    listener.answer(503)
    desk = far.open(Post(listener))
    store(far.database, change())
    desk.stored()
    until(lambda: listener.heard)
    own_postgres.stop()
    desk.notice(change(status=HEALTHY, at=clock.now()), None)
    until(lambda: desk._line.away)
    listener.recover()
    until(lambda: told(listener) == [("trigger", "api"), ("resolve", "api")])
    own_postgres.start()
    until(lambda: outcomes(far.database) == [SENT, SENT])
    assert len(listener.taken) == 2


def test_a_store_that_hangs_does_not_keep_the_alert_about_it(postgres: Postgres, listener: Listener) -> None:
    url, proxy = postgres.create_database(), Proxy(postgres.port)
    with migrated(url.replace(str(postgres.port), str(proxy.port))) as database:
        office = Office(database)
        desk = office.open(Post(listener))
        until(lambda: not desk._begins)
        proxy.silent = True
        desk.notice(change("db"), None)
        until(lambda: told(listener) == [("trigger", "db")], 30)
        proxy.silent = False
        proxy.cut()
        until(lambda: outcomes(database) == [SENT], 30)
        assert len(listener.heard) == 1
        office.close()
    proxy.close()


def test_what_one_who_was_cut_off_told_is_ended_by_whoever_leads_by_then(
    postgres: Postgres, listener: Listener
) -> None:
    url, proxy = postgres.create_database(), Proxy(postgres.port)
    with migrated(url) as near, closing(Database(url.replace(str(postgres.port), str(proxy.port)))) as far:
        offices = Office(far), Office(near)
        cut_off = offices[0].open(Post(listener))
        until(lambda: not cut_off._begins)
        proxy.silent = True
        cut_off.notice(change(), None)
        until(lambda: told(listener) == [("trigger", "api")], 20)
        rival = offices[1].open(Post(listener), owner="rival")
        proxy.silent = False
        proxy.cut()
        until(lambda: not cut_off._thread.is_alive(), 20)
        store(near, change(status=HEALTHY, at=clock.now() + 1))
        rival.stored()
        until(lambda: told(listener) == [("trigger", "api"), ("resolve", "api")])
        for each in offices:
            each.close()
    proxy.close()


def test_a_store_that_is_locked_keeps_nobody_from_being_told(
    tmp_path: Path, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "LOCK_SECONDS", 0.2)
    with migrated(f"sqlite:///{tmp_path / 'x.db'}") as database:
        office = Office(database)
        desk = office.open(Post(listener))
        until(lambda: not desk._begins)
        other = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        desk.notice(change(), None)
        until(lambda: told(listener) == [("trigger", "api")])
        assert rows(database) == []
        other.execute("COMMIT")
        other.close()
        until(lambda: outcomes(database) == [SENT])
        assert len(listener.heard) == 1
        office.close()


def test_it_is_decided_in_the_very_turn_that_finds_the_store_away(
    office: Office, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desks, "PATIENCE_SECONDS", 0.0)
    desk = office.desk(inbox)
    desk.turn()
    on_line(monkeypatch).away = True
    desk.notice(change(), None)
    desk.turn()
    assert [each.dedup_key.split(":")[1] for each in desk._dispatch.unsaved()] == ["api"]


def test_a_commit_whose_answer_was_lost_is_neither_lost_nor_told_twice(
    office: Office, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = office.open(inbox)
    until(lambda: not desk._begins)
    store(office.database, change())
    line = on_line(monkeypatch)
    line.lose_answers = 1
    desk.stored()
    until(lambda: outcomes(office.database) == [SENT])
    until(lambda: not desk._line.away)
    assert (heard(inbox), line.lose_answers) == ([("trigger", "api")], 0)


def test_a_reminder_falls_due_without_the_store(far: Office, own_postgres: Postgres, inbox: Inbox) -> None:
    far.rule = {"repeat_seconds": 1.0}
    desk = far.open(inbox)
    store(far.database, change())
    desk.stored()
    until(lambda: heard(inbox) == [("trigger", "api")])
    own_postgres.stop()
    until(lambda: heard(inbox)[:2] == [("trigger", "api"), ("reminder", "api")])


def test_it_takes_up_what_waits_from_before(office: Office, inbox: Inbox) -> None:
    with office.database.write() as connection:
        deliveries.add(connection, [delivery(1), delivery(2, channel="removed")])
    office.open(inbox)
    until(lambda: outcomes(office.database) == [SENT, Outcome.UNDELIVERABLE])


def test_what_depends_on_something_that_is_down_is_not_told_by_itself(office: Office, inbox: Inbox) -> None:
    office.parents = {"api": ("db",)}
    office.standings = {"db": Standing(UNHEALTHY)}
    office.open(inbox)
    store(office.database, change(), change("db"))
    until(lambda: heard(inbox) == [("trigger", "db")], 20)
    assert office.cursor() > 0


def test_nobody_is_told_of_what_is_being_worked_on(office: Office, inbox: Inbox) -> None:
    office.worked_on = frozenset({"api"})
    desk = office.open(inbox)
    store(office.database, change(), change("db"))
    desk.stored()
    until(lambda: heard(inbox) == [("trigger", "db")])
