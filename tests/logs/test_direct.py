import json
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring import clock, correlation
from monitoring.logs import formats, log, log_request
from monitoring.logs.direct import write
from monitoring.logs.secrets import _HINTS, _NUMBER
from tests.logs.captured import Lines, alone, captured

CANARY = "c4nary-S3cret-value"


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Lines]:
    with captured(capsys) as lines:
        yield lines


@contextmanager
def records_made() -> Iterator[list[str]]:
    """The messages of the records that are made while inside."""
    made: list[str] = []

    def make(*given: Any, **named: Any) -> logging.LogRecord:
        record = logging.LogRecord(*given, **named)
        made.append(str(record.msg))
        return record

    logging.setLogRecordFactory(make)
    try:
        yield made
    finally:
        logging.setLogRecordFactory(logging.LogRecord)


FIELDS: list[dict[Any, Any]] = [
    {"method": "GET", "path": "/orders/7", "status": 200, "duration_ms": 1.25, "rule": None, "ip": "::1"},
    {"path": f"/reset/token={CANARY}", "user_agent": f"Bearer {CANARY}", "seen": f"postgres://u:{CANARY}@db"},
    {"password": CANARY, "kept": 1},
    {"api_key": 7, "tokens": 5, "token_count": 5, "secret": None},
    {f"Bearer {CANARY}": 1},
    {"message": 1, "level": "mine", "extra_level": 2},
    {"nested": {"token": CANARY}, "several": [1, "a"], "raw": CANARY[:3].encode()},
    {"path": "\x1b[2J\u2028\x7f\u202e", "lone": "\ud800"},
    {"nan": float("nan"), "huge": 10**30, "flag": True},
    {"long": "a" * 9000},
    {"k" * 500: 1},
    {5: "five"},
]


@pytest.mark.parametrize("fields", FIELDS)
def test_both_ways_lead_to_the_same_line(lines: Lines, fields: dict[Any, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: 1.5e9)
    monkeypatch.setattr("time.time", lambda: 1.5e9)
    speaking = log.child(fields)
    with alone(), correlation.bind("abc"):
        speaking.info("x")
    direct = lines.text()
    with correlation.bind("abc"):
        speaking.info("x")
    assert direct == lines.text() and CANARY not in direct


def test_a_request_is_told_of_without_a_record(lines: Lines) -> None:
    with records_made() as made, alone():
        log_request("GET", "/sessions/7", 404, 1.25, rule="/sessions/<number>", ip=None)
    assert made == [] and lines.one()["level"] == "warn"


@pytest.mark.parametrize("correlation_id", [None, "", "abc", f"sk-{CANARY}"])
def test_the_id_is_on_the_line_and_masked_if_it_is_a_secret(lines: Lines, correlation_id: str | None) -> None:
    token = correlation.set(correlation_id)
    with alone():
        log.info("x")
    correlation.reset(token)
    line = lines.one()
    assert line["correlation_id"] == (correlation_id if not correlation_id or CANARY not in correlation_id else "***")


class Listener(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(record.getMessage())


@pytest.mark.parametrize("name", ["", "daymark"])
def test_a_handler_of_others_sees_the_record(lines: Lines, name: str) -> None:
    listener, logger = Listener(), logging.getLogger(name)
    with alone():
        logger.addHandler(listener)
        log_request("GET", "/", 200, 1.0)
        logger.removeHandler(listener)
    assert listener.seen == ["Request completed"] and len(lines.all()) == 1


@pytest.mark.parametrize("place", [lambda: logging.getLogger("daymark"), lambda: logging.getLogger().handlers[0]])
def test_a_filter_of_others_keeps_the_record_out(lines: Lines, place: Callable[[], logging.Filterer]) -> None:
    with alone():
        filtered = place()
        filtered.addFilter(refuse := lambda record: False)
        log.info("x")
        filtered.removeFilter(refuse)
    assert lines.all() == []


def test_the_level_of_the_handler_and_of_the_logger_hold(lines: Lines) -> None:
    with alone():
        handler = logging.getLogger().handlers[0]
        handler.setLevel(logging.ERROR)
        log.info("too low for the handler")
        handler.setLevel(logging.NOTSET)
        logging.disable(logging.INFO)
        log.info("disabled")
        logging.disable(logging.NOTSET)
    assert lines.all() == []


def test_an_error_reporter_that_patches_logging_sees_the_record(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(logging.Logger, "callHandlers", lambda self, record: seen.append(record.msg))
    with alone():
        log.info("x")
    assert seen == ["x"]


def test_a_logger_that_does_not_propagate_is_obeyed(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger("daymark"), "propagate", False)
    with alone():
        log.warn("x")
    assert lines.all() == []


def test_an_exception_goes_the_ordinary_way(lines: Lines) -> None:
    with alone():
        log.info("x", exc_info=ValueError("no"))
    assert lines.one()["name"] == "ValueError"


def test_each_file_takes_its_levels(capsys: Any, tmp_path: Path) -> None:
    with captured(capsys, directory=tmp_path) as lines, alone(), records_made() as made:
        log.info("fine")
        log.error("broken")
    kept = {path.name.split("-")[0]: path.read_text() for path in tmp_path.iterdir()}
    assert (kept["application"], made) == (lines.text(), [])
    assert json.loads(kept["error"])["message"] == "broken"


def test_a_full_disk_is_said_once(capsys: Any, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with captured(capsys, directory=tmp_path / "taken") as lines, alone():
        log.info("first")
        log.info("second")
    assert [line["message"] for line in lines.all()] == ["first", "Log file cannot be written", "second"]


def test_a_fork_has_its_own_pid(lines: Lines) -> None:
    read, written = os.pipe()
    with alone():
        log.info("before")
        child = os.fork()
        if not child:
            os.write(written, logging.getLogger().handlers[0].formatter.line(20, "x", {}))  # type: ignore[union-attr]
            os._exit(0)
    os.close(written)
    os.waitpid(child, 0)
    with os.fdopen(read, "rb") as answer:
        assert json.load(answer)["pid"] == child


def test_lines_of_threads_are_whole(capsys: Any, tmp_path: Path) -> None:
    def work() -> None:
        for number in range(300):
            log.info("x" * 3000, number=number)

    with captured(capsys, directory=tmp_path), alone():
        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    (path,) = tmp_path.iterdir()
    assert len([json.loads(line) for line in path.read_text().splitlines()]) == 900


def test_what_is_remembered_is_bounded(lines: Lines) -> None:
    with alone():
        for number in range(3000):
            log.info(f"message {number}", {f"key_{number}": f"value {number}", "long": f"{number}" * 300})
    for remembered in (formats._masked, formats._innocent):
        assert 0 < len(remembered) <= 1024 and max(map(len, remembered)) <= 256


@given(st.floats(min_value=0, max_value=4e9))
def test_a_line_has_the_time_that_the_clock_has(at: float) -> None:
    assert formats._timestamp(at) == clock.iso(at)


def test_no_hint_of_a_secret_could_be_a_part_of_an_id() -> None:
    assert not [hint for hint in _HINTS if _NUMBER.fullmatch(hint)]


def test_nobody_is_written_to_where_nobody_listens() -> None:
    with alone():
        assert write(logging.INFO, "x", {}) is False
