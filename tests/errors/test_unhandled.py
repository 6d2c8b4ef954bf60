import asyncio
import logging
import subprocess
import sys
import textwrap
import threading

import flask
import pytest
from apscheduler.schedulers.background import BackgroundScheduler

from monitoring.errors import unhandled
from tests.support.waiting import until


@pytest.fixture
def thread_hook():
    """Whatever a test installs is taken away again; the hook before it, pytest's, must not fail the test."""
    before = threading.excepthook
    seen = []
    threading.excepthook = seen.append
    yield seen
    threading.excepthook = before


def _fail():
    raise ValueError("no coin")


def test_it_captures_what_ends_a_thread_and_calls_the_hook_before(taken, thread_hook, lines):
    unhandled.watch_threads(taken.capture)
    unhandled.watch_threads(taken.capture)
    thread = threading.Thread(target=_fail, name="till")
    thread.start()
    thread.join()
    assert (taken.one.type, lines.one()["thread"]) == ("ValueError", "till")
    assert len(thread_hook) == 1


def test_a_thread_that_exits_has_not_failed(taken, thread_hook):
    unhandled.watch_threads(taken.capture)
    thread = threading.Thread(target=sys.exit)
    thread.start()
    thread.join()
    assert taken.occurrences == []


def test_it_captures_what_a_task_that_nobody_awaits_raised(taken):
    before = []

    async def work():
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _loop, told: before.append(told))
        unhandled.watch_loop(taken.capture, loop)
        unhandled.watch_loop(taken.capture, loop)
        task = loop.create_task(_failing())
        await asyncio.wait([task])
        del task

    async def _failing():
        _fail()

    asyncio.run(work())
    assert taken.one.type == "ValueError"
    assert len(before) == 1


def test_the_loops_own_handler_is_called_where_there_was_none(taken, lines):
    async def work():
        loop = asyncio.get_running_loop()
        unhandled.watch_loop(taken.capture, loop)
        loop.call_soon(_fail)
        await asyncio.sleep(0)

    asyncio.run(work())
    assert [line.get("logger") for line in lines.all()] == [None, "asyncio"]


@pytest.mark.parametrize("watched", [False, True])
def test_it_captures_once_what_a_task_of_any_loop_raised(taken, monkeypatch, lines, watched):
    monkeypatch.setattr(logging.getLogger("asyncio"), "filters", [])

    async def work():
        if watched:
            unhandled.watch_loop(taken.capture, asyncio.get_running_loop())
        task = asyncio.get_running_loop().create_task(_failing())
        await asyncio.wait([task])

    async def _failing():
        _fail()

    for _ in range(2):
        unhandled.watch_loops(taken.capture)
    asyncio.run(work())
    captured, logged = lines.all()
    assert (taken.one.type, captured["operation"], logged["logger"]) == ("ValueError", "asyncio", "asyncio")
    assert captured["asyncio_message"] == "Task exception was never retrieved"


def test_what_asyncio_only_remarks_upon_is_no_error(taken, monkeypatch):
    logger = logging.getLogger("asyncio")
    monkeypatch.setattr(logger, "filters", [])
    unhandled.watch_loops(taken.capture)
    logger.warning("slow", exc_info=ValueError("no coin"))
    logger.error("no stack")
    assert taken.occurrences == []


def test_it_captures_what_a_job_raised(taken, lines):
    scheduler = BackgroundScheduler()
    unhandled.watch_scheduler(taken.capture, scheduler)
    scheduler.add_job(_fail, id="nightly")
    scheduler.start()
    try:
        until(lambda: taken.occurrences)
    finally:
        scheduler.shutdown()
    assert taken.one.frame.endswith("_fail")
    assert [line["job"] for line in lines.all() if "job" in line] == ["nightly"]


def test_it_captures_what_a_view_raised(taken, lines):
    app, other = flask.Flask("app"), flask.Flask("other")
    app.add_url_rule("/", view_func=_fail)
    other.add_url_rule("/", view_func=_fail)
    unhandled.watch_requests(taken.capture, flask.got_request_exception, app, lambda: {"path": flask.request.path})
    assert app.test_client().get("/").status_code == 500
    assert other.test_client().get("/").status_code == 500
    assert taken.one.frame.endswith("_fail")
    assert [line["path"] for line in lines.all() if "path" in line] == ["/"]


_SCRIPT = """
    import sys, threading
    from monitoring import errors, logs
    logs.configure(environment="production", level="info", directory=None, service="tested")
    sys.excepthook = lambda *told: print("before", flush=True)
    errors.install(lambda: print("flushed", flush=True) or threading.Event().wait({wait}))
    errors.install()
    raise {error}
"""


def _run(error, wait=0.0):
    script = textwrap.dedent(_SCRIPT.format(error=error, wait=wait))
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=False)


def test_a_process_that_fails_is_told_of_flushed_and_exits_with_1():
    done = _run("ValueError('no coin')")
    line, flushed, before = done.stdout.strip().split("\n")
    assert '"message":"no coin"' in line
    assert (flushed, before, done.returncode) == ("flushed", "before", 1)


def test_a_flush_that_hangs_does_not_keep_the_process():
    done = _run("ValueError('no coin')", wait=60)
    assert (done.returncode, "before" in done.stdout) == (1, True)


def test_an_interrupt_is_no_error():
    done = _run("KeyboardInterrupt()")
    assert done.stdout.strip() == "before"
