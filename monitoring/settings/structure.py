"""Everything that is in force: what the environment and `status.toml` say, with defaults filled in."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from monitoring.settings.addresses import host_and_port, http_address
from monitoring.settings.channels import ChannelSettings
from monitoring.settings.checks import CheckSettings
from monitoring.settings.kinds import Duration, Secret, Url
from monitoring.settings.rules import RuleSettings

Environment = Literal["development", "production", "test"]
StatsdDialect = Literal["dogstatsd", "statsd"]
LogLevel = Literal["fatal", "error", "warn", "info", "debug", "trace"]


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """One `[[page.links]]` table: a link in the page's footer."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=100, description="text of 1 to 100 characters")]
    url: Url

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield (key, what was expected) for each field that cannot be used."""
        yield from _address_faults("url", self.url)


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """The `[page]` table; `url` is the address that the public sees, for links in feeds and alerts."""

    title: str = "Status"
    url: Url | None = None
    description: str = ""
    links: tuple[Link, ...] = ()

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield (key, what was expected) for each field that cannot be used."""
        yield from _address_faults("url", self.url)


class Connectivity(msgspec.Struct, frozen=True, kw_only=True):
    """The `[connectivity]` table: `host:port` targets, one of which must accept a connection within `timeout`."""

    targets: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, description='an array of at least one "host:port"')]
    timeout: Duration = Duration(3)

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]:
        """Return the targets as (host, port)."""
        return tuple(host_and_port(target) for target in self.targets)

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield (key, what was expected) for each field that cannot be used."""
        try:
            _ = self.addresses
        except ValueError as wrong:
            yield "targets", str(wrong)
        if not 0 < self.timeout <= 60:
            yield "timeout", "more than 0s and at most 60s"


Dollars = Annotated[float, msgspec.Meta(gt=0, description="dollars, more than 0")]


class BudgetLimits(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of `[budgets]`: what a provider may cost in dollars, a UTC day and a UTC month."""

    daily: Dollars | None = None
    monthly: Dollars | None = None

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield (key, what was expected) where nothing is limited."""
        if self.daily is None and self.monthly is None:
            yield "monthly", "a daily or a monthly limit in dollars"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What is in force. `log_dir` is None where no files are written; `dyno` says that this is Heroku.

    `status_config` is the file that was read, None where there is none. `concealed` holds the values that came into
    `status.toml` by a `${NAME}` that sounds secret: `masked` hides them wherever they stand.
    """

    port: int
    environment: Environment
    log_level: LogLevel
    log_dir: Path | None
    service_name: str
    app_version: str
    dyno: bool
    web_concurrency: int
    trusted_proxies: int
    database_url: Url
    redis_url: Url | None
    redis_verify_tls: bool
    s3_bucket: str | None
    aws_region: str | None
    aws_endpoint_url: Url | None
    aws_access_key_id: Secret | None
    aws_secret_access_key: Secret | None
    aws_session_token: Secret | None
    openai_base_url: Url
    openai_api_key: Secret | None
    admin_token_hashes: tuple[Secret, ...]
    jwt_secret: Secret | None
    secret_key: Secret | None
    sentry_dsn: Url | None
    statsd_address: str | None
    statsd_dialect: StatsdDialect
    cloudwatch_namespace: str | None
    deadman_url: Secret | None
    status_config: Path | None
    budgets: dict[str, BudgetLimits]
    thresholds: dict[str, Duration]
    page: Page
    connectivity: Connectivity | None
    checks: tuple[CheckSettings, ...]
    channels: tuple[ChannelSettings, ...]
    rules: tuple[RuleSettings, ...]
    concealed: frozenset[Secret] = frozenset()

    def __repr__(self) -> str:
        """Name what is in force and nothing that could be secret."""
        return f"<Settings {self.service_name} {self.environment}, {len(self.checks)} checks>"

    @property
    def production(self) -> bool:
        """Return whether this is production."""
        return self.environment == "production"


def _address_faults(key: str, address: str | None) -> Iterator[tuple[str, str]]:
    try:
        if address is not None:
            http_address(address)
    except ValueError as wrong:
        yield key, str(wrong)
