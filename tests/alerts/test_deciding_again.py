"""What is decided again, by the same or by another leader, is told alike."""

import msgspec

from monitoring.alerts.deciding import Past, decide, orphan_resolves
from monitoring.alerts.message import Message
from tests.alerts.diary import Diary, everything
from tests.support.results import DEGRADED, HEALTHY, UNHEALTHY

TRIGGER, RESOLVE = ("trigger", "db", "unhealthy"), ("resolve", "db", "healthy")


def test_deciding_the_same_again_changes_nothing() -> None:
    diary = Diary()
    down, up = diary.change("db", UNHEALTHY, 100), diary.change("db", HEALTHY, 200)
    diary.decide(102, down)
    diary.decide(103, down)
    diary.decide(202, up)
    again = diary.decide(203, down, up)
    assert (diary.told, again.alerts, again.deliveries) == ([TRIGGER, RESOLVE], (), ())


def test_an_old_change_that_comes_again_opens_nothing() -> None:
    diary = Diary()
    down, up = diary.change("db", UNHEALTHY, 100), diary.change("db", HEALTHY, 200)
    diary.decide(202, down, up)
    again = diary.decide(1950, down)
    assert (again.alerts, again.deliveries) == ((), ())


def test_an_end_that_comes_much_later_again_does_not_end_the_next_outage() -> None:
    diary = Diary()
    up = [diary.becomes("db", UNHEALTHY, 100), diary.change("db", HEALTHY, 200)][1]
    diary.decide(202, up)
    diary.becomes("db", UNHEALTHY, 300)
    diary.decide(5000, up)
    assert diary.told == [TRIGGER, RESOLVE, TRIGGER]


def test_what_was_decided_in_a_memory_that_is_gone_is_told_alike_again() -> None:
    statuses = [UNHEALTHY, HEALTHY, UNHEALTHY, HEALTHY, UNHEALTHY]
    diary = Diary(rules=[everything(repeat_seconds=60)])
    changes = [diary.change("db", status, 100 * number) for number, status in enumerate(statuses, start=1)]
    for each in changes:
        diary.until(each.confirmed_at - 1)
        diary.decide(each.confirmed_at, each)
    known, before = set(diary.deliveries), diary.past(502).alerts
    diary.changes = []
    again = diary.decide(503, *changes)
    assert {each.id for each in again.deliveries} <= known
    assert diary.past(503).alerts == before


def test_an_end_that_comes_again_does_not_end_the_next_outage() -> None:
    diary = Diary()
    down, up = diary.change("db", UNHEALTHY, 100), diary.change("db", HEALTHY, 200)
    diary.decide(202, down, up)
    diary.becomes("db", UNHEALTHY, 300)
    diary.changes = []
    diary.decide(400, down, up)
    assert diary.told == [TRIGGER, RESOLVE, TRIGGER]


def test_a_resolve_comes_though_the_clock_was_set_back_meanwhile() -> None:
    diary = Diary()
    diary.becomes("db", UNHEALTHY, 1000)
    diary.decide(1001, diary.change("db", HEALTHY, 1000.5, confirmed_at=1001))
    assert diary.told == [TRIGGER, RESOLVE]


def test_a_resolve_comes_though_the_clock_was_set_back_by_more_than_the_outage_lasted() -> None:
    diary = Diary()
    diary.becomes("db", UNHEALTHY, 9000)
    diary.becomes("db", HEALTHY, 5460)
    diary.becomes("db", UNHEALTHY, 5500)
    assert diary.told == [TRIGGER, RESOLVE, TRIGGER]
    assert [each.seconds for each in diary.heard] == [2, 0, 2]


def test_whoever_decides_the_same_derives_the_same_names() -> None:
    first, second = Diary(), Diary()
    first.becomes("db", UNHEALTHY, 100)
    second.decide(140, second.change("db", UNHEALTHY, 100))
    assert first.deliveries.keys() == second.deliveries.keys()


def test_positions_go_on_from_the_last() -> None:
    diary = Diary(channels=["chat", "mail"])
    change = diary.change("db", UNHEALTHY, 100)
    decision = decide(Past(position=41), [change], diary.situation(102))
    assert [each.position for each in decision.deliveries] == [42, 43]


def test_the_key_of_the_stores_own_check_has_no_start() -> None:
    diary = Diary()
    diary.keyless = frozenset({"db"})
    diary.becomes("db", UNHEALTHY, 100)
    assert diary.heard[0].dedup_key == "daymark:db"


def test_whoever_takes_over_after_a_gap_can_resolve_what_it_does_not_know_of() -> None:
    diary = Diary(rules=[everything("chat", "gone"), everything("mail", severities=(DEGRADED,))])
    diary.channels = ["chat", "mail"]
    [delivery] = orphan_resolves(diary.situation(500), "db", 480, position=7)
    message = msgspec.json.decode(delivery.body, type=Message)
    assert (delivery.channel, delivery.dedup_key, delivery.event, delivery.position) == (
        "chat",
        "daymark:db",
        "resolve",
        8,
    )
    assert (message.status, message.number, message.began_at, message.seconds) == (HEALTHY, 1, 480, 0)
