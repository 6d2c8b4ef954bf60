import json
import logging
import os
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitoring import correlation
from monitoring.logs import log
from monitoring.logs.formats import FIELDS, JsonFormatter
from monitoring.logs.limit import LINE_BYTES
from tests.logs.captured import Lines

CANARY = "c4nary-S3cret-value"
UNSAFE = [*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), "\u2028", "\u2029", "\u202e", "\u2066"]


def test_a_line_says_when_where_and_what(lines: Lines) -> None:
    with time_machine.travel(datetime(2026, 11, 23, 12, 3, 10, 123000, UTC), tick=False), correlation.bind("abc"):
        log.warn("Queue is long", waiting=3)
    line = lines.one()
    assert line.pop("hostname")
    assert line == {
        "timestamp": "2026-11-23T12:03:10.123Z",
        "level": "warn",
        "message": "Queue is long",
        "service": "tested",
        "environment": "production",
        "pid": os.getpid(),
        "correlation_id": "abc",
        "waiting": 3,
    }


@pytest.mark.parametrize("level", ["fatal", "error", "warn", "info", "debug", "trace"])
def test_each_level_has_its_name(lines: Lines, level: str) -> None:
    getattr(log, level)("x")
    assert lines.one()["level"] == level


def test_records_of_other_libraries_look_the_same(lines: Lines) -> None:
    logging.getLogger("some.library").critical("failed after %d tries", 3, extra={"host": "db"})
    line = lines.one()
    assert (line["level"], line["message"], line["logger"], line["host"]) == (
        "fatal",
        "failed after 3 tries",
        "some.library",
        "db",
    )
    assert FIELDS not in line and "levelname" not in line


def test_a_mapping_as_message_becomes_fields(lines: Lines) -> None:
    logging.getLogger("x").info({"a": 1, "level": "mine"})
    line = lines.one()
    assert (line["a"], line["extra_level"], line["level"]) == (1, "mine", "info")


def test_an_exception_has_its_name_and_its_stack(lines: Lines) -> None:
    try:
        raise KeyError("gone")
    except KeyError:
        log.error("Lookup failed", exc_info=True)
    line = lines.one()
    assert line["name"] == "KeyError"
    assert line["stack"].startswith("Traceback") and "test_json.py" in line["stack"]


@pytest.mark.parametrize(
    "key", ["message", "timestamp", "level", "service", "pid", "correlation_id", "stack", "name", "logger"]
)
def test_a_callers_field_never_replaces_our_own(lines: Lines, key: str) -> None:
    log.info("ours", {key: "theirs"})
    line = lines.one()
    assert line[f"extra_{key}"] == "theirs"
    assert line.get(key) != "theirs"


def test_no_field_is_lost_when_names_collide_twice(lines: Lines) -> None:
    log.info("ours", {"message": 1, "extra_message": 2})
    line = lines.one()
    assert sorted(value for key, value in line.items() if "message" in key and key != "message") == [1, 2]


@pytest.mark.parametrize("key", ["msg", "args", "exc_text", "levelname", "module", "process", "self", "extra"])
def test_names_that_logging_itself_uses_are_allowed(lines: Lines, key: str) -> None:
    log.info("ours", {key: "theirs"})
    assert lines.one()[key] == "theirs"


def test_arguments_that_do_not_fit_the_message_cost_no_line(lines: Lines) -> None:
    logging.getLogger("x").info("%d of %d", *["one"])
    line = lines.one()
    assert (line["message"], line["arguments"]) == ("%d of %d", ["one"])


def test_a_fork_has_its_own_pid(lines: Lines) -> None:
    formatter = JsonFormatter("tested", "production")
    record = logging.makeLogRecord({"msg": "x", "levelno": 20})
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.write(write, formatter.format(record).encode())
        finally:
            os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read, "rb") as answer:
        assert json.load(answer)["pid"] == child


@pytest.mark.parametrize("text", ["a" * 100_000, "\x00" * 50_000, "\u2028" * 20_000, "😀" * 20_000, '"\\' * 20_000])
def test_a_long_line_is_cut_and_says_so(lines: Lines, text: str) -> None:
    log.error(text, stack_of_papers=text, nested={"a": [text]}, short="kept", exc_info=ValueError(text))
    raw = lines.text()
    line = json.loads(raw)
    assert len(raw.encode()) <= LINE_BYTES
    assert line["truncated"] is True and line["short"] == "kept" and line["level"] == "error"


def test_a_cut_keeps_as_much_as_there_is_room_for(lines: Lines) -> None:
    log.info("short", long="a" * 20_000)
    assert LINE_BYTES - 150 < len(lines.text().encode()) <= LINE_BYTES


def test_a_line_of_exactly_the_limit_is_whole(lines: Lines) -> None:
    log.info("", long="")
    room = LINE_BYTES - len(lines.text().encode())
    log.info("", long="a" * room)
    whole = lines.text()
    log.info("", long="a" * (room + 1))
    assert len(whole.encode()) == LINE_BYTES and "truncated" not in whole and "truncated" in lines.text()


def test_too_many_fields_are_cut(lines: Lines) -> None:
    log.info("x", {f"{'é' * 200}{number}": number for number in range(5000)})
    raw = lines.text()
    assert len(raw.encode()) <= LINE_BYTES and json.loads(raw)["truncated"] is True


@pytest.mark.parametrize("character", UNSAFE)
def test_no_control_character_gets_into_a_line(lines: Lines, character: str) -> None:
    log.info(f"a{character}b", {f"k{character}": character, "nested": [character]})
    logging.getLogger(f"x{character}").info("x")
    raw = lines.text()
    assert character not in raw.replace("\n", "")
    assert raw.count("\n") == 2 and json.loads(raw.split("\n")[0])["message"] == f"a{character}b"


def test_secrets_are_masked_wherever_they_stand(lines: Lines) -> None:
    try:
        raise ValueError(f"postgres://u:{CANARY}@db is down")
    except ValueError as error:
        log.error(f"token={CANARY}", password=CANARY, nested={"dsn": CANARY}, seen=f"Bearer {CANARY}", exc_info=error)
        logging.getLogger("x").info(
            "to %s", f"redis://:{CANARY}@host", extra={"api_key": CANARY, "raw": f"pwd={CANARY}".encode()}
        )
        logging.getLogger("x").info({"cookie": CANARY})
    raw = lines.text()
    assert raw.count("\n") == 3 and CANARY not in raw


def test_half_a_surrogate_pair_is_replaced_and_all_else_kept(lines: Lines) -> None:
    log.info("a\ud800b", {"k\udfff": "\ud83d", "nested": [{"deep": "\udc00"}]}, exc_info=ValueError("\ud800"))
    line = lines.one()
    assert (line["message"], line["k?"], line["nested"]) == ("a?b", "?", [{"deep": "?"}])


ANY = st.recursive(
    st.text(st.characters(exclude_categories=[]))
    | st.binary()
    | st.floats()
    | st.integers()
    | st.none()
    | st.just("x" * 9000),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=[])) | st.integers(), inner)
    ),
)


@given(ANY, st.dictionaries(st.text(st.characters(exclude_categories=[])), ANY))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_logged_the_line_is_json(lines: Lines, message: Any, fields: dict[str, Any]) -> None:
    log.info(message, fields)
    raw = lines.text()
    assert raw.count("\n") == 1 and len(raw.encode()) <= LINE_BYTES
    assert json.loads(raw)["level"] == "info"


class Hostile:
    def __str__(self) -> str:
        raise RuntimeError(CANARY)

    __repr__ = __str__


def test_objects_that_cannot_be_shown_cost_no_line(lines: Lines) -> None:
    cycle: list[Any] = []
    cycle.append(cycle)
    log.info(Hostile(), thing=Hostile(), cycle=cycle, exc_info=ValueError(Hostile()))
    log.info("huge", number=10**10_000, nan=float("nan"), deep=json.loads("[" * 500 + "]" * 500))
    first, second = lines.all()
    assert first["thing"] == "<Hostile>" and second["nan"] is None
