"""When many messages become one."""

from msgspec.structs import replace

from monitoring.store.alerts import Delivery
from tests.alerts.diary import CONFIRMED_AFTER, Diary, everything, subject
from tests.support.results import HEALTHY, UNHEALTHY

CHECKS = [f"check-{number}" for number in range(12)]


def busy() -> Diary:
    return Diary(*(subject(name) for name in CHECKS))


def fall(diary: Diary, names: list[str], now: float) -> list[Delivery]:
    """Let checks fall, as confirmed and decided at `now`; return what was decided."""
    fallen = [diary.change(name, UNHEALTHY, now - CONFIRMED_AFTER) for name in names]
    return list(diary.decide(now, *fallen).deliveries)


def when(deliveries: list[Delivery]) -> list[tuple[bool, float]]:
    return [(each.digest is not None, each.send_at) for each in deliveries]


def test_four_messages_go_at_once_and_the_others_are_gathered_for_30_seconds() -> None:
    deliveries = fall(busy(), CHECKS[:6], 100)
    assert when(deliveries) == [(False, 100)] * 4 + [(True, 130)] * 2
    assert deliveries[4].digest == deliveries[5].digest


def test_it_counts_what_was_decided_before() -> None:
    diary = busy()
    decided = [each for number in range(5) for each in fall(diary, CHECKS[number : number + 1], 100 + 10 * number)]
    assert when(decided) == [(False, 100), (False, 110), (False, 120), (False, 130), (True, 170)]


def test_what_is_decided_more_slowly_goes_at_once() -> None:
    diary = busy()
    decided = [each for number in range(8) for each in fall(diary, CHECKS[number : number + 1], 100 + 15 * number)]
    assert {each.digest for each in decided} == {None}


def test_a_digest_takes_whatever_comes_until_it_is_due() -> None:
    diary = busy()
    [*_, fifth] = fall(diary, CHECKS[:5], 100)
    [later] = fall(diary, CHECKS[5:6], 129.9)
    assert (later.digest, later.send_at) == (fifth.digest, 130)


def test_a_digest_is_joined_though_the_rate_has_fallen_meanwhile() -> None:
    diary = busy()
    fall(diary, CHECKS[:4], 100)
    [fifth] = fall(diary, CHECKS[4:5], 155)
    [sixth] = fall(diary, CHECKS[5:6], 170)
    assert (sixth.digest, sixth.send_at) == (fifth.digest, 185)


def test_a_resolve_never_overtakes_its_trigger() -> None:
    diary = busy()
    fall(diary, CHECKS[:5], 100)
    [resolve] = diary.decide(120, diary.change(CHECKS[4], HEALTHY, 110)).deliveries
    assert when([resolve]) == [(True, 130)]


def test_after_a_digest_another_begins_while_the_rate_holds() -> None:
    diary = busy()
    [*_, fifth] = fall(diary, CHECKS[:5], 100)
    [sixth] = fall(diary, CHECKS[5:6], 130)
    assert (sixth.digest != fifth.digest, sixth.send_at) == (True, 160)


def test_once_it_is_quiet_messages_go_at_once_again() -> None:
    diary = busy()
    fall(diary, CHECKS[:6], 100)
    assert when(fall(diary, CHECKS[6:7], 161)) == [(False, 161)]


def test_a_digest_that_was_tried_and_waits_for_another_try_is_not_joined() -> None:
    diary = busy()
    [*_, fifth] = fall(diary, CHECKS[:5], 100)
    diary.deliveries[fifth.id] = replace(fifth, attempts=1, send_at=300)
    [sixth] = fall(diary, CHECKS[5:6], 140)
    assert sixth.send_at == 170


def test_after_the_clock_was_set_back_what_is_said_next_is_not_gathered_for_an_hour() -> None:
    diary = busy()
    fall(diary, CHECKS[:5], 9000)
    assert when(fall(diary, CHECKS[5:6], 5400)) == [(False, 5400)]


def test_each_channel_is_counted_by_itself() -> None:
    diary = Diary(*(subject(name) for name in CHECKS), channels=["chat", "mail"])
    diary.rules = [everything("chat"), everything("mail", checks=(CHECKS[0],))]
    deliveries = fall(diary, CHECKS[:6], 100)
    assert [each.digest for each in deliveries if each.channel == "mail"] == [None]
    assert sum(each.digest is not None for each in deliveries if each.channel == "chat") == 2
