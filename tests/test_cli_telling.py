"""`flask monitor incident …` and `flask monitor maintenance …`, as an operator uses them, over a real store."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from click.testing import Result

from monitoring.store import incidents, leases, maintenances
from monitoring.store.database import Database
from monitoring.store.incidents import Impact, Stage
from tests.support.apps import NO_BUILTINS, application

Run = Callable[..., Result]
SHOP = f'{NO_BUILTINS}[[checks]]\nname = "shop"\ntype = "tcp"\nhost = "127.0.0.1"\nport = 9\ngroup = "Web"\n'


@pytest.fixture
def run(database: Database, tmp_path: Path) -> Iterator[Run]:
    """Run one command over the store."""
    with ExitStack() as stack:
        url = database.url.render_as_string(hide_password=False)
        app = stack.enter_context(application(url, tmp_path, SHOP))
        yield lambda *words: app.test_cli_runner().invoke(args=["monitor", *words])


def opened(run: Run, *words: str) -> str:
    """Open an incident and return its id."""
    said = run("incident", "open", "Orders are slow", *words)
    assert said.exit_code == 0, said.output
    return said.output.split()[0]


def test_an_incident_is_told_from_its_beginning_to_its_end(run: Run, database: Database) -> None:
    known = opened(run, "--body", "We are looking.", "--impact", "major", "--check", "shop")
    assert "Orders are slow" in run("incident", "list").output
    assert run("incident", "update", known, "--stage", "identified", "--body", "A disk is full.").exit_code == 0
    assert run("incident", "resolve", known, "--body", "Mended.").exit_code == 0
    assert run("incident", "list").output == "No incident is open.\n"
    assert known in run("incident", "list", "--all").output
    with database.read() as connection:
        incident = incidents.load(connection, known)
    assert incident is not None and incident.impact is Impact.MAJOR
    stages = [Stage.RESOLVED, Stage.IDENTIFIED, Stage.INVESTIGATING]
    assert [update.stage for update in incident.updates] == stages
    assert [each.check for each in incident.checks] == ["shop"] and incident.opened_by


def test_readers_are_told_of_what_a_shell_has_written(run: Run, database: Database) -> None:
    with database.read() as connection:
        before = leases.read(connection).version
    opened(run)
    run("maintenance", "plan", "New disks", "--for", "1h")
    with database.read() as connection:
        assert leases.read(connection).version > before + 1


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("incident", "open", ""), "title"),
        (("incident", "open", "x", "--check", "none"), "check"),
        (("incident", "open", "x", "--stage", "soon"), "stage"),
        (("incident", "update", "abcdefghijkl"), "body"),
        (("incident", "update", "abcdefghijkl", "--postmortem", "ftp://x"), "postmortem_url"),
        (("incident", "resolve", "abcdefghijkl"), "there is no incident"),
        (("maintenance", "plan", "x"), "--for"),
        (("maintenance", "plan", "x", "--for", "soon"), "duration"),
        (("maintenance", "plan", "x", "--for", "1h", "--start", "tomorrow"), "2026-12-01T02:00"),
        (("maintenance", "plan", "x", "--for", "1h", "--start", "2020-01-01T00:00"), "starts_at"),
        (("maintenance", "plan", "x", "--for", "1h", "--timezone", "Mars/Base"), "Europe/Berlin"),
        (("maintenance", "plan", "x", "--for", "1h", "--group", "none"), "groups"),
        (("maintenance", "end", "abcdefghijkl"), "there is no maintenance"),
    ],
)
def test_what_cannot_be_is_named_and_nothing_is_written(
    run: Run, database: Database, words: tuple[str, ...], named: str
) -> None:
    said = run(*words)
    assert said.exit_code == 2 and named in said.output, said.output
    with database.read() as connection:
        assert (incidents.latest(connection, 5), maintenances.current(connection, 0)) == ([], [])


def test_work_is_planned_in_its_time_zone_listed_and_ended(run: Run, database: Database) -> None:
    when = ("--start", "2027-01-03T02:00", "--timezone", "Europe/Berlin", "--for", "90m")
    said = run("maintenance", "plan", "Restart", *when, "--rrule", "FREQ=WEEKLY;BYDAY=SU", "--group", "Web")
    assert said.exit_code == 0, said.output
    [known] = re.findall(r"^[a-z0-9]{12}", said.output)
    with database.read() as connection:
        [plan] = maintenances.current(connection, 0)
    assert (plan.seconds, plan.groups, plan.starts_at) == (5400, ("Web",), 1_798_938_000)
    assert "FREQ=WEEKLY;BYDAY=SU, Europe/Berlin" in run("maintenance", "list").output
    assert run("maintenance", "end", known).output == f"{known} has ended.\n"
    assert run("maintenance", "list").output == "No maintenance is planned.\n"


def test_a_store_that_is_away_is_one_plain_line(tmp_path: Path) -> None:
    with application(f"sqlite:///{tmp_path}", tmp_path, SHOP) as app:
        for words in (("incident", "list"), ("incident", "open", "x"), ("maintenance", "plan", "x", "--for", "1h")):
            said = app.test_cli_runner().invoke(args=["monitor", *words])
            assert said.exit_code == 1 and said.output.startswith("The store cannot be"), said.output
