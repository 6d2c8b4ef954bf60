"""The folder in which the workers of one gunicorn keep their Prometheus figures; nothing here imports the client early.

The client decides when it is imported whether it writes there, so `prepare` must run before that.
"""

import atexit
import os
import shutil
import struct
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from prometheus_client.mmap_dict import MmapedDict

T = TypeVar("T")

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_PATIENCE_SECONDS = 0.5
_PAUSE_SECONDS = 0.01
_FIRST_BYTES = 1 << 16
_MOST_FRAMING_BYTES = 28
"""What an entry of the client's file takes at most besides its key: length, padding, two doubles."""


def prepare() -> Path:
    """Return this master's own empty folder, removed when it exits; the same one when it reads its settings anew.

    A variable that was inherited, from the master before for one, is not followed: its figures are another's.
    """
    prefix = f"daymark-metrics-{os.getpid()}-"
    folder = Path(os.environ.get(VARIABLE, ""))
    if not (folder.name.startswith(prefix) and folder.is_dir()):
        folder = Path(tempfile.mkdtemp(prefix=prefix))
        os.environ[VARIABLE] = str(folder)
        atexit.register(_remove, folder, os.getpid())
    return folder


def mark_dead(pid: int) -> None:
    """Take a dead worker's part out of the gauges that are sums; what it counted stays counted."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(pid)  # type: ignore[no-untyped-call]


def reserve_space() -> None:
    """Have the client's files made with their space reserved, from now on in this process.

    The client (0.26.0, pinned; `values.py` and `mmap_dict.py`) makes sparse files and writes through a mapping, where
    a full disk is no error but SIGBUS, which kills the worker. Reserved first, it is an OSError before anything is
    written.
    """
    from prometheus_client import values
    from prometheus_client.mmap_dict import MmapedDict

    namesake: Any = values
    if namesake.MmapedDict is MmapedDict:
        namesake.MmapedDict = _reserving(MmapedDict)


def _reserving(base: "type[MmapedDict]") -> "type[MmapedDict]":
    class Reserved(base):  # type: ignore[misc, valid-type]
        def __init__(self, filename: str, read_mode: bool = False) -> None:
            if not read_mode:
                _reserve_first(Path(filename))
            super().__init__(filename, read_mode)

        def _init_value(self, key: str) -> None:
            wanted: Any = self._capacity
            while self._used + len(key.encode()) + _MOST_FRAMING_BYTES > wanted:
                wanted *= 2
            if wanted > self._capacity:
                os.posix_fallocate(self._f.fileno(), 0, wanted)
            super()._init_value(key)

    return Reserved


def _reserve_first(file: Path) -> None:
    """Make a file's first part, which the client then takes as it is; leave no empty file behind."""
    with file.open("ab") as made:
        try:
            os.posix_fallocate(made.fileno(), 0, max(_FIRST_BYTES, file.stat().st_size))
        except OSError:
            if not file.read_bytes().strip(b"\0"):
                file.unlink()
            raise


def patiently(read: Callable[[], T]) -> T:
    """Return what `read` makes of the files, which the client cannot while a worker is just making one.

    Such a file is empty for an instant; one that stays so was left by a worker killed in that instant, and goes.
    """
    for _ in range(int(_PATIENCE_SECONDS / _PAUSE_SECONDS)):
        try:
            return read()
        except struct.error:
            threading.Event().wait(_PAUSE_SECONDS)
    for file in Path(os.environ[VARIABLE]).glob("*.db"):
        if file.stat().st_size == 0:
            file.unlink(missing_ok=True)
    return read()


def _remove(folder: Path, owner: int) -> None:
    if os.getpid() == owner:  # forked workers inherit what is to be done at exit
        shutil.rmtree(folder, ignore_errors=True)
