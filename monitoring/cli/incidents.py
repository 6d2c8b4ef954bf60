"""`flask monitor incident …`: telling the story of an outage from a shell."""

from collections.abc import Callable, Iterable
from typing import Any

import click
from click import Choice
from flask.cli import AppGroup

from monitoring import clock, incidents
from monitoring.cli.answers import reading, refused, somebody, writing
from monitoring.health.registry import Registry
from monitoring.incidents import Draft, Said
from monitoring.store import incidents as stored
from monitoring.store.database import Database
from monitoring.store.incidents import Impact, Incident, Stage

MOST = 20


def group(database: Database, registry: Registry) -> AppGroup:
    """Return the commands `open`, `update`, `resolve` and `list`; incidents may name the checks of `registry`."""
    commands = AppGroup("incident", help="Incidents: what the public is told of an outage.")
    _add_open(commands, database, registry)
    _add_update(commands, database, registry)
    _add_resolve(commands, database)
    _add_list(commands, database)
    return commands


def _stage(help_text: str, **more: Any) -> Callable[[Any], Any]:
    return click.option("--stage", type=Choice([each.value for each in Stage]), help=help_text, **more)


def _impact(**more: Any) -> Callable[[Any], Any]:
    impacts = [each.value for each in Impact]
    return click.option("--impact", type=Choice(impacts), help="How bad it is for readers.", **more)


_checks = click.option("--check", "checks", multiple=True, help="A check that it is about; may be given again.")
_body = click.option("--body", default="", help="What is to be said, in Markdown.")


def _add_open(commands: AppGroup, database: Database, registry: Registry) -> None:
    @commands.command("open", help="Open an incident.")
    @click.argument("title")
    @_body
    @_stage("How far people are.", default=Stage.INVESTIGATING.value)
    @_impact(default=Impact.MINOR.value)
    @_checks
    def open_incident(title: str, body: str, stage: str, impact: str, checks: tuple[str, ...]) -> None:
        draft = Draft(title=title, body=body, stage=Stage(stage), impact=Impact(impact), checks=checks)
        _refuse(draft.faults(), checks, registry)
        with writing(database) as connection:
            made = incidents.open_by_hand(connection, draft, somebody(), clock.now())
        click.echo(line_of(made))


def _add_update(commands: AppGroup, database: Database, registry: Registry) -> None:
    @commands.command("update", help="Say more about an incident, or change what is said of it.")
    @click.argument("incident_id")
    @_body
    @_stage("How far people are by now.")
    @_impact()
    @click.option("--title", help="Another title.")
    @click.option("--postmortem", "postmortem_url", help="Where the full story is told.")
    @_checks
    def update(  # noqa: PLR0913, PLR0917 - a parameter an option
        incident_id: str,
        body: str,
        stage: str | None,
        impact: str | None,
        title: str | None,
        postmortem_url: str | None,
        checks: tuple[str, ...],
    ) -> None:
        said = Said(
            body=body,
            stage=Stage(stage) if stage else None,
            impact=Impact(impact) if impact else None,
            title=title,
            checks=checks or None,
            postmortem_url=postmortem_url,
        )
        _refuse(said.faults(), checks, registry)
        _say(database, incident_id, said)


def _add_resolve(commands: AppGroup, database: Database) -> None:
    @commands.command("resolve", help="Say that an incident is over.")
    @click.argument("incident_id")
    @_body
    def resolve(incident_id: str, body: str) -> None:
        _say(database, incident_id, Said(body=body, stage=Stage.RESOLVED))


def _add_list(commands: AppGroup, database: Database) -> None:
    @commands.command("list", help=f"List the incidents that are not over; with --all the newest {MOST}.")
    @click.option("--all", "everything", is_flag=True, help="Those that are over as well.")
    def list_incidents(everything: bool) -> None:
        with reading(database) as connection:
            found = stored.latest(connection, MOST) if everything else stored.unresolved(connection)
        for incident in found:
            click.echo(line_of(incident))
        if not found:
            click.echo("There is no incident." if everything else "No incident is open.")


def line_of(incident: Incident) -> str:
    """Return one line that says which incident it is and how it stands."""
    over = f" - {clock.iso(incident.resolved_at)}" if incident.resolved_at else ""
    span = f"{clock.iso(incident.started_at)}{over}"
    return f"{incident.id}  {incident.stage:<13}  {incident.impact:<8}  {span}  {incident.title}"


def _say(database: Database, incident_id: str, said: Said) -> None:
    with writing(database) as connection:
        found = incidents.say(connection, incident_id, said, somebody(), clock.now())
    if found is None:
        raise click.BadParameter(f"there is no incident {incident_id}")
    click.echo(line_of(found))


def _refuse(faults: Iterable[tuple[str, str]], checks: Iterable[str], registry: Registry) -> None:
    known = [check.name for check in registry.all()]
    unknown = [("check", f"one of {', '.join(known)}") for name in checks if name not in known]
    refused([*faults, *unknown])
