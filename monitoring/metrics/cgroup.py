"""What a container may use, from its control group, version 2 or 1: the host's figures are not its own."""

import math
from collections.abc import Iterator
from pathlib import Path

import msgspec

_LIMITING = frozenset(["memory", "cpu"])


class Limits(msgspec.Struct, frozen=True):
    """Bytes of memory and cores of CPU; infinite where nothing limits them."""

    memory_bytes: float = math.inf
    cpu_cores: float = math.inf


def limits(groups: Path = Path("/proc/self/cgroup"), root: Path = Path("/sys/fs/cgroup")) -> Limits:
    """Return the tightest limits of this process's control groups; infinite ones where there are none."""
    memory, cores = math.inf, math.inf
    for controllers, path in _memberships(groups):
        for folder in _folders(root, controllers, path):
            memory = min(memory, _memory(folder, controllers))
            cores = min(cores, _cores(folder, controllers))
    return Limits(memory, cores)


def _memberships(groups: Path) -> Iterator[tuple[list[str], str]]:
    """Yield the controllers that limit (none: version 2) and the path of each line `number:controllers:path`."""
    for line in _text(groups).splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if not controllers or not _LIMITING.isdisjoint(controllers.split(",")):
            yield [name for name in controllers.split(",") if name], path


def _folders(root: Path, controllers: list[str], path: str) -> Iterator[Path]:
    """Yield the group's folder and those above it; a path of the host's may be the mount's root in a container."""
    for mount in {root / name: None for name in (",".join(controllers), *controllers)}:
        group = mount / path.strip("/")
        yield group
        yield from (parent for parent in group.parents if parent.is_relative_to(mount))


# Each file that is looked for is a moment in which this thread may have to queue for the interpreter behind requests.
def _memory(folder: Path, controllers: list[str]) -> float:
    if not controllers:
        return _number(folder / "memory.max")
    return _number(folder / "memory.limit_in_bytes") if "memory" in controllers else math.inf


def _cores(folder: Path, controllers: list[str]) -> float:
    if not controllers:
        return _share(*_text(folder / "cpu.max").partition(" ")[::2])
    quota = _text(folder / "cpu.cfs_quota_us") if "cpu" in controllers else ""
    return _share(quota, _text(folder / "cpu.cfs_period_us")) if quota else math.inf


def _share(quota: str, period: str) -> float:
    try:
        return int(quota) / int(period) if int(quota) > 0 else math.inf
    except (ValueError, ZeroDivisionError):  # "max", or no file
        return math.inf


def _number(file: Path) -> float:
    text = _text(file)
    return float(text) if text.isdigit() else math.inf


def _text(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        return ""
