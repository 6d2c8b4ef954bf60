"""What a reader sees: plain values, computed from rollup rows, nothing left to ask the store for."""

import msgspec

from monitoring.maintenance import Window
from monitoring.settings.checks import CheckSettings
from monitoring.status import Cause, Status
from monitoring.store.incidents import Incident


class Span(msgspec.Struct, frozen=True):
    """What was observed in one UTC hour or day; `start` is Unix seconds, the rest seconds and counts.

    Degraded and down seconds are parts of the observed ones, those of maintenance are not. Latencies are seconds,
    None where nothing answered.
    """

    start: int
    observed_seconds: float = 0.0
    degraded_seconds: float = 0.0
    down_seconds: float = 0.0
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    maintenance_seconds: float = 0.0

    @property
    def uptime(self) -> float | None:
        """Return the share of the observed time that was not down, 0 to 1; None where nobody looked."""
        return 1 - self.down_seconds / self.observed_seconds if self.observed_seconds > 0 else None


class Outage(msgspec.Struct, frozen=True):
    """A span in which a check's state was not healthy; `ended_at` is None while it lasts."""

    check: str
    title: str
    started_at: float
    ended_at: float | None
    worst: Status
    cause: Cause | None
    error: str | None

    def seconds(self, until: float) -> float:
        """Return how long it lasted, or has lasted by `until`."""
        return max(0.0, (self.ended_at or until) - self.started_at)


class CheckView(msgspec.Struct, frozen=True):
    """One check as readers see it.

    `status` is the confirmed state, unknown where its last result is too old; `since` is when that state began;
    `days` are 90 spans, oldest first, the last one today (UTC); `hours` are 24, the last one the open hour.
    `uptime` and `coverage` are shares (0 to 1) over the 90 days: of the observed time, and of all the time
    since the check was first observed, at most 90 days. `p50` and `p95` are seconds over the 24 hours.
    `blamed_on` is the title of a check it depends on that is itself not healthy. `in_maintenance` says that it is
    being worked on as planned.
    """

    settings: CheckSettings
    status: Status
    since: float | None = None
    cause: Cause | None = None
    error: str | None = None
    checked_at: float | None = None
    response_seconds: float | None = None
    details: dict[str, object] = msgspec.field(default_factory=dict)
    phases: dict[str, float] = msgspec.field(default_factory=dict)
    days: tuple[Span, ...] = ()
    hours: tuple[Span, ...] = ()
    uptime: float | None = None
    coverage: float = 0.0
    p50: float | None = None
    p95: float | None = None
    blamed_on: str | None = None
    in_maintenance: bool = False


class Overview(msgspec.Struct, frozen=True):
    """Everything the front page says.

    `version` is the stored version it was drawn from; `status` the whole, checks in maintenance left out; `data_at` the
    time of the newest result (None: no result yet); `judged_at` the time at which ages were judged; `made_up` marks a
    demonstration. `incidents` are those that are not resolved, and those resolved in the last 7 days, newest first;
    `windows` the maintenance in progress and that of the next 14 days, in order of its start.
    """

    version: int
    status: Status
    checks: tuple[CheckView, ...]
    data_at: float | None
    judged_at: float
    made_up: bool = False
    incidents: tuple[Incident, ...] = ()
    windows: tuple[Window, ...] = ()


class History(msgspec.Struct, frozen=True):
    """What the page of one check adds: latency over 7 days by hour, and its outages, newest first."""

    check: CheckView
    week: tuple[Span, ...]
    outages: tuple[Outage, ...]


class Month(msgspec.Struct, frozen=True):
    """The outages that touch one UTC month, newest first; `observed` says whether anybody looked at all.

    `months` are those there is something to look at, newest first, as `YYYY-MM`. `incidents` are those that touch
    the month, newest first; `windows` the maintenance that does and has begun, in order of its start.
    """

    name: str
    months: tuple[str, ...]
    outages: tuple[Outage, ...]
    observed: bool
    incidents: tuple[Incident, ...] = ()
    windows: tuple[Window, ...] = ()
