"""`flask monitor …`: what an operator does from a shell."""

import hashlib
import secrets
import sys
from collections.abc import Callable, Mapping
from typing import Any

import click
from flask.cli import AppGroup

from monitoring import tracing, verification
from monitoring.alerts.channel import Channel
from monitoring.cli import alerts, incidents, maintenance
from monitoring.cli.answers import in_one_line, reading
from monitoring.health.check import Check
from monitoring.health.registry import Registry
from monitoring.settings import Settings, render
from monitoring.status import Status
from monitoring.store import facts, traces
from monitoring.store.database import Database, StoreError


def group(
    settings: Settings,
    database: Database,
    registry: Registry,
    channels: Mapping[str, Channel],
    measure: Callable[[], None],
) -> AppGroup:
    """Return the commands, for Flask's command line; `measure` sends this process's metrics where the service's go."""
    commands = AppGroup("monitor", help="Daymark: settings, tables, tokens, and one look at everything.")
    _add_setting_up(commands, settings, database)
    _add_asking(commands, settings, registry, measure)
    _add_tracing(commands, settings, database)
    alerts.add(commands, database, channels)
    commands.add_command(incidents.group(database, registry))
    commands.add_command(maintenance.group(database, registry))
    return commands


def _add_setting_up(commands: AppGroup, settings: Settings, database: Database) -> None:
    @commands.command("config", help="Print what is in force, secrets masked.")
    def config() -> None:
        click.echo(render(settings))

    @commands.command("migrate", help="Bring the store to this version's tables; needed before the first start.")
    def migrate_store() -> None:
        from monitoring.store import migrate

        try:
            migrate.upgrade(database)
            with database.write() as connection:
                facts.secret_key(connection)
        except (*StoreError, OSError, migrate.NewerStoreError) as error:
            where = database.url.render_as_string(hide_password=True)
            sys.exit(f"The store {where} cannot be migrated: {in_one_line(error)}")

    @commands.command("token", help="Make an admin token, and the hash of it for ADMIN_TOKEN_HASHES.")
    def token() -> None:
        made = secrets.token_urlsafe(32)
        click.echo(f"Token, shown only now:            {made}")
        click.echo(f"Its hash, for ADMIN_TOKEN_HASHES: {hashlib.sha256(made.encode()).hexdigest()}")


def _add_asking(commands: AppGroup, settings: Settings, registry: Registry, measure: Callable[[], None]) -> None:
    @commands.command("check", help="Ask every check once, or those named, and exit 1 if one is unhealthy.")
    @click.argument("names", nargs=-1)
    def check(names: tuple[str, ...]) -> None:
        chosen = _chosen(registry, names)
        results = verification.ask(chosen)
        for result in results:
            click.echo(verification.line_of(result))
        sys.exit(any(result.status is Status.UNHEALTHY for result in results))

    @commands.command("verify", help="Use logs, metrics, timers and all checks once, and exit 1 if one does not work.")
    def verify() -> None:
        broken = []
        measure()
        for finding in verification.verify(registry.all(), settings.log_dir):
            click.echo("\n".join(finding.lines))
            broken += [] if finding.works else [finding.name]
        click.echo(f"Not working: {', '.join(broken)}" if broken else "All monitoring systems work.")
        sys.exit(bool(broken))


def _add_tracing(commands: AppGroup, settings: Settings, database: Database) -> None:
    @commands.command("trace", help="Print what is known of one request: errors, slow operations, audit, log lines.")
    @click.argument("correlation_id")
    def trace(correlation_id: str) -> None:
        with reading(database) as connection:
            found = traces.find(connection, correlation_id)
        for line in (*tracing.stored(found), *tracing.logged(correlation_id, settings.log_dir)):
            click.echo(line)


def _chosen(registry: Registry, names: tuple[str, ...]) -> list[Check[Any]]:
    """Return the checks named, or all that cost nothing."""
    known = {check.name: check for check in registry.all()}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise click.BadParameter(f"no check named {', '.join(unknown)}; there are {', '.join(known)}")
    return [known[name] for name in dict.fromkeys(names)] or [one for one in known.values() if not one.settings.paid]
