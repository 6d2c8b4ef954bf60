"""Whether we ourselves are on the network: without that, no dependency is to blame."""

import asyncio
from collections.abc import Iterator

from monitoring.health import hosts, names
from monitoring.health.check import Answer, CheckFailed, NetworkCheck
from monitoring.health.failures import explain
from monitoring.settings.checks import CheckSettings
from monitoring.settings.kinds import Duration
from monitoring.status import Cause

NAME = "connectivity"


class ConnectivitySettings(CheckSettings, frozen=True, kw_only=True):
    """`targets` are `"host:port"`."""

    targets: tuple[str, ...]

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield what contradicts."""
        # The name is taken by this very check.
        yield from (fault for fault in super().faults() if fault[0] != "name")
        if not self.targets:
            yield "targets", "at least one"
        for target in self.targets:
            try:
                hosts.split(target)
            except ValueError as error:
                yield "targets", str(error)


class ConnectivityCheck(NetworkCheck[ConnectivitySettings]):
    """Asks all targets at once; the first that takes a connection will do."""

    type = NAME
    settings_type = ConnectivitySettings

    @property
    def host(self) -> str:
        """Return the first target's host."""
        return hosts.split(self.settings.targets[0])[0]

    async def ask(self) -> Answer:
        """Connect to any; CheckFailed where none takes the connection."""
        tasks = [asyncio.ensure_future(_reach(target)) for target in self.settings.targets]
        last: BaseException | None = None
        try:
            for first in asyncio.as_completed(tasks):
                try:
                    return Answer(details={"reached": await first})
                except (OSError, CheckFailed) as error:
                    last = error
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        words = explain(last, self.settings.timeout_seconds)[1] if last else "no targets"
        raise CheckFailed(Cause.REFUSED, f"none of {', '.join(self.settings.targets)} can be reached: {words}")


def connectivity(targets: tuple[str, ...], timeout_seconds: float) -> ConnectivityCheck:
    """Return the check named `connectivity` for `targets` ("host:port")."""
    interval = Duration(max(60.0, timeout_seconds))
    timeout = Duration(timeout_seconds)
    settings = ConnectivitySettings(
        name=NAME, type=NAME, targets=targets, public=False, interval=interval, timeout=timeout
    )
    return ConnectivityCheck(settings)


async def _reach(target: str) -> str:
    host, port = hosts.split(target)
    (await names.connect(host, port, {})).close()
    return target
