"""gunicorn's own messages through our handlers: `logger_class = "monitoring.logs.gunicorn.Logger"`."""

from typing import Any

from gunicorn import glogging  # type: ignore[import-untyped]


class Logger(glogging.Logger):  # type: ignore[misc]
    """Has no handlers of its own: records go up to those of `monitoring.logs.configure`, to be called before.

    There is no access log; the completion line of each request takes its place.
    """

    def setup(self, cfg: Any) -> None:
        """Set the level that gunicorn was given, and nothing else; gunicorn calls it again on reload."""
        super().setup(cfg)
        for logger in (self.error_log, self.access_log):
            for handler in logger.handlers[:]:
                logger.removeHandler(handler)
        self.error_log.propagate = True

    @property
    def access_log_enabled(self) -> bool:
        """Return False."""
        return False
