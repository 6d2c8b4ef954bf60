"""Redis, or Valkey: PING, and what it tells of itself."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from monitoring.health.check import Answer, CheckFailed, LibraryCheck
from monitoring.settings.checks import CheckSettings
from monitoring.settings.kinds import Url
from monitoring.status import Cause

if TYPE_CHECKING:
    from redis import Redis


class RedisSettings(CheckSettings, frozen=True, kw_only=True):
    """`verify_tls = false` takes any certificate, such as the self-signed one of a hosted `rediss://`."""

    url: Url
    verify_tls: bool = True

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield what contradicts."""
        yield from super().faults()
        if not _sound(self.url):
            yield "url", "an address such as redis://host:6379/0, rediss:// or unix://"


class RedisCheck(LibraryCheck[RedisSettings]):
    """Asks on a connection of its own, as a new client would."""

    type = "redis"
    settings_type = RedisSettings

    def ask(self) -> Answer:
        """PING; CheckFailed, or the library's error with the system's in it, where it fails."""
        from redis.exceptions import RedisError

        try:
            with self._client() as client:
                client.ping()
                return Answer(details=_figures(client))
        except RedisError as error:
            known = _known(error)
            if known is None:
                raise
            raise CheckFailed(*known) from error

    def _client(self) -> "Redis":
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        seconds = self.settings.timeout_seconds
        options: dict[str, Any] = {"socket_timeout": seconds, "socket_connect_timeout": seconds}
        if self.settings.url.startswith("rediss:") and not self.settings.verify_tls:
            options |= {"ssl_cert_reqs": "none", "ssl_check_hostname": False}
        # Protocol 2: what every server of the last ten years speaks without a further question.
        return Redis.from_url(self.settings.url, retry=Retry(NoBackoff(), 0), protocol=2, **options)


def _figures(client: "Redis") -> dict[str, Any]:
    """Return version, memory and clients; nothing where the user may not ask for them."""
    from redis.exceptions import ResponseError

    try:
        told: Any = client.info()
    except ResponseError:
        return {}
    return {
        "version": told.get("valkey_version") or told.get("redis_version"),
        "used_memory": told.get("used_memory_human"),
        "used_memory_bytes": told.get("used_memory"),
        "connected_clients": told.get("connected_clients"),
    }


def _known(error: Exception) -> tuple[Cause, str] | None:
    """Return what Redis itself said; None where the system's own error is in the library's."""
    from redis import exceptions

    answers: tuple[tuple[type[Exception], Cause, str], ...] = (
        (exceptions.AuthenticationError, Cause.AUTH, "authentication failed"),
        (exceptions.AuthorizationError, Cause.AUTH, "authentication failed"),
        (exceptions.NoPermissionError, Cause.AUTH, "does not let the user do this"),
        (exceptions.MaxConnectionsError, Cause.REFUSED, "takes no more clients"),
        (exceptions.BusyLoadingError, Cause.REFUSED, "is still loading its data"),
        (exceptions.InvalidResponse, Cause.CONTENT, "the answer is not Redis's"),
        (exceptions.ResponseError, Cause.CONTENT, f"answered with an error: {error}"),
    )
    for kind, cause, words in answers:
        if isinstance(error, kind):
            return cause, words
    cut = isinstance(error, exceptions.ConnectionError) and "closed by server" in str(error).lower()
    return (Cause.REFUSED, "cut the connection") if cut else None


def _sound(url: str) -> bool:
    try:
        parts = urlsplit(url)
        reachable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return (parts.scheme in ("redis", "rediss") and reachable) or (parts.scheme == "unix" and bool(parts.path))
