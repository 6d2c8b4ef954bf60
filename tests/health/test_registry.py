"""Which checks there are, and registering one's own."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

import monitoring.health
from monitoring.health import registry
from monitoring.health.check import Answer
from monitoring.health.checks import KINDS, TYPES
from monitoring.health.checks.database import DatabaseSettings
from monitoring.health.checks.disk import DiskSettings
from monitoring.health.registry import Registry, build
from monitoring.health.runner import Runner
from monitoring.status import Cause, Status
from tests.support.probes import ask, plain_settings, settings_of


@pytest.fixture(autouse=True)
def nothing_registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(registry, "_everywhere", {})
    yield


def test_there_are_the_ten_types() -> None:
    assert set(KINDS) == {"database", "redis", "s3", "openai", "disk", "http", "tcp", "tls", "dns", "heartbeat"}
    assert [KINDS[kind.type] for kind in TYPES] == [kind.settings_type for kind in TYPES]


def test_it_builds_checks_from_their_settings_in_order() -> None:
    wanted = [settings_of(DiskSettings, name=name, type="disk") for name in ("b", "a")]
    built = build(wanted)
    assert [check.name for check in built.all()] == ["b", "a"]
    found = built.get("a")
    assert found is not None and found.settings is wanted[1]
    assert built.get("c") is None


def test_two_checks_of_one_name_are_refused() -> None:
    wanted = settings_of(DiskSettings, type="disk")
    with pytest.raises(ValueError, match="the name is taken"):
        build([wanted, wanted])


def test_the_pool_in_use_is_shown_by_the_check_it_is_given_for(runner: Runner) -> None:
    told = [settings_of(DatabaseSettings, name=name, type="database", url="sqlite://") for name in ("ours", "other")]
    ours, other = build(told, {"ours": lambda: {"total": 1, "idle": 1, "waiting": 0}}).all()
    assert ask(runner, ours).details["pool"] == {"total": 1, "idle": 1, "waiting": 0}
    assert "pool" not in ask(runner, other).details


def test_a_function_is_registered_with_one_call(runner: Runner) -> None:
    mine = Registry([])
    mine.register("queue", lambda: {"length": 3}, interval=30, timeout="2s", title="The queue")
    (check,) = mine.all()
    assert (check.settings.interval, check.settings.timeout_seconds, check.settings.title) == (30, 2, "The queue")
    assert ask(runner, check).details == {"length": 3}


def test_what_is_registered_for_the_process_is_in_every_registry() -> None:
    before = Registry([])
    monitoring.health.register("queue", lambda: True)
    assert [check.name for check in before.all()] == ["queue"]
    assert Registry([]).get("queue") is before.get("queue")


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("Bad Name", {}, "name"),
        ("live", {}, "ready and connectivity are taken"),
        ("taken", {}, "the name is taken"),
        ("fine", {"colour": "red"}, "unknown setting colour"),
        ("fine", {"interval": "soon"}, 'a duration such as "30s"'),
        ("fine", {"timeout": 90}, "at most the interval"),
        ("fine", {"impact": "none"}, "impact"),
    ],
)
def test_a_bad_registration_is_refused(name: str, settings: dict[str, object], message: str) -> None:
    mine = Registry([])
    mine.register("taken", lambda: True)
    with pytest.raises(ValueError, match=message):
        mine.register(name, lambda: True, **settings)
    assert [check.name for check in mine.all()] == ["taken"]


def test_a_name_is_taken_across_the_process_and_a_registry() -> None:
    monitoring.health.register("queue", lambda: True)
    with pytest.raises(ValueError, match="the name is taken"):
        monitoring.health.register("queue", lambda: True)
    with pytest.raises(ValueError, match="the name is taken"):
        Registry([]).register("queue", lambda: True)
    with pytest.raises(ValueError, match="the name is taken"):
        build([settings_of(DiskSettings, name="queue", type="disk")])


async def coroutine() -> bool:
    return False


@pytest.mark.parametrize(
    ("verdict", "status", "error"),
    [
        (lambda: None, Status.HEALTHY, None),
        (lambda: True, Status.HEALTHY, None),
        (lambda: False, Status.UNHEALTHY, "the check said no"),
        (lambda: Status.DEGRADED, Status.DEGRADED, "the check said degraded"),
        (lambda: Status.HEALTHY, Status.HEALTHY, None),
        (lambda: Answer(status=Status.DEGRADED, cause=Cause.CONTENT, error="long"), Status.DEGRADED, "long"),
        (coroutine, Status.UNHEALTHY, "the check said no"),
    ],
)
def test_a_function_says_how_it_is(runner: Runner, verdict: object, status: Status, error: str | None) -> None:
    result = ask(runner, registry.CallableCheck(plain_settings(), verdict))  # type: ignore[arg-type]
    assert (result.status, result.error) == (status, error)


@pytest.mark.parametrize(
    ("raised", "cause", "error"),
    [
        (RuntimeError("5,000 jobs wait"), Cause.UNKNOWN, "5,000 jobs wait"),
        (KeyError(), Cause.UNKNOWN, "KeyError"),
        (ConnectionRefusedError(111, "no"), Cause.REFUSED, "refused the connection"),
        (RuntimeError("postgres://me:canary@db/x"), Cause.UNKNOWN, "postgres://"),
    ],
)
def test_a_function_that_raises_has_failed(runner: Runner, raised: Exception, cause: Cause, error: str) -> None:
    def fail() -> None:
        raise raised

    result = ask(runner, registry.CallableCheck(plain_settings(), fail))
    assert (result.status, result.cause) == (Status.UNHEALTHY, cause)
    assert result.error is not None and result.error.startswith(error)
    assert "canary" not in result.error


def test_a_function_that_returns_something_else_is_a_failure(runner: Runner) -> None:
    result = ask(runner, registry.CallableCheck(plain_settings(), lambda: 7))  # type: ignore[arg-type,return-value]
    assert result.error == "unknown error (TypeError)"


def test_knowing_the_types_loads_no_large_library() -> None:
    code = (
        "import monitoring.health, monitoring.health.runner, monitoring.health.connectivity, sys; print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    large = {"boto3", "botocore", "redis", "pycurl", "dns", "cryptography", "sqlalchemy", "aiodns", "jmespath"}
    assert large.isdisjoint(loaded)
