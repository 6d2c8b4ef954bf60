"""Who is told of errors besides the log and the store; by default nobody."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Reporter:
    """The null object: takes everything, does nothing."""

    lost = 0
    """How many reports did not arrive."""

    def error(self, error: BaseException, context: Mapping[str, Any], correlation_id: str | None) -> None:
        """Report an error with what was known when it happened."""

    def message(self, text: str, level: str, context: Mapping[str, Any], correlation_id: str | None) -> None:
        """Report a message; `level` is info, warning, error or fatal."""

    def around(self, app: "WSGIApplication") -> "WSGIApplication":
        """Return `app` with some of its requests reported; here as it is."""
        return app

    def flush(self, timeout_seconds: float) -> None:
        """Wait until all has been sent, at most so long."""

    def close(self) -> None:
        """Send what waits, for a bounded time, and let go of what is open."""
