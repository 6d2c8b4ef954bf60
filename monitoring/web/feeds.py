"""`/feed.atom`: incidents and maintenance for feed readers, by RFC 4287."""

import re
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Protocol
from uuid import NAMESPACE_URL, uuid5

import msgspec
from flask import Blueprint, Response, request
from markupsafe import Markup

from monitoring.clock import DAY_SECONDS, day_start
from monitoring.maintenance import Window, windows
from monitoring.overview.views import CheckView
from monitoring.store.incidents import Incident
from monitoring.web import wording
from monitoring.web.addresses import Named, base_of
from monitoring.web.archive import SECONDS, Archive, Told
from monitoring.web.cors import open_to_all
from monitoring.web.markdown import rendered
from monitoring.web.pages import templates
from monitoring.web.rendered import Shelf
from monitoring.web.verdict import public_checks

MOST = 50
AHEAD_SECONDS = 14 * DAY_SECONDS
"""How long before its start a window is told."""
# What XML 1.0 has no place for, however it is written.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Page(Named, Protocol):
    """What the feed says of itself: the `[page]` table of the settings."""

    @property
    def title(self) -> str:
        """Return the name of the page."""


class Entry(msgspec.Struct, frozen=True):
    """One entry; times are Unix seconds, `path` begins with a slash, `content` is HTML."""

    id: str
    title: str
    category: str
    path: str
    published_at: float
    updated_at: float
    content: str


class Feed(msgspec.Struct, frozen=True):
    """A feed; `base` is the public address without a last slash."""

    id: str
    title: str
    base: str
    updated_at: float
    entries: Sequence[Entry]


def entries_of(told: Told) -> list[Entry]:
    """Return the 50 entries that changed last, the newest first."""
    public, now = public_checks(told.overview), told.overview.judged_at
    planned = windows(told.record.maintenances, now - SECONDS, now + AHEAD_SECONDS)
    entries = [_incident(each, public) for each in told.record.incidents]
    entries += [_window(each, public, now) for each in planned]
    return sorted(entries, key=lambda entry: (-entry.updated_at, entry.id))[:MOST]


def render(told: Told, page: Page, base: str) -> str:
    """Return the feed as XML. An empty one was updated today, since an unchanged text keeps its tag."""
    entries = entries_of(told)
    updated_at = max((entry.updated_at for entry in entries), default=day_start(told.overview.judged_at))
    feed = Feed(_urn("feed", page.url or page.title), page.title, base, updated_at, entries)
    return _ILLEGAL.sub("", templates().get_template("feed.atom").render(feed=feed))


def _urn(kind: str, name: str) -> str:
    """Return an id that stays the same whatever address the feed is read at."""
    return uuid5(NAMESPACE_URL, f"daymark:{kind}:{name}").urn


def _incident(incident: Incident, public: Iterable[CheckView]) -> Entry:
    names = {affected.check for affected in incident.checks}
    parts = [_affected(view.settings.title for view in public if view.settings.name in names)]
    if incident.postmortem_url:
        parts.append(Markup('<p><a href="{}">What was learned</a></p>').format(incident.postmortem_url))
    for update in incident.updates:
        stage = Markup("<h3>{}, {}</h3>").format(update.stage.capitalize(), wording.stamp(update.at))
        parts += [stage, rendered(update.body)]
    return Entry(
        id=_urn("incident", incident.id),
        title=incident.title,
        category="incident",
        path=f"/incidents/{incident.id}",
        published_at=incident.created_at,
        updated_at=incident.updated_at,
        content="".join(parts),
    )


def _window(window: Window, public: Iterable[CheckView], now: float) -> Entry:
    planned = window.maintenance
    announced_at = max(planned.created_at, window.starts_at - AHEAD_SECONDS)
    moments = [at for at in (window.starts_at, window.ends_at) if at <= now]
    when = Markup("<p>{} to {}: {}</p>").format(
        wording.stamp(window.starts_at), wording.stamp(window.ends_at), ("planned", "in progress", "over")[len(moments)]
    )
    covered = (view.settings for view in public)
    titles = [each.title for each in covered if planned.covers(each.name, each.group)]
    return Entry(
        id=_urn("maintenance", window.id),
        title=f"Maintenance: {planned.title}",
        category="maintenance",
        path="/",
        published_at=announced_at,
        # A word about the next window is none about those that are over.
        updated_at=max(announced_at, *moments, planned.updated_at if planned.updated_at < window.ends_at else 0.0),
        content="".join((when, _affected(titles), rendered(planned.body))),
    )


def _affected(titles: Iterable[str]) -> Markup:
    joined = ", ".join(titles)
    return Markup("<p>Affected: {}</p>").format(joined) if joined else Markup("")


class Feeds:
    """Answers with the feed, rendered once for each overview."""

    def __init__(self, page: Page, archive: Archive) -> None:
        self._page, self._archive = page, archive
        self._shelf = Shelf("application/atom+xml")

    def atom(self) -> Response:
        """Answer with the feed; 503 where nothing could be read yet."""
        told, base = self._archive.told(), base_of(self._page, request)
        return self._shelf.page(base, told, partial(render, told, self._page, base)).respond(request)


def blueprint(feeds: Feeds) -> Blueprint:
    """Return the route."""
    routes = Blueprint("feeds", __name__)

    @routes.get("/feed.atom")
    def atom() -> Response:
        return feeds.atom()

    return open_to_all(routes)
