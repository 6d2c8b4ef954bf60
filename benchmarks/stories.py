"""What people and the machine have to tell in the demonstration: incidents, maintenance, and the calls of a job."""

from collections.abc import Sequence

from monitoring.clock import DAY_SECONDS, day_start
from monitoring.incidents import Draft, Said, Subject, Watched, open_by_hand, react, say
from monitoring.maintenance import Plan, planned
from monitoring.settings import CheckSettings
from monitoring.store import heartbeats, maintenances, transitions
from monitoring.store.database import Connection, Database
from monitoring.store.heartbeats import Call, Kind
from monitoring.store.incidents import Stage

AUTHOR = "demonstration"
_BACKUPS = 14


def tell(database: Database, checks: Sequence[CheckSettings], now: float) -> None:
    """Write what belongs to the made-up history that `fill` has written of `checks` up to `now`."""
    with database.write() as connection:
        _tell_outages(connection, checks, now)
        _tell_slowness(connection, now)
        _plan_work(connection, now)
        _call(connection, [check.name for check in checks if check.type == "heartbeat"], now)


def _tell_outages(connection: Connection, checks: Sequence[CheckSettings], now: float) -> None:
    """Have the machine tell the outages of the past as it would have, one by one."""
    subjects = {check.name: Subject(title=check.title, public=check.public) for check in checks}
    watched = Watched(subjects=subjects, in_maintenance=lambda _check, _at: False)
    changes = transitions.between(connection, list(subjects), 0.0, now)
    for change in sorted(changes, key=lambda each: each.confirmed_at):
        react(connection, [change], watched, change.confirmed_at)


def _tell_slowness(connection: Connection, now: float) -> None:
    draft = Draft(title="Some searches take long", body="We are **looking into it**.", checks=("search",))
    opened = open_by_hand(connection, draft, AUTHOR, now - 3000)
    found = Said(body="An index is being built anew; searches for whole phrases wait for it.", stage=Stage.IDENTIFIED)
    say(connection, opened.id, found, AUTHOR, now - 1500)


def _plan_work(connection: Connection, now: float) -> None:
    # Beyond the two weeks that the front page announces: it is in the calendar and on the admin's page.
    sunday = day_start(now) + (20 - int(now // DAY_SECONDS + 3) % 7) * DAY_SECONDS
    plans = (
        Plan(title="New disks for the archive", starts_at=now - 1200, seconds=10800, checks=("archive",)),
        Plan(
            title="Weekly restart of the queue",
            body="Nothing is lost; webhooks may be *a few minutes* late.",
            starts_at=sunday + 2 * 3600,
            seconds=1800,
            rrule="FREQ=WEEKLY;BYDAY=SU",
            checks=("queue", "webhooks"),
        ),
    )
    for plan in plans:
        maintenances.add(connection, planned(plan, AUTHOR, now - DAY_SECONDS))


def _call(connection: Connection, jobs: Sequence[str], now: float) -> None:
    """Have each job call at the beginning and the end of its nightly run, the last of them this night."""
    for job in jobs:
        for night in range(_BACKUPS, 0, -1):
            began = now - night * DAY_SECONDS + DAY_SECONDS * 3 // 4
            heartbeats.add(connection, Call(check=job, at=began, kind=Kind.START))
            body = f"{18_400 + 37 * night} rows written\nnothing left out\n"
            end = Call(check=job, at=began + 180 + 7 * night, kind=Kind.SUCCESS, exit_code=0, body=body)
            heartbeats.add(connection, end)
