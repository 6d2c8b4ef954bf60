"""Names that whoever derives them derives alike: of an outage, of a message about it, of a digest. Pure."""

from hashlib import blake2b
from typing import Any

import msgspec

from monitoring.store.alerts import Event


def dedup_key(origin: str, check: str, began_at: float | None) -> str:
    """Return the key under which all channels know an outage; None leaves its start (Unix seconds) out."""
    return f"{origin}:{check}" if began_at is None else f"{origin}:{check}:{_milliseconds(began_at)}"


def delivery_id(channel: str, check: str, began_at: float, event: Event, number: int) -> str:
    """Return the id of the `number`th such message to a channel about the outage that began then (Unix seconds)."""
    return _hash(channel, check, _milliseconds(began_at), event, number)


def digest_id(channel: str, began_at: float) -> str:
    """Return the id of the digest for a channel that began to gather then (Unix seconds)."""
    return _hash("digest", channel, _milliseconds(began_at))


def _milliseconds(at: float) -> int:
    return round(at * 1000)


def _hash(*parts: Any) -> str:
    return blake2b(msgspec.json.encode(parts), digest_size=16).hexdigest()
