import logging
from typing import Any

import pytest

from monitoring.logs import audit_log, log, log_error, log_metric, log_performance, log_request
from tests.logs.captured import Lines, captured


def test_fields_come_as_mapping_as_keywords_or_both(lines: Lines) -> None:
    log.info("x", {"a": 1}, b=2)
    log.info("x", extra={"a": 1})
    first, second = lines.all()
    assert (first["a"], first["b"], second["a"]) == (1, 2, 1)


def test_a_key_given_twice_is_kept_twice(lines: Lines) -> None:
    log.info("x", {"a": 1}, a=2)
    line = lines.one()
    assert (line["a"], line["extra_a"]) == (2, 1)


def test_what_is_no_mapping_is_kept_as_extra(lines: Lines) -> None:
    log.info("x", 5)
    assert lines.one()["extra"] == 5


@pytest.mark.parametrize("message", [None, 5, ValueError("no"), b"bytes", ["a"]])
def test_a_message_may_be_anything(lines: Lines, message: Any) -> None:
    log.info(message)
    assert lines.one()["message"]


def test_percent_signs_are_text(lines: Lines) -> None:
    log.info("100 %s %d")
    assert lines.one()["message"] == "100 %s %d"


def test_a_child_carries_its_metadata_and_its_parents(lines: Lines) -> None:
    child = log.child(component="writer").child({"check": "redis"}, message="m")
    child.warn("x", check="disk")
    line = lines.one()
    assert (line["component"], line["check"], line["extra_message"], line["level"]) == ("writer", "disk", "m", "warn")


def test_a_parent_knows_nothing_of_its_children(lines: Lines) -> None:
    log.child(component="writer")
    log.info("x")
    assert "component" not in lines.one()


def test_a_line_that_is_not_wanted_costs_no_record(capsys: Any) -> None:
    with captured(capsys, level="warn"):
        assert log.enabled(logging.WARNING) and not log.enabled(logging.INFO)


@pytest.mark.parametrize(
    ("path", "status", "level"),
    [
        ("/", 200, "info"),
        ("/", 304, "info"),
        ("/", 404, "warn"),
        ("/", 500, "error"),
        ("/health", 200, "debug"),
        ("/health/redis", 404, "debug"),
        ("/api/health", 200, "debug"),
        ("/health", 503, "error"),
        ("/healthy-food", 200, "info"),
    ],
)
def test_a_request_has_the_level_of_its_status(lines: Lines, path: str, status: int, level: str) -> None:
    log_request("GET", path, status, 1.5, ip="::1")
    line = lines.one()
    assert (line["message"], line["level"], line["status"], line["ip"]) == ("Request completed", level, status, "::1")


def test_an_error_is_told_with_its_stack_and_its_context(lines: Lines) -> None:
    try:
        raise ValueError("bad input")
    except ValueError as error:
        log_error(error, {"order": 7})
    line = lines.one()
    assert (line["message"], line["name"], line["order"], line["level"]) == ("bad input", "ValueError", 7, "error")
    assert "raise ValueError" in line["stack"]


def test_an_error_without_words_has_its_name(lines: Lines) -> None:
    log_error(TimeoutError())
    assert lines.one()["message"] == "TimeoutError"


def test_a_metric_is_told_at_debug(lines: Lines) -> None:
    log_metric("queue.length", 3.5, {"queue": "mail"})
    line = lines.one()
    assert (line["level"], line["metric"], line["value"], line["tags"]) == (
        "debug",
        "queue.length",
        3.5,
        {"queue": "mail"},
    )


@pytest.mark.parametrize(("duration_ms", "level"), [(100, "debug"), (100.1, "info"), (1000, "info"), (1000.1, "warn")])
def test_the_slower_the_louder(lines: Lines, duration_ms: float, level: str) -> None:
    log_performance("query", duration_ms, {"rows": 3, "operation": "theirs"})
    line = lines.one()
    assert (line["level"], line["message"], line["duration_ms"]) == (level, "Performance: query", duration_ms)
    assert (line["operation"], line["rows"], line["extra_operation"]) == ("query", 3, "theirs")


def test_an_audit_entry_says_who_did_what(lines: Lines) -> None:
    audit_log("token.revoked", "ann", {"token_name": "ci"})
    line = lines.one()
    assert (line["type"], line["action"], line["user_id"], line["token_name"]) == (
        "audit",
        "token.revoked",
        "ann",
        "ci",
    )


class FailingHandler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        raise RuntimeError("broken handler")


def test_a_failing_handler_of_others_never_reaches_the_caller(lines: Lines) -> None:
    handler = FailingHandler()
    logging.getLogger().addHandler(handler)
    try:
        log.info("x")
    finally:
        logging.getLogger().removeHandler(handler)
