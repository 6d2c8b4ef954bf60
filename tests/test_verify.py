"""`flask monitor verify` and `flask monitor trace`: in a process of their own, as an operator runs them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from monitoring import clock, correlation, verification
from monitoring.errors.occurrence import occurrence_of
from monitoring.health.registry import Registry
from monitoring.metrics import metrics
from monitoring.store import errors
from monitoring.store.database import Database
from monitoring.store.entries import Origin
from tests.support.service import flask
from tests.support.sockets import refusing_port

ID = "a-request"
CANARY = "c4nary-S3cret-value"


@pytest.fixture
def folder(tmp_path: Path, sqlite: Database) -> Iterator[Any]:
    """A function that runs a command over a store with tables; `document` is its status.toml."""

    def run(*words: str, document: str = "", **environ: str) -> Any:
        (tmp_path / "status.toml").write_text(document)
        url = sqlite.url.render_as_string(hide_password=False)
        told = {"DATABASE_URL": url, "STATUS_CONFIG": str(tmp_path / "status.toml"), "LOG_DIR": str(tmp_path / "logs")}
        return flask(*words, **{**told, "ENVIRONMENT": "production", **environ})

    yield run


def findings(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith("{")]


def test_it_says_of_each_part_that_it_works(folder: Any) -> None:
    done = folder("verify")
    lines = findings(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.split(":")[0] for line in lines if not line.startswith(" ")][:4] == [
        "✓ logger",
        "✓ metrics",
        "✓ timer",
        "✓ health",
    ]
    assert lines[-1] == "All monitoring systems work."


def test_it_tells_figures(folder: Any) -> None:
    said = folder("verify").stdout
    assert "3 of 3 lines written, 3 found in application-" in said
    assert "counter 1 more, gauge 42, p50 150" in said
    assert "test.operation of 100 ms measured 1 more" in said
    assert "✓ database" in said


def test_a_check_that_is_down_fails_it_and_the_rest_is_still_said(folder: Any) -> None:
    document = f'[[checks]]\nname = "cache"\ntype = "tcp"\nhost = "127.0.0.1"\nport = {refusing_port()}\n'
    done = folder("verify", document=document)
    lines = findings(done.stdout)
    assert done.returncode == 1
    assert "✗ health: unhealthy" in lines
    assert any(line.startswith("  ✗ cache ") for line in lines)
    assert lines[-1] == "Not working: health"


def test_log_files_that_cannot_be_written_fail_it(folder: Any) -> None:
    done = folder("verify", LOG_DIR="/proc/nowhere")
    assert done.returncode == 1
    assert "✗ logger: 3 of 3 lines written, 0 found in no file" in done.stdout


def test_without_files_the_lines_themselves_are_enough(folder: Any) -> None:
    done = folder("verify", LOG_DIR="", LOG_LEVEL="error")
    assert "✓ logger: 1 of 1 lines written, no files" in done.stdout


def test_metrics_that_cannot_be_read_back_do_not_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(metrics, "flush", lambda: None)
    found = {each.name: each for each in verification.verify(Registry([]).all(), None)}
    assert (found["metrics"].works, found["timer"].works) == (False, False)


def test_a_part_that_raises_does_not_work_and_keeps_its_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> Any:
        raise OSError(f"redis://:{CANARY}@host/0 is away")

    monkeypatch.setattr(metrics, "get_stats", away)
    found = {each.name: each for each in verification.verify(Registry([]).all(), None)}
    assert found["metrics"].lines == ["✗ metrics: OSError: redis://:***@host/0 is away"]
    assert found["logger"].works
    assert found["health"].works


def test_trace_prints_what_the_store_has_under_an_id(folder: Any, sqlite: Database) -> None:
    try:
        raise ConnectionError(f"redis://:{CANARY}@host/0 is away")
    except ConnectionError as error:
        occurrence = occurrence_of(error, clock.now(), ID)
    with sqlite.write() as connection:
        errors.add(connection, Origin("one", "shop"), [(1, occurrence)])
    said = folder("trace", ID).stdout
    assert "error ConnectionError, 1 in all: redis://:***@host/0 is away" in said
    assert "    Traceback (most recent call last):" in said
    assert CANARY not in said


def test_trace_prints_the_lines_of_this_host_and_where_it_looked(folder: Any, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    line = f'{{"timestamp":"2026-11-23T12:00:00Z","level":"warn","message":"Slow","correlation_id":"{ID}","rows":3}}\n'
    (tmp_path / "logs" / "application-2026-11-23.log").write_text(line)
    said = folder("trace", ID).stdout.splitlines()
    assert "The store has nothing under this id." in said
    assert '2026-11-23T12:00:00Z warn Slow {"rows":3}' in said
    assert said[-1].startswith("1 lines on the host ")
    assert said[-1].endswith("application-2026-11-23.log.")


def test_trace_says_that_there_are_no_files(folder: Any) -> None:
    assert "keeps no log files (LOG_DIR)." in folder("trace", ID, LOG_DIR="").stdout


def test_trace_over_a_store_without_tables_is_told_in_a_line(folder: Any, tmp_path: Path) -> None:
    done = folder("trace", ID, DATABASE_URL=f"sqlite:///{tmp_path / 'empty.db'}")
    assert done.returncode == 1
    assert done.stderr.startswith("The store cannot be read: no such table")
    assert len(done.stderr.splitlines()) == 1


def test_nothing_is_left_bound_after_it() -> None:
    list(verification.verify(Registry([]).all(), None))
    assert correlation.current() is None
