"""What a container may use, from its control group, version 2 or 1: the host's figures are not its own."""

import math
from collections.abc import Iterator
from pathlib import Path

import msgspec


class Limits(msgspec.Struct, frozen=True):
    """Bytes of memory and cores of CPU; infinite where nothing limits them."""

    memory_bytes: float = math.inf
    cpu_cores: float = math.inf


def limits(groups: Path = Path("/proc/self/cgroup"), root: Path = Path("/sys/fs/cgroup")) -> Limits:
    """Return the tightest limits of this process's control groups; infinite ones where there are none."""
    memory, cores = math.inf, math.inf
    for controllers, path in _memberships(groups):
        for folder in _folders(root, controllers, path):
            memory = min(memory, _memory(folder))
            cores = min(cores, _cores(folder))
    return Limits(memory, cores)


def _memberships(groups: Path) -> Iterator[tuple[list[str], str]]:
    """Yield the controllers (none: version 2) and the path of each line `number:controllers:path`."""
    for line in _text(groups).splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        yield [name for name in controllers.split(",") if name], path


def _folders(root: Path, controllers: list[str], path: str) -> Iterator[Path]:
    """Yield the group's folder and those above it; a path of the host's may be the mount's root in a container."""
    for mount in [root / name for name in (",".join(controllers), *controllers)] if controllers else [root]:
        group = mount / path.strip("/")
        yield group
        yield from (parent for parent in group.parents if parent.is_relative_to(mount))


def _memory(folder: Path) -> float:
    return min(_number(folder / "memory.max"), _number(folder / "memory.limit_in_bytes"))


def _cores(folder: Path) -> float:
    quota, _, period = _text(folder / "cpu.max").partition(" ")
    if not period:
        quota, period = _text(folder / "cpu.cfs_quota_us"), _text(folder / "cpu.cfs_period_us")
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
