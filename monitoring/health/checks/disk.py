"""Disk space: how full the file system of one path is for those who are not root, as `df` says."""

import shutil
from collections.abc import Iterator
from typing import Annotated

import msgspec

from monitoring.health.check import Answer, LibraryCheck
from monitoring.settings.checks import CheckSettings
from monitoring.status import Cause, Status

Percent = Annotated[float, msgspec.Meta(gt=0, le=100)]


class DiskSettings(CheckSettings, frozen=True, kw_only=True):
    """`degraded_percent` and `unhealthy_percent` are the shares used above which the disk is so."""

    path: str = "/"
    degraded_percent: Percent = 80.0
    unhealthy_percent: Percent = 90.0

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield what contradicts."""
        yield from super().faults()
        if self.degraded_percent > self.unhealthy_percent:
            yield "degraded_percent", "at most unhealthy_percent"
        if not self.path.startswith("/"):
            yield "path", "a path from the root, such as /var"


class DiskCheck(LibraryCheck[DiskSettings]):
    """Asks the file system; one that cannot be read is degraded."""

    type = "disk"
    settings_type = DiskSettings
    failure_status = Status.DEGRADED

    def ask(self) -> Answer:
        """Return the share in use; OSError where the path cannot be read."""
        usage = shutil.disk_usage(self.settings.path)
        usable = usage.used + usage.free
        percent = 100 * usage.used / usable if usable else 0.0
        details = {
            "path": self.settings.path,
            "used": usage.used,
            "available": usage.free,
            "used_percent": round(percent, 1),
        }
        status, limit = self._judge(percent)
        if status is Status.HEALTHY:
            return Answer(details=details)
        error = f"{percent:.1f} % used, over {limit:g} %"
        return Answer(status=status, details=details, cause=Cause.CONTENT, error=error)

    def _judge(self, percent: float) -> tuple[Status, float]:
        if percent > self.settings.unhealthy_percent:
            return Status.UNHEALTHY, self.settings.unhealthy_percent
        if percent > self.settings.degraded_percent:
            return Status.DEGRADED, self.settings.degraded_percent
        return Status.HEALTHY, 0.0
