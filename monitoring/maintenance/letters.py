"""Ids of twelve letters and digits."""

import secrets
from hashlib import blake2b
from string import ascii_lowercase, digits

_ALPHABET = ascii_lowercase + digits
_LENGTH = 12


def random_id() -> str:
    """Return an id that nobody can guess."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


def derived_id(text: str) -> str:
    """Return an id that follows from a text."""
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in blake2b(text.encode(), digest_size=_LENGTH).digest())
