"""`flask monitor …`: what an operator does from a shell."""

import hashlib
import secrets
import sys
import threading
from typing import Any

import click
from flask.cli import AppGroup

from monitoring import clock
from monitoring.health.check import Check
from monitoring.health.registry import Registry
from monitoring.health.runner import Runner
from monitoring.logs.redaction import redact
from monitoring.settings import Settings, render
from monitoring.status import Result, Status
from monitoring.store import facts
from monitoring.store.database import Database, StoreError

_MARKS = {Status.HEALTHY: "✓", Status.DEGRADED: "!", Status.UNHEALTHY: "✗", Status.UNKNOWN: "?"}


def group(settings: Settings, database: Database, registry: Registry) -> AppGroup:
    """Return the commands, for Flask's command line."""
    commands = AppGroup("monitor", help="Daymark: settings, tables, tokens, and one look at everything.")

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
        except StoreError as error:
            where = database.url.render_as_string(hide_password=True)
            sys.exit(f"The store {where} cannot be migrated: {redact(str(error))}")

    @commands.command("token", help="Make an admin token, and the hash of it for ADMIN_TOKEN_HASHES.")
    def token() -> None:
        made = secrets.token_urlsafe(32)
        click.echo(f"Token, shown only now:            {made}")
        click.echo(f"Its hash, for ADMIN_TOKEN_HASHES: {hashlib.sha256(made.encode()).hexdigest()}")

    @commands.command("check", help="Ask every check once, or those named, and exit 1 if one is unhealthy.")
    @click.argument("names", nargs=-1)
    def check(names: tuple[str, ...]) -> None:
        chosen = _chosen(registry, names)
        results = _asked(chosen)
        for result in results:
            click.echo(_line(result))
        sys.exit(any(result.status is Status.UNHEALTHY for result in results))

    return commands


def _chosen(registry: Registry, names: tuple[str, ...]) -> list[Check[Any]]:
    """Return the checks named, or all that cost nothing."""
    known = {check.name: check for check in registry.all()}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise click.BadParameter(f"no check named {', '.join(unknown)}; there are {', '.join(known)}")
    return [known[name] for name in names] or [check for check in known.values() if not check.settings.paid]


def _asked(checks: list[Check[Any]]) -> list[Result]:
    runner, results, done = Runner(), dict[str, Result](), threading.Event()

    def take(result: Result) -> None:
        results[result.check] = result
        if len(results) == len(checks):
            done.set()

    for check in checks:
        runner.run(check, clock.now(), take)
    if checks:
        done.wait()
    runner.stop()
    return [results[check.name] for check in checks]


def _line(result: Result) -> str:
    took = "" if result.response_seconds is None else f"{result.response_seconds * 1000:.0f} ms"
    return f"{_MARKS[result.status]} {result.check:<24} {result.status:<10} {took:>9}  {result.error or ''}".rstrip()
