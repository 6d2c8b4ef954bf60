import os
import signal
import threading
import time

import pytest
import time_machine

from monitoring import correlation
from monitoring.errors.recent import PER_TYPE, TYPES, Recent
from tests.errors.conftest import counted, raised


def _kind(name):
    """A type that no other test has captured."""
    return type(name, (Exception,), {})


def test_it_writes_one_line_with_the_stack_and_the_context(taken, lines):
    taken.capture(raised(ValueError("no coin")), {"operation": "pay", "metadata": {"order": 7}})
    line = lines.one()
    assert (line["level"], line["message"], line["name"]) == ("error", "no coin", "ValueError")
    assert (line["operation"], line["metadata"]) == ("pay", {"order": 7})
    assert "ValueError: no coin" in line["stack"]


def test_it_counts_by_type_and_service(taken):
    taken.capture(raised(_kind("Counted")("a")))
    taken.capture(raised(_kind("Counted")("b")), {"service": "openai"})
    assert counted(type="Counted", service="unknown") == 1
    assert counted(type="Counted", service="openai") == 1


def test_the_service_is_the_applications_where_the_context_names_none(taken):
    taken.tracker.service = "shop"
    taken.capture(raised(_kind("OfShop")()))
    assert counted(type="OfShop", service="shop") == 1


def test_it_delivers_under_the_current_id(taken):
    with correlation.bind("request-7"):
        taken.capture(raised(ValueError("no coin")))
    assert (taken.one.type, taken.one.correlation_id) == ("ValueError", "request-7")


def test_an_id_in_the_context_is_the_errors_everywhere(taken, lines):
    taken.capture(raised(ValueError("no coin")), {"correlation_id": "job-3"})
    assert taken.one.correlation_id == "job-3"
    assert lines.one()["correlation_id"] == "job-3"
    assert correlation.current() is None


def test_one_error_captured_twice_counts_once(taken, lines):
    error = raised(_kind("Twice")())
    with correlation.bind("request-7"):
        taken.capture(error)
        taken.capture(error, {"operation": "again"})
    taken.capture(error)  # a hook outside of the request
    assert (len(taken.occurrences), len(lines.all()), counted(type="Twice", service="unknown")) == (1, 1, 1)


def test_one_error_object_raised_by_two_requests_counts_twice(taken):
    error = raised(ValueError("made once"))
    for request in ("request-7", "request-8"):
        with correlation.bind(request):
            taken.capture(error)
    assert [each.correlation_id for each in taken.occurrences] == ["request-7", "request-8"]


def test_each_member_of_a_group_is_counted_and_the_group_told_once(taken, lines):
    group = raised(ExceptionGroup("all", [ValueError("a"), ExceptionGroup("inner", [KeyError("b")])]))
    taken.capture(group)
    taken.capture(group)
    assert [each.type for each in taken.occurrences] == ["ValueError", "KeyError"]
    assert lines.one()["message"] == "all (2 sub-exceptions)"


def test_a_group_does_not_count_what_was_captured_before(taken):
    known = raised(ValueError("a"))
    taken.capture(known)
    taken.capture(raised(ExceptionGroup("all", [known, KeyError("b")])))
    assert [each.type for each in taken.occurrences] == ["ValueError", "KeyError"]


def test_it_answers_with_the_hour_and_the_last_five_minutes(taken):
    with time_machine.travel(1_000_000, tick=False) as travel:
        taken.capture(raised(ValueError()))
        travel.shift(3000)
        taken.capture(raised(ValueError()))
        taken.capture(raised(KeyError()))
        travel.shift(299)
        assert taken.tracker.get_error_stats() == {
            "total_errors": 3,
            "errors_by_type": {"ValueError": 2, "KeyError": 1},
            "recent_errors": {"ValueError": 1, "KeyError": 1},
        }
        travel.shift(302)
        assert taken.tracker.get_error_stats() == {
            "total_errors": 2,
            "errors_by_type": {"ValueError": 1, "KeyError": 1},
            "recent_errors": {},
        }


def test_it_answers_from_the_source_it_was_given(taken):
    class Store:
        def counts(self, since):
            return {"ValueError": 40} if since < 900_000 + 100_000 - 600 else {"ValueError": 4}

    with time_machine.travel(1_000_000, tick=False):
        taken.tracker.read_from(Store())
        found = taken.tracker.get_error_stats()
    assert found == {"total_errors": 40, "errors_by_type": {"ValueError": 40}, "recent_errors": {"ValueError": 4}}


def test_it_keeps_a_thousand_times_of_a_type():
    recent = Recent()
    with time_machine.travel(1_000_000, tick=False):
        for _ in range(PER_TYPE + 50):
            recent.add("ValueError", 1_000_000.0)
        assert recent.counts(0) == {"ValueError": PER_TYPE}


def test_it_keeps_a_thousand_types_and_forgets_the_one_longest_unseen():
    recent = Recent()
    with time_machine.travel(1_000_000, tick=False):
        for number in range(TYPES):
            recent.add(f"E{number}", 1_000_000.0)
        recent.add("E0", 1_000_000.0)
        recent.add("One too many", 1_000_000.0)
        kept = recent.counts(0)
    assert len(kept) == TYPES
    assert "E0" in kept
    assert "E1" not in kept


@pytest.mark.parametrize(
    ("level", "written"),
    [("info", "info"), ("warning", "warn"), ("error", "error"), ("fatal", "fatal"), ("loud", "info")],
)
def test_a_message_is_written_at_its_level(taken, lines, level, written):
    taken.tracker.capture_message("Stock is low", level, {"left": 3})
    line = lines.one()
    assert (line["level"], line["message"], line["left"]) == (written, "Stock is low", 3)
    assert taken.occurrences == []


def test_what_is_no_error_is_written_as_a_message(taken, lines):
    taken.capture("only words")
    assert (lines.one()["message"], taken.tracker.failures) == ("only words", 0)


def test_a_failing_delivery_costs_neither_line_nor_report_nor_caller(taken, lines):
    reported = []
    taken.tracker.reporter.error = lambda error, *_: reported.append(error)

    def deliver(_occurrence):
        raise ConnectionError("the store is away")

    taken.tracker.deliver = deliver
    error = raised(ValueError("no coin"))
    taken.capture(error)
    assert reported == [error]
    assert [line["message"] for line in lines.all()] == ["no coin", "Error tracking failed"]
    assert taken.tracker.failures == 1


def test_a_failing_reporter_costs_nothing_else(taken):
    def report(*_):
        raise RuntimeError("out of order")

    taken.tracker.reporter.error = taken.tracker.reporter.message = report
    taken.capture(raised(ValueError()))
    taken.tracker.capture_message("Stock is low")
    assert (len(taken.occurrences), taken.tracker.failures) == (1, 2)


def test_it_counts_rightly_from_many_threads(taken):
    def fail():
        for _ in range(50):
            taken.capture(raised(ValueError()))

    threads = [threading.Thread(target=fail) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken.occurrences) == taken.tracker.get_error_stats()["total_errors"] == 200


def test_a_fork_begins_anew_without_the_lock_of_another_thread():
    recent = Recent()
    recent.add("ValueError", time.time())
    with recent._lock:
        child = os.fork()
        if not child:
            signal.alarm(5)
            os._exit(len(recent.counts(0)))
    assert os.waitpid(child, 0)[1] == 0
