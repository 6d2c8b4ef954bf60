"""What waits to be stored: everything since the last transaction, merged, so that it stays small however long."""

from collections import deque
from collections.abc import Callable, Sequence

import msgspec

from monitoring.maintenance import Window
from monitoring.probing.judge import Judgement
from monitoring.status import Result
from monitoring.store import results, rollups, states, transitions
from monitoring.store.database import Connection
from monitoring.store.rollups import Ledger
from monitoring.store.states import StoredState
from monitoring.store.transitions import Transition

RAW_RESULTS_KEPT = 20_000
"""Raw results kept while the store is away: about an hour of 300 checks. Rollups and states lose nothing past it."""

Windows = Callable[[str, float, float], Sequence[Window]]
React = Callable[[Connection, Sequence[Transition]], object]

_memory_text = msgspec.json.Encoder().encode


class Batch:
    """Results and what followed from them.

    `windows(check, start, end)` returns the maintenance that covers a check in that time: it is booked as such.
    `react(connection, transitions)` writes what follows from transitions, in the transaction that stores them.
    """

    def __init__(self, windows: Windows = lambda *_: (), react: React = lambda *_: None) -> None:
        self._windows, self._react = windows, react
        self.results: deque[Result] = deque(maxlen=RAW_RESULTS_KEPT)
        self.dropped = 0
        self._ledger = Ledger()
        self._judged: dict[str, tuple[Result, Judgement]] = {}
        self._transitions: list[Transition] = []

    def __bool__(self) -> bool:
        """Return whether there is anything to store."""
        return bool(self._judged)

    @property
    def changed(self) -> bool:
        """Return whether any state has become another."""
        return bool(self._transitions)

    def add(self, result: Result, judgement: Judgement, last: Result) -> None:
        """Take in one judged result, and the last that tells how the check is."""
        self.dropped += len(self.results) == RAW_RESULTS_KEPT
        self.results.append(result)
        self._judged[result.check] = (last, judgement)
        self._ledger.count(result)
        for start, end, status in judgement.bookings:
            windows = self._windows(result.check, start, end)
            self._ledger.book_around(result.check, (start, end), status, windows)
        if judgement.change is not None:
            self._transitions.append(transition(result.check, judgement))

    def store(self, connection: Connection, version: int) -> None:
        """Write everything in the caller's transaction; the rows get `version`."""
        results.add(connection, self.results)
        transitions.add(connection, self._transitions)
        self._react(connection, self._transitions)
        rollups.add(connection, version, self._ledger)
        states.save(connection, version, [stored_state(*judged) for judged in self._judged.values()])


def transition(check: str, judgement: Judgement) -> Transition:
    """Return the row that a confirmed change becomes; the judgement must have one."""
    change = judgement.change
    assert change is not None  # noqa: S101 - the caller asked
    return Transition(
        check=check,
        previous=change.previous,
        status=change.status,
        at=change.at,
        confirmed_at=change.confirmed_at,
        cause=change.cause,
        error=change.error,
    )


def stored_state(result: Result, judgement: Judgement) -> StoredState:
    """Return the row that says the last word on a check."""
    state = judgement.memory.state
    memory = _memory_text(judgement.memory).decode()
    return StoredState(status=state.status, since=state.since, cause=state.cause, last=result, memory=memory)
