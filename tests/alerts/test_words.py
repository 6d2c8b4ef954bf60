"""What people read when they are woken."""

import pytest

from monitoring.alerts import words
from monitoring.alerts.trial import trial
from monitoring.status import Cause, Status
from tests.alerts.messages import BEGAN, LINKS, NO_LINKS, reminder, resolve, trigger


def test_a_trigger_says_what_is_down_why_since_when_and_for_how_long():
    assert words.subject(trigger()) == "Redis is down: connection refused, since 12:03:10 UTC (40 s)"


def test_a_degraded_check_is_not_called_down():
    said = words.subject(trigger(status=Status.DEGRADED, cause=Cause.TIMEOUT))
    assert said == "Redis is degraded: no answer in time, since 12:03:10 UTC (40 s)"


def test_a_cause_that_nobody_knows_is_told_by_the_error():
    assert "Redis is down: disk is full, since" in words.subject(trigger(cause=Cause.UNKNOWN, error="disk is full"))
    assert words.subject(trigger(cause=None, error=None)).startswith("Redis is down, since")


def test_a_resolve_says_how_long_it_took():
    assert words.subject(resolve()) == "Redis is back after 4 min 12 s (12:03:10 – 12:07:22 UTC)"  # noqa: RUF001


def test_a_resolve_over_midnight_names_the_day_it_began():
    said = words.subject(resolve(ended_at=BEGAN + 86400, at=BEGAN + 86401))
    assert said == "Redis is back after 1 d (23 Nov 12:03:10 – 12:03:10 UTC)"  # noqa: RUF001


def test_a_reminder_says_how_it_is_by_now_and_which_reminder_it_is():
    said = words.subject(reminder(number=3))
    assert said == "Redis is down: connection refused, since 12:03:10 UTC (1 h, reminder 2)"


def test_a_check_that_was_removed_is_not_said_to_be_back():
    gone = resolve(status=Status.UNKNOWN)
    assert words.subject(gone).startswith("Redis is no longer watched after 4 min 12 s")
    assert words.digest([gone, resolve()]) == "2 alerts: 1 no longer watched, 1 back"
    assert words.color([gone]) == "#5b6673"


def test_who_does_not_know_when_it_began_does_not_say_how_long_it_took():
    assert words.subject(resolve(ended_at=BEGAN, at=BEGAN)) == "Redis is back (12:03:10 UTC)"


def test_flapping_says_that_nothing_more_is_said_until_it_is_calm():
    flapping = trigger(flapping=True)
    assert words.subject(flapping) == "Redis is flapping: its state keeps changing, since 12:03:10 UTC"
    assert words.details(flapping)[0] == words.CALM and "30 minutes" in words.CALM


def test_details_name_what_is_down_with_it_the_error_and_the_correlation_id():
    assert words.details(trigger(affects=("Shop", "Search"))) == [
        "It said: connection refused by 10.0.0.7",
        "Also down with it: Shop, Search.",
        "Group: Infrastructure",
        "Correlation ID: run-17",
    ]


def test_of_a_hundred_affected_checks_twenty_are_named():
    lines = words.details(trigger(affects=tuple(f"c{number}" for number in range(100))))
    assert "Also down with it: c0, " in lines[1] and lines[1].endswith("c19 and 80 more.")


@pytest.mark.parametrize(
    ("check", "status", "wrong", "over"),
    [
        (
            "spike/ValueError",
            Status.UNHEALTHY,
            "ValueError errors come in a spike: 14 errors",
            "The spike of ValueError errors is over",
        ),
        ("slow/db.query", Status.DEGRADED, "db.query has become slow: 14 errors", "db.query is fast again"),
        ("budget/openai", Status.UNHEALTHY, "The budget of openai is spent", "The budget of openai is kept again"),
        ("budget/openai", Status.DEGRADED, "The budget of openai is nearly spent", "The budget of openai is kept"),
        ("leader/takeover", Status.DEGRADED, "The leader has changed", "The leader is steady again"),
    ],
)
def test_each_kind_of_event_has_words_of_its_own(check, status, wrong, over):
    changes = {"check": check, "title": check, "status": status, "cause": None, "error": "14 errors in 5 minutes"}
    assert words.subject(trigger(**changes)).startswith(wrong)
    assert words.subject(resolve(**{**changes, "status": Status.HEALTHY})).startswith(over)


def test_a_digest_counts_what_it_tells():
    told = [trigger()] * 5 + [resolve()] * 2
    assert words.digest(told) == "7 alerts: 5 down, 2 back"
    more = [trigger(check="spike/A"), trigger(check="spike/B"), trigger(status=Status.DEGRADED), trigger(flapping=True)]
    assert words.digest(more) == "4 alerts: 2 error spikes, 1 degraded, 1 flapping"


def test_a_test_is_labelled_and_says_that_nothing_is_wrong():
    test = trial("ops", BEGAN)
    assert words.subject(test) == "TEST: a test of the channel ops, 12:03:10 UTC"
    assert words.details(test)[0] == "This is a test of the channel. Nothing is wrong."


def test_an_error_is_redacted_shortened_and_kept_on_one_line():
    error = "cannot connect to redis://:swordfish@cache\nEverything is fine now\r\x1b[31m" + "x" * 1000
    [said] = [line for line in words.details(trigger(error=error)) if line.startswith("It said: ")]
    assert "swordfish" not in said and "\n" not in said and "\x1b" not in said and len(said) < 320
    assert "swordfish" not in words.subject(trigger(error=error, cause=None))


def test_a_title_cannot_begin_a_line_of_its_own():
    assert "\n" not in words.subject(trigger(title="Redis\nBcc: everybody"))
    assert "\n" not in words.thread(trigger(title="Redis\nBcc: everybody"))


def test_links_lead_to_the_page_and_to_acknowledging_while_it_lasts():
    assert [name for name, _ in words.links(trigger(), LINKS)] == ["Status page", "Acknowledge"]
    assert [name for name, _ in words.links(resolve(), LINKS)] == ["Status page"]
    assert words.links(trigger(), NO_LINKS) == []


def test_all_messages_about_one_outage_have_one_thread():
    told = {words.thread(each) for each in (trigger(), reminder(), resolve(status=Status.HEALTHY))}
    assert told == {"Redis: outage since 12:03:10 UTC, 23 Nov 2026"}
    assert words.thread(trigger(check="spike/A")) == "A: error spike since 12:03:10 UTC, 23 Nov 2026"


def test_the_colour_is_that_of_the_worst_and_green_when_all_is_back():
    assert words.color([resolve(), trigger(status=Status.DEGRADED)]) == "#e0a030"
    assert words.color([trigger(status=Status.DEGRADED), trigger()]) == "#c93a26"
    assert words.color([resolve(), resolve()]) == "#26734f"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.2, "under 1 s"),
        (40, "40 s"),
        (60, "1 min"),
        (252, "4 min 12 s"),
        (7500, "2 h 5 min"),
        (273600, "3 d 4 h"),
    ],
)
def test_a_duration_is_said_in_its_two_largest_units(seconds, said):
    assert words.duration(seconds) == said
