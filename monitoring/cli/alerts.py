"""`flask monitor alert …` and `alert-test`: who has been told what, from a shell."""

import sys
from collections.abc import Mapping, Sequence

import click
from flask.cli import AppGroup

from monitoring import clock
from monitoring.alerts.channel import Channel, Undelivered
from monitoring.alerts.trial import trial
from monitoring.alerts.words import line
from monitoring.cli.answers import reading, somebody, writing
from monitoring.clock import DAY_SECONDS
from monitoring.store import alerts as stored
from monitoring.store import deliveries, delivery_log
from monitoring.store.alerts import Alert, Delivery
from monitoring.store.database import Database

FAILED_SECONDS = 7 * DAY_SECONDS
MOST_FAILED = 20


def add(commands: AppGroup, database: Database, channels: Mapping[str, Channel]) -> None:
    """Add `alert-test`, `alert list` and `alert acknowledge`; `channels` are the configured ones by name."""
    group = AppGroup("alert", help="Alerts: who has been told what, and what is still on its way.")
    commands.add_command(group)
    _add_test(commands, channels)
    _add_list(group, database)
    _add_acknowledge(group, database)


def _add_test(commands: AppGroup, channels: Mapping[str, Channel]) -> None:
    @commands.command("alert-test", help="Send a labelled test to a channel, and print what was answered.")
    @click.argument("channel")
    def alert_test(channel: str) -> None:
        if channel not in channels:
            raise click.BadParameter(f"there is no channel {channel}; there are: {', '.join(channels) or 'none'}")
        try:
            answer = channels[channel].send([trial(channel, clock.now())])
        except Undelivered as undelivered:
            sys.exit(f"{channel}: not delivered: {undelivered}")
        click.echo(f"{channel}: delivered: {answer}")


def _add_list(group: AppGroup, database: Database) -> None:
    @group.command("list", help="List the open alerts, and what waits to be delivered or was not.")
    def list_alerts() -> None:
        with reading(database) as connection:
            found, waiting = stored.open_alerts(connection), deliveries.unfinished(connection)
            failed = delivery_log.failed(connection, clock.now() - FAILED_SECONDS, MOST_FAILED)
        for alert in found:
            click.echo(line_of(alert))
        if not found:
            click.echo("No alert is open.")
        for delivery in (*waiting, *failed):
            click.echo(line_of_delivery(delivery))


def _add_acknowledge(group: AppGroup, database: Database) -> None:
    @group.command("acknowledge", help="Say that somebody is on it: nobody is reminded any more.")
    @click.argument("key_or_check")
    def acknowledge(key_or_check: str) -> None:
        with writing(database) as connection:
            meant = _meant(stored.open_alerts(connection), key_or_check)
            now, by = clock.now(), somebody()
            done = [(key, stored.acknowledge(connection, key, began_at, now, by)) for key, began_at in meant]
        for key, new in done:
            click.echo(f"{line(key)}: {'acknowledged' if new else 'was acknowledged before'}")


def line_of(alert: Alert) -> str:
    """Return one line that says what an alert is about, and who knows."""
    told = f"told {clock.iso(alert.told_at)}" if alert.told_at is not None else "not told yet"
    words = [alert.channel, line(alert.check), alert.status.value, f"since {clock.iso(alert.began_at)}", told]
    words += ["flapping"] if alert.flapping else []
    if alert.acknowledged_at is not None:
        words.append(f"acknowledged {clock.iso(alert.acknowledged_at)} by {line(alert.acknowledged_by or '')}")
    return "  ".join([*words, line(alert.dedup_key)])


def line_of_delivery(delivery: Delivery) -> str:
    """Return one line that says which message has not arrived, and why."""
    state = delivery.outcome or f"waits until {clock.iso(delivery.send_at)}"
    words = [delivery.channel, delivery.event, state, f"{delivery.attempts} attempts", line(delivery.dedup_key)]
    return "  ".join(words) + (f": {line(delivery.answer)}" if delivery.answer else "")


def _meant(found: Sequence[Alert], key_or_check: str) -> list[tuple[str, float]]:
    """Return the outages (dedup key, start) that are meant, each once though several channels know of it."""
    meant = {(each.dedup_key, each.began_at) for each in found if key_or_check in (each.dedup_key, each.check)}
    if not meant:
        open_now = ", ".join(sorted({line(each.dedup_key) for each in found})) or "none"
        raise click.BadParameter(f"no open alert has this key or check; open are: {open_now}")
    return sorted(meant)
