"""How often an address has shown a wrong credential: counted over all processes where there is a Redis."""

import threading
from collections import OrderedDict
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

from monitoring import clock
from monitoring.logs import log

if TYPE_CHECKING:
    from redis import Redis

ALLOWED = 10
WINDOW_SECONDS = 60.0
ADDRESSES = 10_000
PATIENCE_SECONDS = 0.5
PAUSE_SECONDS = 15.0


class Attempts:
    """Counts failures by address: 10 within a minute of the first are borne, the rest of that minute none.

    The count is shared through the Redis at `redis_url`; without one, or while it is away, each process counts for
    itself, the latest 10,000 addresses. An IPv6 address counts as its /64, which one host has to itself.
    """

    def __init__(self, redis_url: str | None = None, *, verify_tls: bool = True) -> None:
        self._redis_url, self._verify_tls = redis_url, verify_tls
        self._redis: Redis | None = None
        self._away_until = float("-inf")
        self._own: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def failed(self, address: str) -> float:
        """Count one failure; return the seconds for which `address` is to wait, 0.0 while it need not."""
        key = _network(address)
        count, left = self._shared(key) or self._counted_here(key)
        return max(1.0, left) if count > ALLOWED else 0.0

    def _shared(self, key: str) -> tuple[int, float] | None:
        """Return count and seconds left of the minute from Redis; None where it cannot be asked."""
        if self._redis_url is None or clock.monotonic() < self._away_until:
            return None
        from redis.exceptions import RedisError

        try:
            return self._asked(f"daymark:attempts:{key}")
        except (RedisError, OSError) as error:
            # Asked in vain once, it is left alone for a while: a request must not wait for it each time.
            self._away_until = clock.monotonic() + PAUSE_SECONDS
            log.warn("Redis is away; failed attempts are counted by each process for itself", error=str(error))
            return None

    def _asked(self, key: str) -> tuple[int, float]:
        with self._client().pipeline() as pipeline:
            pipeline.set(key, 0, ex=int(WINDOW_SECONDS), nx=True)
            pipeline.incr(key)
            pipeline.pttl(key)
            _, count, left = pipeline.execute()
        return int(count), int(left) / 1000

    def _client(self) -> "Redis":
        if self._redis is None:
            from redis import Redis
            from redis.backoff import NoBackoff
            from redis.retry import Retry

            insecure = {"ssl_cert_reqs": "none", "ssl_check_hostname": False}
            options = insecure if str(self._redis_url).startswith("rediss:") and not self._verify_tls else {}
            self._redis = Redis.from_url(
                str(self._redis_url),
                retry=Retry(NoBackoff(), 0),
                protocol=2,
                socket_timeout=PATIENCE_SECONDS,
                socket_connect_timeout=PATIENCE_SECONDS,
                **options,
            )
        return self._redis

    def _counted_here(self, key: str) -> tuple[int, float]:
        now = clock.monotonic()
        with self._lock:
            count, until = self._own.pop(key, (0, 0.0))
            if until <= now:
                count, until = 0, now + WINDOW_SECONDS
            self._own[key] = (count + 1, until)
            while len(self._own) > ADDRESSES:
                self._own.popitem(last=False)
        return count + 1, until - now


def _network(address: str) -> str:
    """Return what is counted under: an IPv4 address, the /64 of an IPv6 one."""
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if not isinstance(known, IPv6Address):
        return str(known)
    return str(known.ipv4_mapped or IPv6Address(int(known) >> 64 << 64))
