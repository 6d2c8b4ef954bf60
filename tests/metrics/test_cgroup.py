import math
from pathlib import Path

import pytest

from monitoring.metrics.cgroup import Limits, limits

GIB = 2**30


class Groups:
    """A control group file system of a test's own."""

    def __init__(self, folder: Path, memberships: str) -> None:
        self.root = folder / "cgroup"
        self.file = folder / "self"
        self.file.write_text(memberships)

    def set(self, path: str, text: str | int) -> "Groups":
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n")
        return self

    def limits(self) -> Limits:
        return limits(self.file, self.root)


def test_version_2_in_a_container_of_its_own(tmp_path: Path) -> None:
    groups = Groups(tmp_path, "0::/\n").set("memory.max", GIB).set("cpu.max", "150000 100000")
    assert groups.limits() == Limits(GIB, 1.5)


def test_version_2_takes_the_tightest_of_the_groups_above(tmp_path: Path) -> None:
    groups = Groups(tmp_path, "0::/system.slice/app.service\n")
    groups.set("system.slice/app.service/memory.max", "max").set("system.slice/memory.max", 3 * GIB)
    groups.set("system.slice/app.service/cpu.max", "50000 100000").set("system.slice/cpu.max", "max 100000")
    assert groups.limits() == Limits(3 * GIB, 0.5)


def test_version_1_has_a_folder_for_each_controller(tmp_path: Path) -> None:
    groups = Groups(tmp_path, "5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/docker/abc\n")
    groups.set("memory/docker/abc/memory.limit_in_bytes", 2 * GIB)
    groups.set("cpu,cpuacct/docker/abc/cpu.cfs_quota_us", 200000)
    groups.set("cpu,cpuacct/docker/abc/cpu.cfs_period_us", 100000)
    assert groups.limits() == Limits(2 * GIB, 2.0)


def test_version_1_where_the_mount_shows_only_the_containers_own(tmp_path: Path) -> None:
    groups = Groups(tmp_path, "5:memory:/docker/abc\n").set("memory/memory.limit_in_bytes", GIB)
    assert groups.limits() == Limits(GIB, math.inf)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("memory.max", "max"),
        ("cpu.max", "max 100000"),
        ("cpu.max", "garbage here"),
        ("cpu.max", "1 0"),
        ("cpu.cfs_quota_us", -1),
    ],
)
def test_what_limits_nothing_is_infinite(tmp_path: Path, path: str, text: str) -> None:
    assert Groups(tmp_path, "0::/\n").set(path, text).limits() == Limits()


def test_without_control_groups_nothing_is_limited(tmp_path: Path) -> None:
    assert limits(tmp_path / "none", tmp_path / "nowhere") == Limits()
