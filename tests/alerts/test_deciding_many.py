"""Many checks at once."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from monitoring.alerts.deciding import Past, decide
from monitoring.alerts.situation import Situation
from monitoring.store.transitions import Transition
from tests.alerts.diary import Diary, subject
from tests.support.results import UNHEALTHY

CHANNELS = ["chat", "mail", "pager"]


def calls(work: Callable[[], object]) -> int:
    """Return how many functions were called: what work costs, however busy the machine is."""
    counted = 0

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return counted


def disaster(size: int, *parents: str) -> tuple[list[Transition], Situation]:
    """Return how a database and as many checks as told fall at once."""
    diary = Diary(subject("db"), *(subject(f"check-{n}", *parents) for n in range(size)), channels=CHANNELS)
    changes = [diary.change(name, UNHEALTHY, 100) for name in diary.subjects]
    return changes, diary.situation(103)


def test_twice_as_many_checks_cost_twice_as_much() -> None:
    for parents in ((), ("db",)):
        few, many = disaster(100, *parents), disaster(200, *parents)
        assert calls(lambda: decide(Past(), *many)) < 2.2 * calls(lambda: decide(Past(), *few))  # noqa: B023


def test_everything_that_falls_at_once_is_told_in_one_digest_a_channel() -> None:
    decision = decide(Past(), *disaster(300))
    assert len(decision.deliveries) == 301 * len(CHANNELS)
    assert len({each.digest for each in decision.deliveries if each.digest}) == len(CHANNELS)
    assert len({each.id for each in decision.deliveries}) == len(decision.deliveries)
