"""Who wants to be told what."""

from monitoring.alerts.rules import Rule, Terms, rules_of, terms
from monitoring.alerts.situation import Subject
from monitoring.alerts.subject import subject_of
from monitoring.settings import Duration
from monitoring.settings.rules import RuleSettings
from monitoring.status import Status
from tests.support.results import DEGRADED, UNHEALTHY

DB = Subject(name="db", title="Database", group="Storage")
SPIKE = subject_of("spike/ValueError")


def channels(rule: Rule, subject: Subject = DB, status: Status = UNHEALTHY) -> list[str]:
    return list(terms([rule], subject, status))


def test_without_rules_every_channel_is_told_of_every_check() -> None:
    rules = rules_of((), ["chat", "mail"])
    assert terms(rules, DB, DEGRADED) == {"chat": Terms(0, None), "mail": Terms(0, None)}


def test_without_rules_nobody_is_told_of_spikes() -> None:
    assert terms(rules_of((), ["chat"]), SPIKE, UNHEALTHY) == {}


def test_without_channels_nobody_is_told_anything() -> None:
    assert terms(rules_of((), []), DB, UNHEALTHY) == {}


def test_a_rule_says_what_its_table_says() -> None:
    table = RuleSettings(
        groups=("Storage",), severities=("unhealthy",), channels=("chat",), delay=Duration(300), repeat=Duration(3600)
    )
    [rule] = rules_of([table], ["chat", "mail"])
    assert rule == Rule(
        groups=("Storage",), severities=(UNHEALTHY,), channels=("chat",), for_seconds=300, repeat_seconds=3600
    )


def test_a_rule_means_checks_by_name() -> None:
    assert channels(Rule(checks=("db",), channels=("chat",))) == ["chat"]
    assert channels(Rule(checks=("api",), channels=("chat",))) == []


def test_a_rule_means_checks_by_group() -> None:
    assert channels(Rule(groups=("Storage",), channels=("chat",))) == ["chat"]
    assert channels(Rule(groups=("Web",), channels=("chat",))) == []


def test_a_check_need_not_be_named_where_its_group_is() -> None:
    assert channels(Rule(checks=("api",), groups=("Storage",), channels=("chat",))) == ["chat"]


def test_a_rule_means_only_its_severities() -> None:
    rule = Rule(severities=(UNHEALTHY,), channels=("chat",))
    assert (channels(rule), channels(rule, status=DEGRADED)) == (["chat"], [])


def test_nobody_is_told_that_a_state_is_healthy_or_unknown() -> None:
    rule = Rule(channels=("chat",))
    assert [channels(rule, status=each) for each in (Status.HEALTHY, Status.UNKNOWN)] == [[], []]


def test_events_are_told_where_a_rule_names_their_kind() -> None:
    assert channels(Rule(events=("spike", "leader"), channels=("chat",)), SPIKE) == ["chat"]
    assert channels(Rule(events=("budget",), channels=("chat",)), SPIKE) == []


def test_a_rule_that_names_only_events_means_no_check() -> None:
    assert channels(Rule(events=("spike",), channels=("chat",))) == []


def test_a_rule_about_every_check_means_no_event() -> None:
    assert channels(Rule(channels=("chat",)), SPIKE) == []


def test_the_shortest_wait_and_the_shortest_repeat_count() -> None:
    rules = [
        Rule(channels=("chat", "mail"), for_seconds=300, repeat_seconds=600),
        Rule(channels=("chat",), for_seconds=60, repeat_seconds=3600),
        Rule(channels=("chat",), for_seconds=120),
    ]
    assert terms(rules, DB, UNHEALTHY) == {"chat": Terms(60, 600), "mail": Terms(300, 600)}


def test_an_event_has_a_title_in_plain_words() -> None:
    assert (SPIKE.title, SPIKE.kind) == ("Error spike: ValueError", "spike")
    assert subject_of("budget/openai").title == "Budget of openai"
    assert subject_of("slow/query").title == "Slow operation: query"
