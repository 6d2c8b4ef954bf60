"""Links and forms that nobody else can have made: what they say, signed with the service's key."""

import hashlib
from collections.abc import Callable
from typing import Any

from itsdangerous import BadData, URLSafeTimedSerializer

_BEGINNING = "t"
"""A token that is compressed would begin with a dot, and some proxies refuse paths with `/.` in them."""


class Signer:
    """Signs with the key that `key` returns at the first use, which may read the store and raise."""

    def __init__(self, key: Callable[[], str]) -> None:
        self._key = key
        self._known: bytes | None = None

    def prepare(self) -> bytes:
        """Return the key, for which nothing is asked from then on. Raises what `key` raises."""
        if self._known is None:
            self._known = self._key().encode("utf-8", "surrogateescape")
        return self._known

    def sign(self, purpose: str, content: Any) -> str:
        """Return a token of letters that an address can carry; what was signed for one purpose is void for another.

        `content` is of JSON's types and can be read by whoever has the token. Raises what `key` raises.
        """
        return _BEGINNING + str(self._serializer(purpose).dumps(content))

    def read(self, purpose: str, token: str, max_age_seconds: float) -> Any | None:
        """Return what was signed, None where the token is no such token or too old. Raises what `key` raises."""
        serializer = self._serializer(purpose)
        try:
            return serializer.loads(token.removeprefix(_BEGINNING), max_age=int(max_age_seconds))
        except (BadData, UnicodeError):
            return None

    def _serializer(self, purpose: str) -> URLSafeTimedSerializer:
        options = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
        return URLSafeTimedSerializer(self.prepare(), salt=f"daymark.{purpose}", signer_kwargs=options)
