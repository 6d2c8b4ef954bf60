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
from typing import TypeVar

T = TypeVar("T")

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_PATIENCE_SECONDS = 0.5
_PAUSE_SECONDS = 0.01


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
