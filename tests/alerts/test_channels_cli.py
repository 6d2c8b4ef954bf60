"""`flask monitor alert-test` and `flask monitor alert …`."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from flask.cli import AppGroup

from monitoring import clock
from monitoring.alerts.channel import Channel
from monitoring.alerts.channels import build
from monitoring.cli import alerts as commands
from monitoring.settings import SlackSettings
from monitoring.status import Status
from monitoring.store import alerts as stored
from monitoring.store.alerts import Alert, Delivery, Event, Outcome
from monitoring.store.database import Database
from tests.alerts.messages import BEGAN, NO_LINKS
from tests.support.hooks import Listener

Run = Callable[..., Result]


@pytest.fixture
def run(sqlite: Database, listener: Listener) -> Run:
    channels = build([SlackSettings(name="ops", type="slack", url=listener.url)], NO_LINKS)
    return runner(sqlite, channels)


def runner(database: Database, channels: Mapping[str, Channel]) -> Run:
    group = AppGroup("monitor")
    commands.add(group, database, channels)
    return lambda *words: Flask("test").test_cli_runner().invoke(group, words)


def test_a_test_is_sent_and_the_answer_is_printed(run: Run, listener: Listener) -> None:
    said = run("alert-test", "ops")
    assert (said.exit_code, said.output) == (0, "ops: delivered: 200: ok\n")
    assert listener.heard[0].json["text"].startswith("TEST: a test of the channel ops")


def test_a_test_that_is_not_taken_says_why_and_exits_1(run: Run, listener: Listener) -> None:
    listener.answer(404, body="no_service")
    said = run("alert-test", "ops")
    assert (said.exit_code, said.output) == (1, "ops: not delivered: answered 404: no_service\n")


def test_an_unknown_channel_is_told_which_there_are(run: Run, sqlite: Database) -> None:
    said = run("alert-test", "opps")
    assert said.exit_code == 2 and "there is no channel opps; there are: ops" in said.output
    assert "there are: none" in runner(sqlite, {})("alert-test", "ops").output


def told(**changes: object) -> Alert:
    usual: dict[str, object] = {
        "channel": "ops",
        "check": "redis",
        "began_at": BEGAN,
        "dedup_key": "daymark/redis/1",
        "status": Status.UNHEALTHY,
        "confirmed_at": BEGAN,
        "changed_at": BEGAN,
        "due_at": BEGAN,
        "told_at": BEGAN + 1,
        "messages": 1,
    }
    return Alert(**{**usual, **changes})  # type: ignore[arg-type]


def test_a_line_says_what_an_alert_is_about_and_who_knows() -> None:
    assert commands.line_of(told()) == (
        "ops  redis  unhealthy  since 2026-11-23T12:03:10.000Z  told 2026-11-23T12:03:11.000Z  daymark/redis/1"
    )
    known = told(acknowledged_at=BEGAN + 9, acknowledged_by="ada\n", flapping=True, told_at=None)
    assert "not told yet  flapping  acknowledged 2026-11-23T12:03:19.000Z by ada  " in commands.line_of(known)


def test_a_delivery_says_whether_it_waits_or_was_given_up_and_why() -> None:
    delivery = Delivery(
        id="1",
        channel="ops",
        dedup_key="daymark/redis/1",
        event=Event.RESOLVE,
        body="{}",
        position=1,
        created_at=BEGAN,
        send_at=BEGAN + 60,
        attempts=3,
        answer="answered 503",
    )
    waiting = "ops  resolve  waits until 2026-11-23T12:04:10.000Z  3 attempts  daymark/redis/1: answered 503"
    assert commands.line_of_delivery(delivery) == waiting
    given_up = Delivery(
        **{**{f: getattr(delivery, f) for f in delivery.__struct_fields__}, "outcome": Outcome.GIVEN_UP}
    )
    assert "ops  resolve  given_up  3 attempts" in commands.line_of_delivery(given_up)


def test_without_open_alerts_it_says_so(run: Run) -> None:
    assert run("alert", "list").output == "No alert is open.\n"
    said = run("alert", "acknowledge", "redis")
    assert said.exit_code == 2 and "no open alert has this key or check; open are: none" in said.output


def test_an_alert_is_acknowledged_once_by_its_check_or_key(run: Run, sqlite: Database) -> None:
    with sqlite.write() as connection:
        stored.save(connection, [told(), told(channel="mail")])
    assert run("alert", "list").output.count("daymark/redis/1") == 2
    assert run("alert", "acknowledge", "redis").output == "daymark/redis/1: acknowledged\n"
    assert run("alert", "acknowledge", "daymark/redis/1").output == "daymark/redis/1: was acknowledged before\n"
    assert "acknowledged 2" in run("alert", "list").output


def test_a_store_that_is_away_is_one_plain_line(listener: Listener, tmp_path: Path) -> None:
    away = Database(f"sqlite:///{tmp_path}")  # a folder
    said = runner(away, {})("alert", "list")
    away.close()
    assert said.exit_code == 1 and said.output.startswith("The store cannot be read: ")


def test_what_waits_and_what_was_given_up_is_listed(run: Run, sqlite: Database) -> None:
    usual = {"channel": "ops", "dedup_key": "k", "event": Event.TRIGGER, "body": "{}", "created_at": BEGAN}
    waiting = Delivery(id="1", position=1, send_at=BEGAN, **usual)  # type: ignore[arg-type]
    given_up = Delivery(id="2", position=2, send_at=BEGAN, outcome=Outcome.GIVEN_UP, done_at=clock.now(), **usual)  # type: ignore[arg-type]
    with sqlite.write() as connection:
        stored.save(connection, [], [waiting, given_up])
    assert [line.split("  ")[2].split(" ")[0] for line in run("alert", "list").output.splitlines()[1:]] == [
        "waits",
        "given_up",
    ]
