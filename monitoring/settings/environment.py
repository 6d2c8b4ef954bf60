"""What the environment's variables say."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, get_args

import monitoring
from monitoring.settings import addresses
from monitoring.settings.faults import Fault
from monitoring.settings.masks import shown
from monitoring.settings.structure import Environment, LogLevel, StatsdDialect

T = TypeVar("T")

ENVIRONMENT_NAMES: tuple[str, ...] = (
    "PORT",
    "ENVIRONMENT",
    "SERVICE_NAME",
    "APP_VERSION",
    "LOG_LEVEL",
    "LOG_DIR",
    "STATUS_CONFIG",
    "WEB_CONCURRENCY",
    "TRUSTED_PROXIES",
    "DATABASE_URL",
    "REDIS_URL",
    "REDIS_TLS_VERIFY",
    "S3_BUCKET",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "ADMIN_TOKEN_HASHES",
    "JWT_SECRET",
    "SECRET_KEY",
    "SENTRY_DSN",
    "STATSD_ADDRESS",
    "STATSD_DIALECT",
    "CLOUDWATCH_NAMESPACE",
    "DEADMAN_URL",
    "DYNO",
    "HEROKU_RELEASE_VERSION",
)
"""Every variable that is read; documentation and `.env.example` are tested against it."""

_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
OPENAI_BASE_URL = "https://api.openai.com/v1"


class Variables:
    """The environment, read variable by variable; an empty one counts as unset, and faults are gathered."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.faults: list[Fault] = []

    def text(self, *names: str) -> str | None:
        """Return the first of the variables that is set, without the white space around it."""
        values = (self.environ.get(name, "").strip() for name in names)
        return next((value for value in values if value), None)

    def take(self, name: str, parse: Callable[[str], T], default: T, show: Callable[[str], str | None] = shown) -> T:
        """Return what `parse` makes of a variable, or the default; its ValueError becomes a fault."""
        text = self.text(name)
        try:
            return default if text is None else parse(text)
        except ValueError as wrong:
            self.faults.append(Fault(name, show(text or ""), str(wrong)))
            return default


def read_environment(environ: Mapping[str, str], directory: Path) -> tuple[dict[str, Any], list[Fault]]:
    """Return the fields of `Settings` that the environment decides, and the faults; `directory` is the project's."""
    variables = Variables(environ)
    values = _process(variables, directory) | _stores(variables, directory) | _services(variables)
    return values | _access(variables) | _sinks(variables), variables.faults


def _process(variables: Variables, directory: Path) -> dict[str, Any]:
    dyno = variables.text("DYNO") is not None
    usual = "production" if dyno else "development"
    environment = variables.take("ENVIRONMENT", partial(_one_of, get_args(Environment)), usual)
    level = "info" if environment == "production" else "debug"
    return {
        "port": variables.take("PORT", partial(_whole, 1, 65535), 8000),
        "environment": environment,
        "log_level": variables.take("LOG_LEVEL", partial(_one_of, get_args(LogLevel)), level),
        "log_dir": _log_dir(variables, directory, files=environment == "production" and not dyno),
        "service_name": variables.take("SERVICE_NAME", _label, "daymark"),
        "app_version": _app_version(variables),
        "dyno": dyno,
        "web_concurrency": variables.take("WEB_CONCURRENCY", partial(_whole, 1, 64), 2),
        "trusted_proxies": variables.take("TRUSTED_PROXIES", partial(_whole, 0, 10), 1 if dyno else 0),
    }


def _stores(variables: Variables, directory: Path) -> dict[str, Any]:
    usual = f"sqlite:///{directory / 'instance' / 'daymark.db'}"
    parse = partial(addresses.database_address, directory=directory)
    verify = variables.text("DYNO") is None
    return {
        "database_url": variables.take("DATABASE_URL", parse, usual, _address),
        "redis_url": variables.take("REDIS_URL", addresses.redis_address, None, _address_only),
        "redis_verify_tls": variables.take("REDIS_TLS_VERIFY", _truth, verify),
    }


def _services(variables: Variables) -> dict[str, Any]:
    return {
        "s3_bucket": variables.text("S3_BUCKET"),
        "aws_region": variables.text("AWS_REGION", "AWS_DEFAULT_REGION"),
        "aws_endpoint_url": variables.take("AWS_ENDPOINT_URL", addresses.http_address, None, _address),
        "aws_access_key_id": variables.text("AWS_ACCESS_KEY_ID"),
        "aws_secret_access_key": variables.text("AWS_SECRET_ACCESS_KEY"),
        "aws_session_token": variables.text("AWS_SESSION_TOKEN"),
        "openai_base_url": variables.take("OPENAI_BASE_URL", addresses.http_address, OPENAI_BASE_URL, _address),
        "openai_api_key": variables.text("OPENAI_API_KEY"),
    }


def _access(variables: Variables) -> dict[str, Any]:
    no_hashes: tuple[str, ...] = ()
    return {
        "admin_token_hashes": variables.take("ADMIN_TOKEN_HASHES", _hashes, no_hashes, _nothing),
        "jwt_secret": variables.take("JWT_SECRET", _long_secret, None, _nothing),
        "secret_key": variables.text("SECRET_KEY"),
        "sentry_dsn": variables.take("SENTRY_DSN", addresses.sentry_address, None, _address_only),
    }


def _sinks(variables: Variables) -> dict[str, Any]:
    return {
        "statsd_address": variables.take("STATSD_ADDRESS", _host_and_port, None),
        "statsd_dialect": variables.take("STATSD_DIALECT", partial(_one_of, get_args(StatsdDialect)), "dogstatsd"),
        "cloudwatch_namespace": variables.take("CLOUDWATCH_NAMESPACE", _label, None),
        "deadman_url": variables.take("DEADMAN_URL", addresses.http_address, None, _nothing),
    }


def _log_dir(variables: Variables, directory: Path, files: bool) -> Path | None:
    """Return the folder of the log files; alone among the variables an empty LOG_DIR says something: no files."""
    if "LOG_DIR" in variables.environ:
        text = variables.text("LOG_DIR")
        return directory / text if text else None
    return directory / "logs" if files else None


def _app_version(variables: Variables) -> str:
    released = variables.take("HEROKU_RELEASE_VERSION", _label, monitoring.__version__)
    return variables.take("APP_VERSION", _label, released)


def _whole(least: int, most: int, text: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text) or not least <= int(text) <= most:
        raise ValueError(f"a whole number from {least} to {most}")
    return int(text)


def _one_of(words: tuple[str, ...], text: str) -> str:
    if text.lower() not in words:
        raise ValueError("one of " + ", ".join(words))
    return text.lower()


def _truth(text: str) -> bool:
    if text.lower() not in _WORDS:
        raise ValueError("true or false")
    return _WORDS[text.lower()]


def _label(text: str) -> str:
    if len(text) > 100 or not text.isprintable():
        raise ValueError("1 to 100 printable characters")
    return text


def _hashes(text: str) -> tuple[str, ...]:
    hashes = tuple(part.strip().lower() for part in text.split(",") if part.strip())
    for position, part in enumerate(hashes, start=1):
        if not re.fullmatch("[0-9a-f]{64}", part):
            raise ValueError(f"SHA-256 sums of 64 hex digits, separated by commas; number {position} is none")
    return hashes


def _long_secret(text: str) -> str:
    if len(text.encode("utf-8", "surrogateescape")) < 32:
        raise ValueError("at least 32 bytes")
    return text


def _host_and_port(text: str) -> str:
    addresses.host_and_port(text)
    return text


def _address(text: str) -> str:
    return shown(text, address=True)


def _address_only(text: str) -> str | None:
    """Show what looks like an address; anything else may be a password set under the wrong name."""
    return _address(text) if "://" in text else None


def _nothing(_: str) -> None:
    return None
