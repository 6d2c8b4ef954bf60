"""An application that tells what it is given: an overview, and incidents and maintenance as the store has them."""

from typing import Any

import msgspec
from flask import Flask
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app import ROOT
from monitoring import clock
from monitoring.maintenance import Maintenance, Window, windows
from monitoring.settings.structure import Page
from monitoring.status import Status
from monitoring.store.incidents import Affected, Impact, Incident, Stage, Update
from monitoring.web import api, badges, calendars, errors, feeds
from monitoring.web.archive import Archive
from tests.web.samples import NOW, overview

PAGE = Page(title="Lightship & Co", url="https://status.example.com")


class Teller:
    """The application, and what it tells; `away` makes reading the store fail."""

    def __init__(self, *checks: Any, page: Page = PAGE, **given: Any) -> None:
        self.overview = overview(*checks, **given)
        self.incidents: list[Incident] = []
        self.maintenances: list[Maintenance] = []
        self.away = False
        self.reads = 0
        self.app = Flask(__name__, root_path=str(ROOT))
        errors.init_app(self.app)
        archive = Archive(lambda: self.overview, self._read)
        self.app.register_blueprint(api.blueprint(api.Api(page, lambda: self.overview, archive)))
        self.app.register_blueprint(badges.blueprint(badges.Badges(page.title, lambda: self.overview)))
        self.app.register_blueprint(feeds.blueprint(feeds.Feeds(page, archive)))
        self.app.register_blueprint(calendars.blueprint(calendars.Calendars(page, archive)))
        self.client = self.app.test_client()

    def tell(self, *incidents: Incident, maintenances: tuple[Maintenance, ...] = ()) -> None:
        """Have the store and the overview know these."""
        self.incidents, self.maintenances = list(incidents), list(maintenances)
        now = self.overview.judged_at
        planned = windows(maintenances, now, now + 14 * clock.DAY_SECONDS)
        self.change(incidents=incidents, windows=tuple(planned))

    def change(self, **fields: Any) -> None:
        """Draw another overview."""
        self.overview = msgspec.structs.replace(self.overview, version=self.overview.version + 1, **fields)

    def get(self, path: str, **headers: str) -> Any:
        """Ask for a path; underscores in the names of headers are dashes."""
        return self.client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def _read(self, since: float) -> tuple[list[Incident], list[Maintenance]]:
        self.reads += 1
        if self.away:
            raise PoolTimeout("the store is away")
        return self.incidents, self.maintenances


def update(stage: str, at: float, body: str = "We are looking.", **fields: Any) -> Update:
    return Update(id=f"{stage[:6]:u<6}{int(at) % 10**6:06}", stage=Stage(stage), body=body, at=at, **fields)


def affected(check: str = "mail", status: Status = Status.UNHEALTHY, **fields: Any) -> Affected:
    return Affected(check=check, status=status, **fields)


def incident(*updates: Update, title: str = "Mail is down", began: float = NOW - 3600, **fields: Any) -> Incident:
    """Return an incident that an outage of `mail` opened; its stage is that of the newest update."""
    told = updates or (update("investigating", began + 120),)
    last = told[0]
    given = {
        "id": "incident0001",
        "impact": Impact.MAJOR,
        "stage": last.stage,
        "created_at": told[-1].at,
        "updated_at": last.at,
        "resolved_at": last.at if last.stage is Stage.RESOLVED else None,
        "checks": (affected(began_at=began, ended_at=last.at if last.stage is Stage.RESOLVED else None),),
    }
    return Incident(title=title, started_at=began, updates=told, **{**given, **fields})


def maintenance(starts_at: float = NOW + 3600, seconds: float = 7200.0, **fields: Any) -> Maintenance:
    created_at = fields.pop("created_at", min(starts_at, NOW) - 86400)
    given = {
        "id": "maintenance1",
        "title": "New disks",
        "created_by": "admin-12345678",
        "updated_at": created_at,
        "checks": ("mail",),
    }
    return Maintenance(starts_at=starts_at, seconds=seconds, created_at=created_at, **{**given, **fields})


def window(plan: Maintenance) -> Window:
    """Return the only window of planned work."""
    return Window(plan.id, plan, plan.starts_at, plan.starts_at + plan.seconds)
