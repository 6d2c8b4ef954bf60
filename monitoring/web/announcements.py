"""What the public pages say of maintenance. Pure."""

from collections.abc import Iterable, Sequence

import msgspec

from monitoring.maintenance import Window
from monitoring.overview.views import CheckView, Overview
from monitoring.web.archive import concerns
from monitoring.web.verdict import public_checks


class Announcement(msgspec.Struct, frozen=True):
    """One window for its readers: `affected` are the public checks it covers, empty where it covers all of them.

    `again_at` is when the same work is done next (Unix seconds), as far as it is announced yet.
    """

    window: Window
    affected: tuple[CheckView, ...]
    again_at: float | None = None


class Announcements(msgspec.Struct, frozen=True):
    """What is in progress, and what is planned: of work that recurs the next window only."""

    in_progress: tuple[Announcement, ...]
    planned: tuple[Announcement, ...]


def announcements(overview: Overview, check: CheckView | None = None) -> Announcements:
    """Return what an overview has to say of maintenance, of one `check` where that is given."""
    public = public_checks(overview)
    windows = [
        window for window in overview.windows if concerns(window.maintenance, public if check is None else [check])
    ]
    now = [window for window in windows if window.holds(overview.judged_at)]
    known = {window.maintenance.id for window in now}
    first: dict[str, Window] = {}
    for window in windows:
        if window.maintenance.id not in known:
            first.setdefault(window.maintenance.id, window)
    return Announcements(_told(now, windows, public), _told(first.values(), windows, public))


def announced(windows: Iterable[Window], overview: Overview) -> list[Announcement]:
    """Return windows of the past as they may be told: those that cover a public check."""
    public = public_checks(overview)
    return list(_told([window for window in windows if concerns(window.maintenance, public)], (), public))


def _told(those: Iterable[Window], windows: Sequence[Window], public: Sequence[CheckView]) -> tuple[Announcement, ...]:
    return tuple(Announcement(window, _affected(window, public), _again_at(window, windows)) for window in those)


def _affected(window: Window, public: Sequence[CheckView]) -> tuple[CheckView, ...]:
    work = window.maintenance
    covered = tuple(check for check in public if work.covers(check.settings.name, check.settings.group))
    return () if len(covered) == len(public) else covered


def _again_at(window: Window, windows: Iterable[Window]) -> float | None:
    later = (each.starts_at for each in windows if each.maintenance.id == window.maintenance.id)
    return next((at for at in later if at > window.starts_at), None)
