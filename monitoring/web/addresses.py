"""Under which address the public reaches this service, for links that leave the page."""

from typing import Protocol

from flask import Request


class Named(Protocol):
    """What the address is taken from: the `[page]` table of the settings."""

    @property
    def url(self) -> str | None:
        """Return the address that the public sees; may be None or empty."""


def base_of(page: Named, request: Request) -> str:
    """Return the public address without a slash at its end: that of the settings, else the one that was asked."""
    return (page.url or request.host_url).rstrip("/")
