"""The spine's own memory, and what it says of it."""

from monitoring.probing.cycle import Cycle
from monitoring.status import Result
from tests.probing.fakes import Local
from tests.support.results import NOON, UNHEALTHY, UNKNOWN, result, settings


def test_what_is_unwell_is_told_with_its_cause() -> None:
    cycle = Cycle([Local(settings("api")), Local(settings("other"))], [], lambda *_: None)
    cycle.settle(result(UNHEALTHY, NOON))
    [words] = cycle.unwell()
    assert (words["check"], words["status"], words["cause"]) == ("api", "unhealthy", "refused")


def test_the_last_result_that_tells_anything_is_what_readers_get() -> None:
    told: list[Result] = []
    cycle = Cycle([Local(settings("api"))], [], lambda _result, _judgement, last: told.append(last))
    cycle.settle(result(UNHEALTHY, NOON))
    cycle.settle(result(UNKNOWN, NOON + 60, error="no connectivity"))
    assert [(last.scheduled_at, last.error) for last in told] == [(NOON, None), (NOON, "no connectivity")]
