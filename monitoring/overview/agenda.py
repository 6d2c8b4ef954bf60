"""Which maintenance the picture tells of, and what follows from it for its checks. Pure."""

from collections.abc import Iterable, Iterator, Sequence

from monitoring.clock import DAY_SECONDS
from monitoring.maintenance import Maintenance, Window, covering, windows
from monitoring.settings.checks import CheckSettings

AHEAD_SECONDS = 14 * DAY_SECONDS
"""So long before it begins maintenance is announced."""
BEHIND_SECONDS = 7 * DAY_SECONDS
"""So far back a state is asked whether it began in maintenance."""


class Agenda:
    """The windows around the present of a reader: from a week before its newest data to two weeks from `now`."""

    def __init__(self, maintenances: Sequence[Maintenance], data_at: float, now: float) -> None:
        self._windows = windows(maintenances, data_at - BEHIND_SECONDS, now + AHEAD_SECONDS) if maintenances else []

    def borders(self) -> Iterator[float]:
        """Yield when windows begin and end."""
        for window in self._windows:
            yield window.starts_at
            yield window.ends_at

    def told(self, moment: float) -> tuple[Window, ...]:
        """Return the windows in progress at `moment` and those of the two weeks after it, in order of their start."""
        return tuple(w for w in self._windows if w.ends_at > moment and w.starts_at < moment + AHEAD_SECONDS)

    def covering(self, settings: CheckSettings) -> list[Window]:
        """Return the windows in which a check is worked on."""
        return covering(self._windows, settings.name, settings.group) if self._windows else []


def begun_outside(since: float | None, covered: Iterable[Window]) -> float | None:
    """Return from when on an outage counts that began at `since`: the end of the windows (in order) it began in."""
    for window in covered:
        if since is not None and window.holds(since):
            since = window.ends_at
    return since
