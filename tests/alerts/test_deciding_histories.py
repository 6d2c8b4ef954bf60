"""What must hold whatever happens: random histories of checks, windows, rules, channels and a desk that sleeps."""

from collections.abc import Callable, Iterable
from itertools import pairwise

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.alerts.message import Message
from monitoring.alerts.rules import Rule
from monitoring.alerts.situation import Standing
from monitoring.status import Status
from monitoring.store.alerts import Delivery, Event
from monitoring.store.transitions import Transition
from tests.alerts.diary import Diary, everything, subject
from tests.support.results import DEGRADED, HEALTHY, UNHEALTHY, UNKNOWN

CHECKS = ("db", "api", "mail")
PARENTS = {"db": (), "api": ("db",), "mail": ()}
CHANNELS = (["chat", "pager"], ["chat"], [])
RULES: tuple[list[Rule], ...] = (
    [everything("chat", "pager")],
    [everything("chat", for_seconds=60, repeat_seconds=600), everything("pager", severities=(UNHEALTHY,))],
    [everything("chat", checks=("db",)), everything("pager", checks=("api",), repeat_seconds=300)],
    [everything("chat", checks=("nothing",))],
)

statuses = st.sampled_from([HEALTHY, HEALTHY, DEGRADED, UNHEALTHY, UNHEALTHY, UNKNOWN])
changes = st.tuples(st.just("change"), st.sampled_from(CHECKS), statuses, st.booleans())
others = st.one_of(
    st.tuples(st.sampled_from(["maintain", "suspect"]), st.sampled_from(CHECKS)),
    st.tuples(st.just("rules"), st.sampled_from(range(len(RULES)))),
    st.tuples(st.just("channels"), st.sampled_from(range(len(CHANNELS)))),
    st.tuples(st.just("acknowledge")),
)
gaps = st.sampled_from([1.0, 20.0, 70.0, 200.0, 400.0, 2500.0])
histories = st.lists(st.tuples(gaps, st.one_of(changes, changes, others)), max_size=40)
"""Seconds that pass, and what happens then. The last of a change says whether the desk is awake."""


class Life:
    """Lives through a history; `decided` are all decisions' deliveries with the time and the state of things."""

    def __init__(self, prompt: bool) -> None:
        self.diary = Diary(*(subject(name, *PARENTS[name]) for name in CHECKS), channels=CHANNELS[0])
        self.now = 1000.0
        self.prompt = prompt
        self.waiting: list[Transition] = []
        self.happened: list[Transition] = []

    def live(self, history: Iterable[tuple[float, tuple]]) -> "Life":
        for gap, (what, *which) in history:
            self.now += gap
            if not self.waiting:
                self.pass_time(self.now)
            getattr(self, what)(*which)
        return self

    def end(self) -> "Life":
        """Let everything recover, and be calm."""
        self.diary.in_maintenance = set()
        for check in CHECKS:
            self.now += 1
            self.change(check, HEALTHY, True)
        self.decide()
        self.now += 9000
        self.pass_time(self.now)
        return self

    def pass_time(self, now: float) -> None:
        while (next_at := self.diary.last.next_at) is not None and next_at <= now:
            self._decide(next_at)
            assert self.diary.last.next_at is None or self.diary.last.next_at > next_at
        self._decide(now)

    def decide(self) -> None:
        batch, self.waiting = self.waiting, []
        self._decide(self.now, *batch)
        if all(each.confirmed_at > self.now - 1800 for each in batch):
            self.decide_again(batch)

    def decide_again(self, batch: list[Transition]) -> None:
        known = set(self.diary.deliveries)
        again = self.diary.decide(self.now, *batch)
        assert {each.id for each in again.deliveries} <= known
        assert not self.prompt or (again.alerts, again.deliveries) == ((), ())
        if batch:
            del self.diary.changes[-len(batch) :]

    def _decide(self, now: float, *batch: Transition) -> None:
        known = set(self.diary.deliveries)
        decision = self.diary.decide(now, *batch)
        assert not known & {each.id for each in decision.deliveries}
        if self.prompt:
            self.judge(now, decision.deliveries)

    def judge(self, now: float, deliveries: Iterable[Delivery]) -> None:
        """Nothing is said in maintenance but resolves; nothing is begun while a parent is down or suspected."""
        for each in deliveries:
            check = read(each).check
            if each.event is not Event.RESOLVE:
                assert check not in self.diary.in_maintenance
            if each.event is Event.TRIGGER:
                standings = [self.diary.standings[parent] for parent in PARENTS[check]]
                assert not any(parent.suspected or parent.status is UNHEALTHY for parent in standings)

    def change(self, check: str, status: Status, awake: bool) -> None:
        if self.diary.standings[check].status is not status:
            change = self.diary.change(check, status, self.now - 0.5, confirmed_at=self.now)
            self.happened.append(change)
            self.waiting.append(change)
        if awake or self.prompt:
            self.decide()

    def maintain(self, check: str) -> None:
        self.diary.in_maintenance ^= {check}

    def suspect(self, check: str) -> None:
        standing = self.diary.standings[check]
        self.diary.standings[check] = Standing(standing.status, not standing.suspected)

    def rules(self, number: int) -> None:
        self.diary.rules = RULES[number]

    def channels(self, number: int) -> None:
        self.diary.channels = CHANNELS[number]

    def acknowledge(self) -> None:
        self.diary.acknowledge(self.now)

    def threads(self) -> dict[tuple[str, str], list[Message]]:
        """Return what was said, by channel and outage, in order of positions."""
        found: dict[tuple[str, str], list[Message]] = {}
        for each in sorted(self.diary.deliveries.values(), key=lambda each: each.position):
            found.setdefault((each.channel, each.dedup_key), []).append(read(each))
        return found

    def of(self, check: str, holds: Callable[[Transition], bool]) -> list[Transition]:
        return [each for each in self.happened if each.check == check and holds(each)]


def read(delivery: Delivery) -> Message:
    return msgspec.json.decode(delivery.body, type=Message)


@settings(max_examples=300, deadline=None)
@given(histories, st.booleans())
def test_each_trigger_is_followed_by_exactly_one_resolve(history, prompt: bool) -> None:
    life = Life(prompt).live(history).end()
    for messages in life.threads().values():
        events = [each.event for each in messages]
        assert (events[0], events[-1]) == (Event.TRIGGER, Event.RESOLVE)
        assert set(events[1:-1]) <= {Event.REMINDER}
        assert [each.number for each in messages] == list(range(1, len(messages) + 1))
    assert life.diary.past(life.now).alerts == []


@settings(max_examples=300, deadline=None)
@given(histories, st.booleans())
def test_a_resolve_says_when_the_outage_began_and_ended(history, prompt: bool) -> None:
    life = Life(prompt).live(history).end()
    for messages in life.threads().values():
        resolve = messages[-1]
        assert resolve.began_at in {each.at for each in life.of(resolve.check, lambda each: each.status.severity > 0)}
        ends = [each.at for each in life.of(resolve.check, lambda each: each.status is HEALTHY)]
        after = [at for at in ends if at > resolve.began_at]
        assert resolve.ended_at in (after if any(each.flapping for each in messages) else after[:1])


@settings(max_examples=300, deadline=None)
@given(histories)
def test_while_it_flaps_nothing_is_said_until_it_is_calm(history) -> None:
    life = Life(prompt=True).live(history).end()
    for messages in life.threads().values():
        for notice, following in pairwise(messages):
            if notice.flapping:
                last = max(each.confirmed_at for each in life.of(notice.check, _changes_before(following.at)))
                assert following.at >= last + 1800


def _changes_before(at: float) -> Callable[[Transition], bool]:
    """Return which changes an alert knows of by then: those between known states that differ."""
    return lambda each: each.confirmed_at < at and UNKNOWN not in (each.status, each.previous)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(gaps, changes), max_size=40))
def test_every_outage_is_told_unless_its_check_flaps_or_its_parent_is_down(history) -> None:
    life = Life(prompt=True).live(history).end()
    threads = life.threads()
    for check in ("db", "mail"):
        begins = life.of(check, lambda each: each.previous is HEALTHY and each.status.severity > 0)
        lives = [(each[0].began_at, each[-1].at) for each in threads.values() if each[0].check == check]
        for each in begins:
            assert any(began_at <= each.at < over_at for began_at, over_at in lives)


@settings(max_examples=200, deadline=None)
@given(histories, st.booleans())
def test_a_digest_is_sent_once_and_in_order(history, prompt: bool) -> None:
    life = Life(prompt).live(history).end()
    digests: dict[str, set[float]] = {}
    for each in life.diary.deliveries.values():
        if each.digest:
            digests.setdefault(each.digest, set()).add(each.send_at)
    assert all(len(send_at) == 1 for send_at in digests.values())
    for channel in ("chat", "pager"):
        mine = sorted((d for d in life.diary.deliveries.values() if d.channel == channel), key=lambda d: d.position)
        assert [each.send_at for each in mine] == sorted(each.send_at for each in mine)
