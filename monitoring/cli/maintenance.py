"""`flask monitor maintenance …`: planning work from a shell."""

import click
from flask.cli import AppGroup

from monitoring import clock, maintenance
from monitoring.cli.answers import reading, refused, somebody, writing
from monitoring.clock import DAY_SECONDS
from monitoring.health.registry import Registry
from monitoring.maintenance import Maintenance, Plan
from monitoring.settings import Duration
from monitoring.store import maintenances
from monitoring.store.database import Database

AHEAD_SECONDS = 60 * DAY_SECONDS


def group(database: Database, registry: Registry) -> AppGroup:
    """Return the commands `plan`, `end` and `list`; plans may name the checks and groups of `registry`."""
    commands = AppGroup("maintenance", help="Maintenance: planned work, which is neither an outage nor an alert.")
    _add_plan(commands, database, registry)
    _add_end(commands, database)
    _add_list(commands, database)
    return commands


def _add_plan(commands: AppGroup, database: Database, registry: Registry) -> None:
    @commands.command("plan", help="Plan work; without --check and --group it covers every check.")
    @click.argument("title")
    @click.option("--start", help='When it begins, such as "2026-12-01T02:00" in the time zone; now unless given.')
    @click.option("--for", "lasting", required=True, help='How long it lasts, such as "90m" or "2h".')
    @click.option("--timezone", default="UTC", help="An IANA time zone, such as Europe/Berlin; UTC unless given.")
    @click.option("--rrule", help='When it is done again (RFC 5545), such as "FREQ=WEEKLY;BYDAY=SU".')
    @click.option("--check", "checks", multiple=True, help="A check that is worked on; may be given again.")
    @click.option("--group", "groups", multiple=True, help="A group of checks; may be given again.")
    @click.option("--body", default="", help="What is to be said of it, in Markdown.")
    def plan(  # noqa: PLR0913, PLR0917 - a parameter an option
        title: str,
        start: str | None,
        lasting: str,
        timezone: str,
        rrule: str | None,
        checks: tuple[str, ...],
        groups: tuple[str, ...],
        body: str,
    ) -> None:
        now = clock.now()
        drafted = Plan(
            title=title,
            body=body,
            starts_at=_moment(start, timezone) if start else now,
            seconds=_seconds(lasting),
            rrule=rrule,
            timezone=timezone,
            checks=checks,
            groups=groups,
        )
        known = [check.settings for check in registry.all()]
        refused(drafted.faults(now, [each.name for each in known], [each.group for each in known]))
        made = maintenance.planned(drafted, somebody(), now)
        with writing(database) as connection:
            maintenances.add(connection, made)
        click.echo(line_of(made, now))


def _add_end(commands: AppGroup, database: Database) -> None:
    @commands.command("end", help="End work that is in progress, or cancel what is planned.")
    @click.argument("maintenance_id")
    def end(maintenance_id: str) -> None:
        with writing(database) as connection:
            ended = maintenances.end(connection, maintenance_id, clock.now())
        if not ended:
            raise click.BadParameter(f"there is no maintenance {maintenance_id} that is not over")
        click.echo(f"{maintenance_id} has ended.")


def _add_list(commands: AppGroup, database: Database) -> None:
    @commands.command("list", help="List the work that is planned or in progress.")
    def list_plans() -> None:
        now = clock.now()
        with reading(database) as connection:
            found = maintenances.current(connection, now)
        for each in found:
            click.echo(line_of(each, now))
        if not found:
            click.echo("No maintenance is planned.")


def line_of(plan: Maintenance, now: float) -> str:
    """Return one line that says which maintenance it is, and when its next window is."""
    upcoming = maintenance.windows([plan], now, now + AHEAD_SECONDS)[:1]
    when = [f"{clock.iso(each.starts_at)} - {clock.iso(each.ends_at)}" for each in upcoming]
    again = f"  ({plan.rrule}, {plan.timezone})" if plan.rrule else ""
    return f"{plan.id}  {''.join(when) or 'none within 60 days'}  {plan.title}{again}"


def _moment(text: str, timezone: str) -> float:
    """Return Unix seconds; a time without an offset is one of the time zone."""
    try:
        return maintenance.moment(text, timezone)
    except (KeyError, OSError):
        raise click.BadParameter(f"expected an IANA time zone such as Europe/Berlin, not {timezone!r}") from None
    except (ValueError, OverflowError):
        raise click.BadParameter(f'expected a time such as "2026-12-01T02:00", not {text!r}') from None


def _seconds(text: str) -> float:
    try:
        return float(Duration.parse(text))
    except ValueError as wrong:
        raise click.BadParameter(f"expected {wrong}, not {text!r}") from None
