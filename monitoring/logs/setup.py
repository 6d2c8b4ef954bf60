"""Where the lines go: JSON on stdout in production, colours in development, silence in tests."""

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from monitoring.logs import levels
from monitoring.logs.files import DatedFile
from monitoring.logs.formats import ConsoleFormatter, JsonFormatter
from monitoring.logs.handler import LineHandler

if TYPE_CHECKING:
    from monitoring.settings import Settings

_QUIET = {
    "apscheduler": levels.ERROR,  # two lines a tick at info
    "urllib3": levels.ERROR,  # its warnings name whole addresses, of which some are secrets
    "botocore": levels.WARN,
    "alembic": levels.WARN,  # names its plugins as it is imported
    "asyncio": levels.WARN,
    "werkzeug": levels.WARN,
}
_installed: list[logging.Handler] = []


def configure(
    *, environment: str, level: str, directory: Path | None, service: str, version: str | None = None
) -> None:
    """Send all records of this process, whichever library's, where `environment` wants them; may be called again.

    `environment` is production (JSON lines on stdout), test (silence) or anything else (one-liners for people);
    `level` the least level, by name (ValueError if unknown). A `directory` gets `application-*.log` and `error-*.log`
    besides, JSON whatever the environment; it is made when the first line is written.
    """
    threshold = levels.number_of(level)
    logging.addLevelName(levels.TRACE, "TRACE")
    # Ours never raise; another handler's failure belongs on stderr only where somebody sits before it.
    logging.raiseExceptions = environment != "production"
    logging.captureWarnings(environment == "production")
    handlers = _handlers(environment, directory, service, version)
    root = logging.getLogger()
    root.setLevel(threshold)
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(max(least, threshold))
    _replace(root, handlers)


def configure_by(settings: "Settings") -> None:
    """Send all records of this process where the service's settings want them."""
    configure(
        environment=settings.environment,
        level=settings.log_level,
        directory=settings.log_dir,
        service=settings.service_name,
        version=settings.app_version,
    )


def _handlers(environment: str, directory: Path | None, service: str, version: str | None) -> list[logging.Handler]:
    if environment == "test":
        return [logging.NullHandler()]
    formatter = JsonFormatter(service, environment, version)
    files = _files(directory)
    if environment == "production":
        return [LineHandler(formatter, files)]
    console = LineHandler(ConsoleFormatter(service, environment, coloured=_wants_colours()))
    return [console, LineHandler(formatter, files, printed=False)] if files else [console]


def _files(directory: Path | None) -> list[tuple[int, DatedFile]]:
    if directory is None:
        return []
    return [(levels.TRACE, DatedFile(directory, "application")), (levels.ERROR, DatedFile(directory, "error"))]


def _replace(root: logging.Logger, handlers: list[logging.Handler]) -> None:
    """Put `handlers` in the place of those of the call before; others' stay."""
    before, _installed[:] = _installed.copy(), handlers
    for handler in handlers:
        root.addHandler(handler)
    for handler in before:
        root.removeHandler(handler)
        handler.close()


def _wants_colours() -> bool:
    """Follow https://no-color.org and https://force-color.org, else look whether stdout is a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout is not None and sys.stdout.isatty())
