"""What the leader needs to tell people: who can be told, what of, and what is told already."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from monitoring.alerts.channel import Channel
from monitoring.alerts.desk import Briefing
from monitoring.alerts.rules import Rule
from monitoring.alerts.situation import Subject
from monitoring.health.check import Check
from monitoring.settings.checks import CheckSettings
from monitoring.store.states import StoredState


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """What the settings say of alerts. `keyless` are the checks of the store itself, whose outages nobody may
    remember; `origin` begins every dedup key; `deadman_url` is called while this process leads. `prepare()` reads
    what messages need from the store, while it answers; any of StoreError.
    """

    channels: Mapping[str, Channel] = {}
    rules: Sequence[Rule] = ()
    keyless: frozenset[str] = frozenset()
    origin: str = "daymark"
    deadman_url: str | None = None
    prepare: Callable[[], object] = lambda: None

    def briefing(self, checks: Iterable[Check[Any]]) -> Briefing:
        """Return what is to be known of these checks to decide who is told."""
        return Briefing(
            subjects={check.name: _subject(check) for check in checks},
            rules=self.rules,
            channels=tuple(self.channels),
            keyless=self.keyless,
            origin=self.origin,
        )

    def after_gap(self, checks: Iterable[Check[Any]], stored: Iterable[StoredState], now: float) -> frozenset[str]:
        """Return the keyless checks that nobody has asked for too long: who led then may have told of them."""
        asked_at = {state.last.check: state.last.finished_at for state in stored}
        mine = (check for check in checks if check.name in self.keyless & asked_at.keys())
        return frozenset(each.name for each in mine if now - asked_at[each.name] > each.settings.stale_after_seconds)


def _subject(check: Check[Any]) -> Subject:
    settings = check.settings
    return Subject(
        name=settings.name,
        title=settings.title,
        group=settings.group,
        parents=settings.depends_on,
        settle_seconds=settings.stale_after_seconds,
        doubt_seconds=_doubt_seconds(settings),
    )


def _doubt_seconds(settings: CheckSettings) -> float:
    """Return how long it takes to confirm a first result, or to refute it."""
    results = max(settings.failures_to_confirm - 1, settings.successes_to_recover)
    return results * settings.retry_seconds + settings.timeout_seconds if settings.failures_to_confirm > 1 else 0.0
