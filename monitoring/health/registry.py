"""Which checks there are: those of the settings, and those an application registers."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

import msgspec

from monitoring.health.check import Check
from monitoring.health.checks import TYPES
from monitoring.health.checks.database import DatabaseCheck, DatabaseSettings, PoolFigures
from monitoring.health.checks.function import CallableCheck, Function
from monitoring.health.checks.heartbeat import HeartbeatCheck, HeartbeatSettings, LastCalls
from monitoring.settings.checks import CheckSettings
from monitoring.settings.kinds import Duration, decode_hook

_everywhere: dict[str, CallableCheck] = {}
"""What `monitoring.health.register` has registered in this process."""


class Registry:
    """The checks of one service, by name, in the order they are shown."""

    def __init__(self, checks: Iterable[Check[Any]]) -> None:
        """Take `checks`; ValueError where two have one name."""
        self._checks: dict[str, Check[Any]] = {}
        for check in checks:
            self._add(check)
        for name in self._checks.keys() & _everywhere.keys():
            raise _taken(name)

    def register(self, name: str, function: Function, **settings: Any) -> None:
        """Add a check that calls `function`; ValueError on a bad or taken name or an unknown setting.

        `settings` are those that every check has; durations are seconds or texts such as "30s".
        """
        if name in _everywhere:
            raise _taken(name)
        self._add(_callable(name, function, settings))

    def all(self) -> tuple[Check[Any], ...]:
        """Return every check; ValueError where the application registered one under a name that is taken."""
        for name in self._checks.keys() & _everywhere.keys():
            raise _taken(name)
        return tuple(self._each())

    def get(self, name: str) -> Check[Any] | None:
        """Return one check, None where there is none of that name."""
        return self._checks.get(name) or _everywhere.get(name)

    def _each(self) -> Iterator[Check[Any]]:
        return chain(self._checks.values(), _everywhere.values())

    def _add(self, check: Check[Any]) -> None:
        if check.name in self._checks:
            raise _taken(check.name)
        self._checks[check.name] = check


def register(name: str, function: Function, **settings: Any) -> None:
    """Add a check that calls `function` to every registry of this process; call it before the service starts.

    The function returns None or True (healthy), False (unhealthy), a mapping (details), a Status or an Answer; it
    may be a coroutine function; raising is failing. ValueError as in `Registry.register`.
    """
    if name in _everywhere:
        raise _taken(name)
    _everywhere[name] = _callable(name, function, settings)


def build(
    settings: Iterable[CheckSettings],
    pool_figures: Mapping[str, PoolFigures] | None = None,
    heartbeats: LastCalls = lambda _: None,
) -> Registry:
    """Return the registry of these settings; `pool_figures` are the pools in use, by the database check's name.

    `heartbeats` returns the last calls for a heartbeat's name. ValueError where two have one name; KeyError on a type
    that does not exist.
    """
    figures = pool_figures or {}
    return Registry(_check(each, figures.get(each.name), heartbeats) for each in settings)


def _check(settings: CheckSettings, pool_figures: PoolFigures | None, heartbeats: LastCalls) -> Check[Any]:
    if isinstance(settings, DatabaseSettings):
        return DatabaseCheck(settings, pool_figures)
    if isinstance(settings, HeartbeatSettings):
        return HeartbeatCheck(settings, heartbeats)
    return _BY_TYPE[settings.type](settings)


_BY_TYPE: dict[str, Callable[[Any], Check[Any]]] = {kind.type: kind for kind in TYPES}


def _callable(name: str, function: Function, settings: Mapping[str, Any]) -> CallableCheck:
    unknown = settings.keys() - set(CheckSettings.__struct_fields__)
    if unknown:
        raise ValueError(f"check {name}: unknown setting {', '.join(sorted(unknown))}")
    told = {"name": name, "type": CallableCheck.type, **settings}
    try:
        made = msgspec.convert(told, CheckSettings, dec_hook=_seconds_too)
    except msgspec.ValidationError as error:
        raise ValueError(f"check {name}: {error}") from error
    for key, expected in made.faults():
        raise ValueError(f"check {name}: {key} must be {expected}")
    return CallableCheck(made, function)


def _seconds_too(kind: type, value: Any) -> Any:
    """Decode a duration as settings do, or as the seconds that code would rather give."""
    if kind is Duration and isinstance(value, int | float):
        return Duration(value)
    return decode_hook(kind, value)


def _taken(name: str) -> ValueError:
    return ValueError(f"check {name}: the name is taken")
