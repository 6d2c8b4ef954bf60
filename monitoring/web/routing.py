"""Which views there are: everything that is asked over HTTP, joined to what answers it."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from flask import Flask

from monitoring.costs import Budget
from monitoring.health.checks.heartbeat import HeartbeatSettings
from monitoring.health.registry import Registry
from monitoring.maintenance import Maintenance
from monitoring.metrics import metrics
from monitoring.overview.views import CheckView, History, Month, Overview
from monitoring.settings import CheckSettings, Settings
from monitoring.signing import Signer
from monitoring.store.database import Database
from monitoring.store.incidents import Incident
from monitoring.web import (
    acknowledge,
    admin,
    admin_alerts,
    admin_heartbeats,
    admin_incidents,
    admin_maintenance,
    api,
    archive,
    badges,
    calendars,
    feeds,
    health,
    heartbeat,
    incidents,
    openapi,
    status_page,
)
from monitoring.web import metrics as scraping
from monitoring.web.access import Access
from monitoring.web.admin_sources import over_store
from monitoring.web.asking import Asker
from monitoring.web.attempts import Attempts
from monitoring.web.forms import Forms


class House(Protocol):
    """What the views are answered from. Whatever reads the store may raise any of StoreError."""

    settings: Settings
    database: Database
    registry: Registry
    signer: Signer
    asker: Asker
    budgets: Sequence[Budget]

    @property
    def running(self) -> bool:
        """Return whether the threads of this process run."""

    def overview(self) -> Overview:
        """Return what readers see."""

    def history(self, view: CheckView, now: float) -> History:
        """Return what the page of one check adds, up to `now`."""

    def month(self, name: str) -> Month | None:
        """Return one month of the public checks."""

    def incident(self, incident_id: str) -> Incident | None:
        """Return one incident."""

    def told(self, since: float) -> tuple[Sequence[Incident], Sequence[Maintenance]]:
        """Return the newest incidents, and the maintenance with windows after `since` (Unix seconds)."""

    def titles(self) -> Mapping[str, str]:
        """Return what people call each check, by its name."""

    def check_settings(self) -> Sequence[CheckSettings]:
        """Return the settings of every check."""

    def heartbeats(self) -> Sequence[HeartbeatSettings]:
        """Return the settings of the heartbeats."""

    def keep_audit(self, action: str, user_id: str | None, details: Mapping[str, Any], /) -> None:
        """Keep an entry of the audit."""

    def leads(self) -> bool | None:
        """Return whether a process of this host leads; None where the store does not say."""


def add(app: Flask, house: House) -> None:
    """Add every view to `app`."""
    _add_public(app, house)
    _add_programs(app, house)
    _add_admins(app, house)


def _add_public(app: Flask, house: House) -> None:
    """Add what people without a token see."""
    page = house.settings.page
    pages = status_page.StatusPage(page, house.overview, house.history, house.month)
    app.jinja_env.globals.update(stylesheet=pages.stylesheet, page=page)  # for the page of an error
    app.register_blueprint(status_page.blueprint(pages))
    stories = incidents.IncidentPages(page, house.overview, house.incident, pages.stylesheet)
    app.register_blueprint(incidents.blueprint(stories))
    acknowledging = acknowledge.Acknowledging(house.database, house.signer, house.titles, house.keep_audit)
    app.register_blueprint(acknowledge.blueprint(acknowledging))


def _add_programs(app: Flask, house: House) -> None:
    """Add what programs without a token read, and what jobs call."""
    settings, kept = house.settings, archive.Archive(house.overview, house.told)
    for blueprint in (
        api.blueprint(api.Api(settings.page, house.overview, kept)),
        badges.blueprint(badges.Badges(settings.page.title, house.overview)),
        feeds.blueprint(feeds.Feeds(settings.page, kept)),
        calendars.blueprint(calendars.Calendars(settings.page, kept)),
        openapi.blueprint(settings.app_version),
        heartbeat.blueprint(heartbeat.Heartbeats(house.database, house.heartbeats())),
    ):
        app.register_blueprint(blueprint)


def _add_admins(app: Flask, house: House) -> None:
    """Add what admins see and do; and `/health`, of which they see more."""
    settings, database = house.settings, house.database
    attempts = Attempts(settings.redis_url, verify_tls=settings.redis_verify_tls)
    access = Access(settings.admin_token_hashes, settings.jwt_secret, attempts, house.keep_audit)
    answers = health.Health(house.overview, house.registry.all, settings.app_version, access.is_admin, house.asker)
    app.register_blueprint(health.blueprint(answers, lambda: house.running))
    scrapes = scraping.blueprint(metrics.flush, scraping.Checks(house.overview, house.leads))
    app.register_blueprint(access.protect(scrapes))
    sources = over_store(database, house.overview, house.budgets, settings.log_dir)
    view, forms = admin.Admin(sources, settings.page), Forms(house.signer)
    told = admin_alerts.AdminAlerts(database, view.shell, forms, settings.channels, house.keep_audit)
    stories = admin_incidents.AdminIncidents(database, house.check_settings, view.shell, forms, house.keep_audit)
    plans = admin_maintenance.AdminMaintenance(database, house.check_settings, view.shell, forms, house.keep_audit)
    beats = admin_heartbeats.AdminHeartbeats(database, view.shell, house.heartbeats())
    for blueprint in (
        admin.blueprint(view, access),
        admin_alerts.blueprint(told, forms, access),
        admin_incidents.blueprint(stories, access, forms),
        admin_maintenance.blueprint(plans, access, forms),
        admin_heartbeats.blueprint(beats, access),
    ):
        app.register_blueprint(blueprint)
