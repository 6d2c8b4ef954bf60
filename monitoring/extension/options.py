"""What an application wants of its monitoring: from arguments, then its config, then the environment."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from monitoring.settings import Fault, SettingsError
from monitoring.settings.environment import read_environment

PREFIX = "MONITORING_"
# An application's own DATABASE_URL is its own database: only under the prefix is Daymark's looked for.
TEXTS = {
    "service_name": "SERVICE_NAME",
    "version": "APP_VERSION",
    "environment": "ENVIRONMENT",
    "log_level": "LOG_LEVEL",
    "log_dir": "LOG_DIR",
    "sentry_dsn": "SENTRY_DSN",
    "admin_token_hashes": "ADMIN_TOKEN_HASHES",
    "database_url": None,
}
"""Each setting that is text, and the environment's usual name for it."""

FLAGS = {"logs": True, "unhandled": True, "health": False, "metrics_endpoint": False, "problem_json": False}
"""Each setting that is true or false, and what it is by default."""

_SERVICE_LENGTH = 64
_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_READ_AS = {name: usual or "DATABASE_URL" for name, usual in TEXTS.items()}


class Options(msgspec.Struct, frozen=True):
    """The settings as they are used."""

    service_name: str
    environment: str
    log_level: str
    log_dir: Path | None
    version: str | None
    database_url: str | None
    sentry_dsn: str | None
    admin_token_hashes: tuple[str, ...]
    logs: bool
    unhandled: bool
    health: bool
    metrics_endpoint: bool
    problem_json: bool

    def __repr__(self) -> str:
        """Say nothing: two of these are secret."""
        return f"<Options of {self.service_name}>"


class Given:
    """Where each setting is found, and under which name, for the words of a fault."""

    def __init__(
        self, arguments: Mapping[str, Any], config: Mapping[str, Any], environ: Mapping[str, str] = os.environ
    ) -> None:
        unknown = arguments.keys() - TEXTS.keys() - FLAGS.keys()
        if unknown:
            raise TypeError(f"Monitoring has no setting {', '.join(sorted(unknown))}")
        self._arguments, self._config, self._environ = arguments, config, environ

    def find(self, name: str) -> tuple[str, Any] | None:
        """Return where the setting was said and what was said; None where nobody said anything."""
        return next(((place, value) for place, value in self._places(name) if value not in (None, "")), None)

    def passed_on(self) -> dict[str, str]:
        """Return what of the environment bears on other settings: which platform this is."""
        return {name: self._environ[name] for name in ("DYNO", "HEROKU_RELEASE_VERSION") if name in self._environ}

    def _places(self, name: str) -> Iterator[tuple[str, Any]]:
        yield name, self._arguments.get(name)
        prefixed, usual = PREFIX + name.upper(), TEXTS.get(name)
        yield f'app.config["{prefixed}"]', self._config.get(prefixed)
        yield prefixed, self._environ.get(prefixed)
        if usual is not None:
            yield usual, self._environ.get(usual)


def read(given: Given, app_name: str) -> Options:
    """Return the settings; SettingsError lists all that is wrong."""
    found = {name: place for name in TEXTS if (place := given.find(name))}
    texts = {_READ_AS[name]: _text(value) for name, (_, value) in found.items()}
    environ = {"SERVICE_NAME": app_name, "LOG_DIR": "", **given.passed_on(), **texts}
    values, faults = read_environment(environ, Path.cwd())
    places = {_READ_AS[name]: place for name, (place, _) in found.items()}
    faults = [msgspec.structs.replace(fault, key=places.get(fault.key, fault.key)) for fault in faults]
    flags = {name: _flag(given, name, usual, faults) for name, usual in FLAGS.items()}
    if flags["metrics_endpoint"] and not values["admin_token_hashes"] and "admin_token_hashes" not in found:
        faults.append(Fault("admin_token_hashes", None, "at least one token's SHA-256: /metrics is not for strangers"))
    if faults:
        raise SettingsError(faults)
    return _options(values, environ, flags)


def _options(values: dict[str, Any], environ: Mapping[str, str], flags: dict[str, bool]) -> Options:
    released = "APP_VERSION" in environ or "HEROKU_RELEASE_VERSION" in environ
    return Options(
        service_name=values["service_name"][:_SERVICE_LENGTH],
        environment=values["environment"],
        log_level=values["log_level"],
        log_dir=values["log_dir"],
        version=values["app_version"] if released else None,
        database_url=values["database_url"] if "DATABASE_URL" in environ else None,
        sentry_dsn=values["sentry_dsn"],
        admin_token_hashes=values["admin_token_hashes"],
        **flags,
    )


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list | tuple | set) else str(value)


def _flag(given: Given, name: str, usual: bool, faults: list[Fault]) -> bool:
    found = given.find(name)
    if found is None:
        return usual
    place, value = found
    word = str(value).strip().lower()
    if word not in _WORDS:
        faults.append(Fault(place, repr(value), "true or false"))
    return _WORDS.get(word, usual)
