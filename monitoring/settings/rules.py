"""Who is told what: the `[[rules]]` tables."""

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

from monitoring.settings.checks import Name
from monitoring.settings.kinds import Duration

Happening = Literal["spike", "budget", "slow", "leader"]
Severity = Literal["degraded", "unhealthy"]


class RuleSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One rule: what it is about, how bad that must be, and who is told after how long and how often.

    With neither checks, groups nor events it is about every check. `delay` (`for` in the file) is how long a state
    must have lasted, `repeat` the time between reminders, None for none.
    """

    checks: tuple[Name, ...] = ()
    groups: tuple[str, ...] = ()
    events: tuple[Happening, ...] = ()
    severities: Annotated[
        tuple[Severity, ...],
        msgspec.Meta(min_length=1, description='an array of "degraded", "unhealthy" or both'),
    ] = ("degraded", "unhealthy")
    channels: Annotated[
        tuple[Name, ...], msgspec.Meta(min_length=1, description="an array of at least one channel's name")
    ]
    delay: Duration = msgspec.field(name="for", default=Duration(0))
    repeat: Duration | None = None

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield (key, what was expected) for each field that cannot be used."""
        if self.repeat is not None and self.repeat < 60:
            yield "repeat", "at least 1m"
