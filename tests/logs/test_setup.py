import json
import logging
import os
import subprocess
import sys
import warnings
from typing import Any

import pytest

from monitoring.logs import configure, log
from monitoring.logs.handler import LineHandler
from tests.logs.captured import Lines, captured


def run(code: str, stdout: int = subprocess.PIPE, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run `code` in a new process of production."""
    begin = (
        "import logging, sys\nfrom monitoring.logs import configure, log\n"
        "configure(environment='production', level='info', directory=None, service='daymark')\n"
    )
    return subprocess.run(
        [sys.executable, "-c", begin + code],
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
        env={**os.environ, **variables},
    )


def test_tests_are_silent_and_can_still_look(capsys: Any, caplog: pytest.LogCaptureFixture) -> None:
    with captured(capsys, "test") as lines:
        log.error("seen by the test only")
        assert lines.text() == ""
    assert caplog.messages == ["seen by the test only"]


def test_configuring_twice_doubles_no_line(capsys: Any) -> None:
    with captured(capsys), captured(capsys) as lines:
        log.info("once")
        assert len(lines.all()) == 1
        assert sum(isinstance(handler, LineHandler) for handler in logging.getLogger().handlers) == 1


def test_handlers_of_others_stay(capsys: Any) -> None:
    others = logging.NullHandler()
    logging.getLogger().addHandler(others)
    with captured(capsys):
        assert others in logging.getLogger().handlers
    logging.getLogger().removeHandler(others)


def test_the_level_is_the_least_that_is_written(capsys: Any) -> None:
    with captured(capsys, level="WARN") as lines:
        log.info("no")
        log.warn("yes")
        assert [line["message"] for line in lines.all()] == ["yes"]


def test_an_unknown_level_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'loud': one of fatal, error, warn, info, debug, trace"):
        configure(environment="test", level="loud", directory=None, service="x")


@pytest.mark.parametrize("name", ["apscheduler.scheduler", "urllib3.connectionpool", "botocore.hooks", "werkzeug"])
def test_chatty_libraries_are_quiet(lines: Lines, name: str) -> None:
    logging.getLogger(name).info("chat")
    assert lines.all() == []


def test_a_version_is_on_every_line(capsys: Any) -> None:
    with captured(capsys, version="1.2") as lines:
        log.info("x")
        assert lines.one()["version"] == "1.2"


def test_python_warnings_are_lines_in_production(lines: Lines) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old way", DeprecationWarning, stacklevel=1)
    assert "DeprecationWarning: old way" in lines.one()["message"]


def test_a_process_writes_json_on_stdout_and_nothing_on_stderr() -> None:
    done = run("log.info('x', a=1)\nlogging.getLogger('y').warning('%d', 'z')")
    assert [json.loads(line)["message"] for line in done.stdout.splitlines()] == ["x", "%d"]
    assert done.stderr == ""


def test_stdout_in_another_encoding_takes_any_text() -> None:
    done = run("log.info('\\u20ac \\ud800')", PYTHONIOENCODING="ascii")
    assert json.loads(done.stdout)["message"] == "€ ?"


@pytest.mark.parametrize("breaking", ["sys.stdout.close()", "sys.stdout = None", "import os; os.close(1)"])
def test_stdout_that_is_gone_breaks_nothing(breaking: str) -> None:
    assert (
        run(
            f"{breaking}\nlog.info('x')\nlog.error('x', exc_info=ValueError())\nlogging.raiseExceptions or sys.exit(0)"
        ).returncode
        == 0
    )


def test_a_full_device_as_stdout_breaks_nothing() -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        assert run("log.info('x')\nassert logging.getLogger().handlers[-1].failures == 1", stdout=full).stderr == ""
    finally:
        os.close(full)


def test_lines_of_threads_and_processes_on_one_pipe_are_whole() -> None:
    done = run(
        "import os, threading\n"
        "def work():\n"
        "    for number in range(300): log.info('x' * 3000, number=number)\n"
        "child = os.fork()\n"
        "threads = [threading.Thread(target=work) for _ in range(3)]\n"
        "[thread.start() for thread in threads]; [thread.join() for thread in threads]\n"
        "if not child: os._exit(0)\n"
        "os.waitpid(child, 0)\n"
    )
    assert len([json.loads(line) for line in done.stdout.splitlines()]) == 1800
