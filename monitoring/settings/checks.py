"""What every check can be told in `status.toml`, whatever its type."""

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec
from msgspec.structs import force_setattr

from monitoring.settings.kinds import Duration

NAME_PATTERN = r"\A[a-z0-9][a-z0-9-]{0,62}\Z"
TAKEN_NAMES = frozenset({"live", "ready", "connectivity"})
"""`/health/live` and `/health/ready` are not checks, and `[connectivity]` is asked under its own name."""

Name = Annotated[
    str,
    msgspec.Meta(pattern=NAME_PATTERN, description="a name of at most 63 lower-case letters, digits and hyphens"),
]
Count = Annotated[int, msgspec.Meta(ge=1, le=100)]


class CheckSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of one `[[checks]]` table that every type shares; a type adds its own in a subclass.

    Durations are seconds. `retry_interval` defaults to a quarter of the interval, at least 1 s;
    `timeout` to 5 s, at most the interval. `price` is dollars a probe, `daily_budget` dollars a UTC day.
    """

    name: Name
    type: str
    title: str = ""
    group: str = "Services"
    description: str = ""
    public: bool = True
    interval: Duration = Duration(60)
    timeout: Duration | None = None
    failures_to_confirm: Count = 3
    successes_to_recover: Count = 2
    retry_interval: Duration | None = None
    slow_after: Duration | None = None
    impact: Literal["unhealthy", "degraded"] = "unhealthy"
    depends_on: tuple[Name, ...] = ()
    price: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    daily_budget: Annotated[float, msgspec.Meta(ge=0)] | None = None

    def __post_init__(self) -> None:
        """Fill in what follows from other fields."""
        if not self.title:
            force_setattr(self, "title", self.name.replace("-", " ").capitalize())
        if self.timeout is None:
            force_setattr(self, "timeout", Duration(min(5.0, self.interval)))
        if self.retry_interval is None:
            force_setattr(self, "retry_interval", Duration(max(1.0, self.interval / 4)))

    def __repr__(self) -> str:
        """Name the check and nothing that could be secret."""
        return f"<{type(self).__name__} {self.name}>"

    @property
    def timeout_seconds(self) -> float:
        """Return the deadline of one probe in seconds."""
        return float(self.timeout or 0.0)

    @property
    def retry_seconds(self) -> float:
        """Return the wait before a contradicting result is asked again."""
        return float(self.retry_interval or 0.0)

    @property
    def stale_after_seconds(self) -> float:
        """Return the age at which a last result no longer says anything: 2 x interval + timeout."""
        return 2 * self.interval + self.timeout_seconds

    @property
    def paid(self) -> bool:
        """Return whether a probe costs money."""
        return self.price > 0

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield (key, what was expected) for each field that contradicts another; a type extends it."""
        if self.name in TAKEN_NAMES:
            yield "name", "another name: live, ready and connectivity are taken"
        if self.name in self.depends_on:
            yield "depends_on", "other checks, not the check itself"
        if self.interval < 1:
            yield "interval", "at least 1s"
        else:
            yield from self._timing_faults()

    def _timing_faults(self) -> Iterator[tuple[str, str]]:
        if not 0 < self.timeout_seconds <= self.interval:
            yield "timeout", "more than 0s and at most the interval"
        if not 0 < self.retry_seconds <= self.interval:
            yield "retry_interval", "more than 0s and at most the interval"
        if self.slow_after is not None and not 0 < self.slow_after < self.timeout_seconds:
            yield "slow_after", "more than 0s and less than the timeout"
