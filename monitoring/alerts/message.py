"""What an alert says, before any channel has put it in its own form."""

import msgspec

from monitoring.status import Cause, Status
from monitoring.store.alerts import Event


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to be told. Times are Unix seconds.

    `check` is the name of the check (or `budget/openai` …), `title` what people call it. `began_at` is the start of
    the outage, `ended_at` its end (None while it lasts), `at` when the message was decided. `status` is how it stands
    now: healthy in a resolve, or unknown where the check is not watched any more; `cause` and `error` are those of the
    outage. `affects` has the titles of the checks that are down with it and are not told of by themselves.
    `flapping` says that its state keeps changing and nothing more is said until it is calm. `number` counts the
    messages about one outage on one channel, from 1. `labelled_test` marks a test of the channel.
    """

    event: Event
    dedup_key: str
    check: str
    title: str
    group: str = ""
    status: Status
    cause: Cause | None = None
    error: str | None = None
    began_at: float
    confirmed_at: float
    ended_at: float | None = None
    at: float
    correlation_id: str | None = None
    affects: tuple[str, ...] = ()
    flapping: bool = False
    number: int = 1
    labelled_test: bool = False

    @property
    def seconds(self) -> float:
        """Return how long the outage lasted, or has lasted so far."""
        until = self.at if self.ended_at is None else self.ended_at
        return max(0.0, until - self.began_at)
