"""Whether we ourselves are on the network."""

import threading

import pytest

from monitoring.health.connectivity import connectivity
from monitoring.health.runner import Runner
from monitoring.status import Cause, Status
from tests.support.http import HttpServer
from tests.support.probes import ask
from tests.support.sockets import BlackHole, refusing_port


def test_one_target_that_takes_a_connection_will_do(runner: Runner, http_server: HttpServer) -> None:
    reachable = f"127.0.0.1:{http_server.port}"
    with BlackHole() as hole:
        targets = (f"127.0.0.1:{hole.port}", f"127.0.0.1:{refusing_port()}", reachable)
        result = ask(runner, connectivity(targets, 5))
    assert (result.check, result.status, result.details) == ("connectivity", Status.HEALTHY, {"reached": reachable})


def test_without_any_it_is_unhealthy(runner: Runner) -> None:
    target = f"127.0.0.1:{refusing_port()}"
    result = ask(runner, connectivity((target, "nobody.invalid:53"), 20))
    assert (result.status, result.cause) == (Status.UNHEALTHY, Cause.REFUSED)
    assert result.error is not None and result.error.startswith(f"none of {target}, nobody.invalid:53 can be reached: ")


def test_targets_that_hang_time_out(runner: Runner) -> None:
    with BlackHole() as hole:
        result = ask(runner, connectivity((f"127.0.0.1:{hole.port}",), 0.3))
    assert (result.cause, result.error) == (Cause.TIMEOUT, "timed out after 0.3 s")
    assert "probes" in [thread.name for thread in threading.enumerate()]


@pytest.mark.parametrize("targets", [(), ("1.1.1.1",), ("http://a:80",)])
def test_it_refuses_what_are_no_targets(targets: tuple[str, ...]) -> None:
    assert set(dict(connectivity(targets, 5).settings.faults())) == {"targets"}


def test_its_settings_are_sound() -> None:
    assert not list(connectivity(("1.1.1.1:53", "[2606:4700::1111]:53"), 5).settings.faults())
