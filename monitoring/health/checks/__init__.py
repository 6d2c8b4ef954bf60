"""The types of check there are: a new one is a file beside this one and a line below."""

from typing import Any

from monitoring.health.check import Check
from monitoring.health.checks.database import DatabaseCheck
from monitoring.health.checks.disk import DiskCheck
from monitoring.health.checks.dns import DnsCheck
from monitoring.health.checks.heartbeat import HeartbeatCheck
from monitoring.health.checks.http import HttpCheck
from monitoring.health.checks.openai import OpenAiCheck
from monitoring.health.checks.redis import RedisCheck
from monitoring.health.checks.s3 import S3Check
from monitoring.health.checks.tcp import TcpCheck
from monitoring.health.checks.tls import TlsCheck
from monitoring.settings.checks import CheckSettings

TYPES: tuple[type[Check[Any]], ...] = (
    DatabaseCheck,
    RedisCheck,
    S3Check,
    OpenAiCheck,
    DiskCheck,
    HttpCheck,
    TcpCheck,
    TlsCheck,
    DnsCheck,
    HeartbeatCheck,
)

KINDS: dict[str, type[CheckSettings]] = {kind.type: kind.settings_type for kind in TYPES}
"""The settings of each type, for those who read `status.toml`."""
