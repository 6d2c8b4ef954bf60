"""Incidents by hand: what a person opens and says. The machine overwrites none of it."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from monitoring.incidents.story import following
from monitoring.logs.redaction import redact_text
from monitoring.settings.addresses import http_address
from monitoring.status import Status
from monitoring.store import incidents, leases
from monitoring.store.database import Connection
from monitoring.store.incidents import Affected, Impact, Incident, Stage, Update, new_id

LONGEST_TITLE = 200
LONGEST_BODY = 20_000
LONGEST_ADDRESS = 2_000
LONGEST_NAME = 64
MOST_CHECKS = 500
_AUTHOR_LETTERS = 200


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """An incident that a person opens; `body` is the Markdown of its first update, `checks` are names."""

    title: str
    body: str = ""
    stage: Stage = Stage.INVESTIGATING
    impact: Impact = Impact.MINOR
    checks: tuple[str, ...] = ()

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield (key, what was expected) for each field that cannot be used."""
        yield from _title_faults(self.title)
        yield from _body_faults(self.body)
        yield from _check_faults(self.checks)


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What a person says in an incident: text, and what is to change; None leaves a field as it is.

    `checks` are all the checks it is about from now on; an empty `postmortem_url` removes the link.
    """

    body: str = ""
    stage: Stage | None = None
    impact: Impact | None = None
    title: str | None = None
    checks: tuple[str, ...] | None = None
    postmortem_url: str | None = None

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield (key, what was expected) for each field that cannot be used."""
        changes = (self.stage, self.impact, self.title, self.checks, self.postmortem_url)
        if not self.body.strip() and all(change is None for change in changes):
            yield "body", "some text, or something to change"
        yield from _body_faults(self.body)
        if self.title is not None:
            yield from _title_faults(self.title)
        if self.checks is not None:
            yield from _check_faults(self.checks)
        if self.postmortem_url:
            yield from _address_faults(self.postmortem_url)


def open_by_hand(connection: Connection, draft: Draft, author: str, now: float) -> Incident:
    """Store an incident that `author` opens `now` (Unix seconds), and return it. The draft has no faults."""
    leases.touch(connection)  # first: the leader's transaction, and other people's, then wait until this one ends
    update = _update(draft.stage, draft.body, now, author)
    incident = Incident(
        id=new_id(),
        title=_published(draft.title),
        stage=draft.stage,
        impact=draft.impact,
        started_at=now,
        created_at=now,
        updated_at=now,
        resolved_at=now if draft.stage is Stage.RESOLVED else None,
        opened_by=update.author,
        updates=(update,),
        checks=_named((), draft.checks),
    )
    incidents.save(connection, incident)
    return incident


def say(connection: Connection, incident_id: str, said: Said, author: str, now: float) -> Incident | None:
    """Store what `author` says `now` (Unix seconds), and return the incident; None where there is none of that id.

    What has no faults is taken as it is: a resolved incident may be opened again. Each saying is an update, also one
    without text: from then on the machine leaves title and impact alone. Nothing is written where nothing is said and
    nothing changes.
    """
    leases.touch(connection)  # first, as above: nothing may change between reading the incident and writing it
    before = incidents.load(connection, incident_id)
    if before is None:
        return None
    stage = said.stage or before.stage
    after = replace(
        before,
        title=before.title if said.title is None else _published(said.title),
        stage=stage,
        impact=said.impact or before.impact,
        resolved_at=(before.resolved_at or now) if stage is Stage.RESOLVED else None,
        postmortem_url=(before.postmortem_url if said.postmortem_url is None else said.postmortem_url) or None,
        checks=before.checks if said.checks is None else _named(before.checks, said.checks),
    )
    if after == before and not said.body.strip():
        return before
    update = _update(stage, said.body, following(before.updates, now), author)
    incident = replace(after, updated_at=now, updates=(update, *before.updates))
    incidents.save(connection, incident)
    return incident


def _update(stage: Stage, body: str, at: float, author: str) -> Update:
    return Update(id=new_id(), stage=stage, body=_published(body), at=at, author=author[:_AUTHOR_LETTERS])


def _published(text: str) -> str:
    """Return a text as strangers may read it: a secret that slipped into it is not stored either."""
    return redact_text(text.strip())


def _named(before: tuple[Affected, ...], names: tuple[str, ...]) -> tuple[Affected, ...]:
    """Return the checks of those names; of one that was there already, what is known of its outage stays."""
    known = {each.check: each for each in before}
    return tuple(known.get(name) or Affected(check=name, status=Status.UNKNOWN) for name in dict.fromkeys(names))


def _title_faults(title: str) -> Iterator[tuple[str, str]]:
    if not title.strip() or len(title) > LONGEST_TITLE or not title.strip().isprintable():
        yield "title", f"a line of 1 to {LONGEST_TITLE} characters"


def _body_faults(body: str) -> Iterator[tuple[str, str]]:
    if len(body) > LONGEST_BODY:
        yield "body", f"at most {LONGEST_BODY:,} characters"


def _check_faults(checks: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if len(checks) > MOST_CHECKS:
        yield "checks", f"at most {MOST_CHECKS} names of checks"
    elif not all(0 < len(name) <= LONGEST_NAME for name in checks):
        yield "checks", f"names of checks, at most {LONGEST_NAME} characters each"


def _address_faults(address: str) -> Iterator[tuple[str, str]]:
    try:
        if "@" in urlsplit(http_address(address)).netloc:
            yield "postmortem_url", "an address without a user or a password: strangers read it"
    except ValueError as wrong:
        yield "postmortem_url", str(wrong)
    if len(address) > LONGEST_ADDRESS:
        yield "postmortem_url", f"at most {LONGEST_ADDRESS:,} characters"
