"""However changes are cut into batches, and however often they are given, the same is told."""

from hypothesis import given
from hypothesis import strategies as st

from monitoring.incidents import Watched
from monitoring.incidents.reacting import reacted
from monitoring.store.incidents import Incident, Stage
from monitoring.store.transitions import Transition
from tests.incidents.desk import SUBJECTS, fell, rose
from tests.support.results import DEGRADED, HEALTHY, NOON, UNHEALTHY

WATCHED = Watched(subjects=SUBJECTS, in_maintenance=lambda *_: False)
steps = st.lists(
    st.tuples(st.sampled_from(sorted(SUBJECTS)), st.sampled_from([HEALTHY, DEGRADED, UNHEALTHY]), st.integers(40, 700)),
    min_size=1,
    max_size=25,
)


def changes_of(plan) -> list[Transition]:
    """Return the transitions of checks that go through the states of a plan, each so long after the one before."""
    states, at, changes = {}, 0, []
    for check, status, seconds in plan:
        at += seconds
        if states.get(check, HEALTHY) is not status:
            previous, states[check] = states.get(check, HEALTHY), status
            changes.append(rose(check, at) if status is HEALTHY else fell(check, at, status, previous))
    return sorted(changes, key=lambda each: each.confirmed_at)


def told(incidents: dict[str, Incident], batch: list[Transition]) -> list[Incident]:
    standing = sorted(incidents.values(), key=lambda each: -each.started_at)
    changed = reacted(standing, batch, WATCHED, NOON + 1e6)
    incidents.update({each.id: each for each in changed})
    return changed


def facts(incidents: dict[str, Incident]) -> list[tuple]:
    return sorted(
        (each.started_at, each.resolved_at or 0, each.stage, each.impact, each.title, sorted(each.checks, key=str))
        for each in incidents.values()
    )


@given(steps)
def test_each_outage_is_told_in_one_incident_and_resolved_with_the_last_of_them(plan) -> None:
    changes, incidents = changes_of(plan), {}
    told(incidents, changes)
    states = {each.check: each.status for each in changes}
    down = {check for check, status in states.items() if status is not HEALTHY and SUBJECTS[check].public}
    lasting = [each.check for one in incidents.values() for each in one.checks if each.ended_at is None]
    assert sorted(lasting) == sorted(down)
    for incident in incidents.values():
        over = all(each.ended_at is not None for each in incident.checks)
        assert over == (incident.stage is Stage.RESOLVED) == (incident.resolved_at is not None)
        assert [each.at for each in incident.updates] == sorted({each.at for each in incident.updates}, reverse=True)


@given(steps, st.integers(1, 5))
def test_batches_of_any_size_come_to_the_same_and_told_again_to_nothing(plan, size) -> None:
    changes, whole, parts = changes_of(plan), {}, {}
    told(whole, changes)
    for start in range(0, len(changes), size):
        told(parts, changes[start : start + size])
        assert told(parts, changes[start : start + size]) == []
    assert facts(parts) == facts(whole)
    assert told(whole, changes) == []
