"""Who is an admin: whoever shows a token whose SHA-256 is known."""

import hashlib
import hmac
from collections.abc import Sequence

from flask import Request


def is_admin(request: Request, token_hashes: Sequence[str]) -> bool:
    """Return whether the request carries `Authorization: Bearer` with a right token.

    All hashes are compared, each in constant time, so that the answer's time says nothing.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token_hashes:
        return False
    digest = hashlib.sha256(token.strip().encode()).hexdigest()
    return sum(hmac.compare_digest(digest, known) for known in token_hashes) > 0
