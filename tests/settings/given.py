"""A house for the settings' tests: small check types, and a folder with a status.toml in it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from monitoring.settings import CheckSettings, Duration, Secret, Settings, SettingsError, Url, load


class HttpSettings(CheckSettings, frozen=True, kw_only=True):
    url: Url
    method: Literal["GET", "HEAD", "POST"] = "GET"
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    expected_status: tuple[int, ...] = (200,)
    token: Secret | None = None
    contains: str = ""

    def faults(self) -> Iterator[tuple[str, str]]:
        yield from super().faults()
        if not self.url.startswith(("http://", "https://")):
            yield "url", "an http:// or https:// address"
        if self.method == "HEAD" and self.contains:
            yield "method", "another than HEAD"


class DatabaseSettings(CheckSettings, frozen=True, kw_only=True):
    url: Url


class RedisSettings(CheckSettings, frozen=True, kw_only=True):
    url: Url
    verify_tls: bool = True


class S3Settings(CheckSettings, frozen=True, kw_only=True):
    url: Url | None = None
    bucket: str | None = None
    region: str | None = None
    access_key_id: Secret | None = None
    secret_access_key: Secret | None = None
    session_token: Secret | None = None


class OpenaiSettings(CheckSettings, frozen=True, kw_only=True):
    api_key: Secret
    base_url: Url = "https://api.openai.com/v1"


class DiskSettings(CheckSettings, frozen=True, kw_only=True):
    path: str = "/"
    degraded_percent: float = 80
    unhealthy_percent: float = 90
    every: Duration | None = None


KINDS: dict[str, type[CheckSettings]] = {
    "database": DatabaseSettings,
    "redis": RedisSettings,
    "s3": S3Settings,
    "openai": OpenaiSettings,
    "disk": DiskSettings,
    "http": HttpSettings,
    "tcp": CheckSettings,
    "tls": CheckSettings,
    "dns": CheckSettings,
    "heartbeat": CheckSettings,
}


def loaded(directory: Path, toml: str = "", **environ: str) -> Settings:
    if toml:
        (directory / "status.toml").write_text(toml, encoding="utf-8")
    return load(environ, KINDS, directory)


def faults(directory: Path, toml: str = "", **environ: str) -> list[str]:
    try:
        loaded(directory, toml, **environ)
    except SettingsError as error:
        return str(error).splitlines()
    return []


def check(settings: Settings, name: str) -> CheckSettings:
    return next(check for check in settings.checks if check.name == name)


def names(settings: Settings) -> list[str]:
    return [check.name for check in settings.checks]
