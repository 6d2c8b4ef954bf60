import json
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitoring import clock, correlation
from monitoring.logs import Prepared, levels, log
from monitoring.logs.formats import JsonFormatter
from tests.logs.captured import Lines, alone, captured
from tests.logs.test_direct import CANARY, records_made

REQUEST: dict[str, Any] = {"method": "GET", "path": ..., "status": 200, "duration_ms": ..., "rule": None, "ip": ...}
SECRETS = [f"Bearer {CANARY}", f"/reset?token={CANARY}", f"postgres://u:{CANARY}@db", f"sk-{CANARY}"]

texts = st.text(max_size=40) | st.sampled_from(
    [*SECRETS, "100 %s %d", "50 %%", "\x1b[2J\u2028\x7f", "\ud800", "a" * 9000]
)
plain = texts | st.integers() | st.floats() | st.booleans() | st.none()
anything = plain | st.just({"token": CANARY}) | st.just([1, "a"]) | st.binary(max_size=5)
names = (
    st.sampled_from(["path", "status", "api_key", "level", "message", "100 %", "tokens", f"Bearer {CANARY}"]) | texts
)


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Lines]:
    with captured(capsys) as lines:
        yield lines


def both_ways(lines: Lines, message: str, fields: dict[str, Any], values: dict[str, Any], level: int) -> list[str]:
    """Return what is written of the same fields by a prepared line, with and without a record, and by the log."""
    found = []
    with alone():
        Prepared(level, message, fields | dict.fromkeys(values, ...)).write(*values.values())
        found.append(lines.text())
    Prepared(level, message, fields | dict.fromkeys(values, ...)).write(*values.values())
    log.write(level, message, fields | values)
    written = lines.text().splitlines(keepends=True)
    return [*found, *written]


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts,
    st.dictionaries(names, plain, max_size=4),
    st.dictionaries(texts, anything, max_size=4),
    st.sampled_from(sorted(levels.NUMBERS.values())),
    st.none() | st.sampled_from(["", "abc", "0f-1", *SECRETS]) | texts,
    st.floats(0, 4e9),
)
def test_a_prepared_line_is_the_one_that_the_log_writes(
    lines: Lines, message: str, fields: Any, values: Any, level: int, correlation_id: str | None, at: float
) -> None:
    values = {key: value for key, value in values.items() if key not in fields}
    token = correlation.set(correlation_id)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: at)
        patch.setattr("time.time", lambda: at)
        directly, *others = both_ways(lines, message, fields, values, level)
    correlation.reset(token)
    assert others == [directly] * 2 and CANARY not in directly


@pytest.mark.parametrize("values", [("/orders/7", 1.25, "::1"), (SECRETS[1], float("nan"), None), ("ü % \x7f", 1, "a")])
def test_it_is_written_without_a_record_and_without_its_fields(
    lines: Lines, values: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(JsonFormatter, "line", pytest.fail)
    with records_made() as made, alone():
        Prepared(levels.INFO, "Request completed", REQUEST).write(*values)
    line = lines.one()
    assert made == [] and (line["method"], line["status"], line["rule"]) == ("GET", 200, None)


@pytest.mark.parametrize("value", [{"a": 1}, b"raw", "\ud800", "a" * 9000])
def test_what_does_not_fit_goes_the_ordinary_way(lines: Lines, value: Any) -> None:
    with records_made() as made, alone():
        Prepared(levels.INFO, "x", REQUEST).write(value, 1.0, None)
    assert made == ["x"] and lines.one()["path"]


@pytest.mark.parametrize("place", [lambda: logging.getLogger("daymark"), lambda: logging.getLogger().handlers[0]])
def test_a_filter_of_others_keeps_it_out(lines: Lines, place: Callable[[], logging.Filterer]) -> None:
    prepared = Prepared(levels.INFO, "x", REQUEST)
    with alone():
        prepared.write("/", 1.0, None)
        filtered = place()
        filtered.addFilter(refuse := lambda record: False)
        prepared.write("/", 1.0, None)
        filtered.removeFilter(refuse)
    assert len(lines.all()) == 1


def test_a_level_that_is_not_wanted_is_not_written(capsys: Any) -> None:
    with captured(capsys, level="warn") as lines, alone():
        for level in (levels.INFO, levels.WARN):
            Prepared(level, "x", REQUEST).write("/", 1.0, None)
    assert [line["level"] for line in lines.all()] == ["warn"]


def test_who_is_at_work_reads_it_on_the_console(capsys: Any) -> None:
    with captured(capsys, environment="development") as lines, alone():
        Prepared(levels.INFO, "Request completed", REQUEST).write("/orders/7", 1.0, None)
    assert '[info]: Request completed {"method":"GET","path":"/orders/7"' in lines.text()


def test_it_follows_a_new_configuration(capsys: Any) -> None:
    prepared, services = Prepared(levels.INFO, "x", REQUEST), []
    for service in ("shop", "search"):
        with captured(capsys, service=service) as lines, alone():
            prepared.write("/", 1.0, None)
            services.append(lines.one()["service"])
    assert services == ["shop", "search"]


def test_each_file_takes_its_levels(capsys: Any, tmp_path: Path) -> None:
    with captured(capsys, directory=tmp_path), alone():
        for level in (levels.INFO, levels.ERROR):
            Prepared(level, "x", REQUEST).write("/", 1.0, None)
    kept = {path.name.split("-")[0]: len(path.read_text().splitlines()) for path in tmp_path.iterdir()}
    assert kept == {"application": 2, "error": 1}


def test_a_fork_has_its_own_pid(capsys: Any, tmp_path: Path) -> None:
    prepared = Prepared(levels.INFO, "x", REQUEST)
    with captured(capsys, directory=tmp_path), alone():
        prepared.write("/", 1.0, None)
        child = os.fork()
        if not child:
            prepared.write("/", 1.0, None)
            os._exit(0)
        os.waitpid(child, 0)
    (path,) = tmp_path.iterdir()
    assert [json.loads(line)["pid"] for line in path.read_text().splitlines()] == [os.getpid(), child]
