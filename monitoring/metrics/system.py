"""What this process uses, and what it may use; psutil's home."""

import resource
import time
from contextlib import suppress

import psutil

from monitoring.metrics.cgroup import limits


def memory() -> dict[str, int]:
    """Return this process's memory in bytes.

    `heap_total` is private memory (data and stack) as mapped, `heap_used` the resident part that is not shared,
    `external` the resident part that is shared, such as libraries' files.
    """
    figures = psutil.Process().memory_info()
    shared = getattr(figures, "shared", 0)
    return {
        "rss": figures.rss,
        "heap_total": getattr(figures, "data", figures.vms),
        "heap_used": figures.rss - shared,
        "external": shared,
    }


def cpu() -> dict[str, float]:
    """Return the CPU time of this process so far in milliseconds: `user` and `system`."""
    used = time.process_time()  # asked first: it is exact, what follows is in ticks of the clock
    figures = psutil.Process().cpu_times()
    whole = figures.user + figures.system
    share = used / whole if whole else 1.0
    return {"user": figures.user * share * 1000, "system": figures.system * share * 1000}


def handles() -> dict[str, float]:
    """Return `open_files` (file descriptors), `open_files_limit` and `threads` of this process, as far as known."""
    figures: dict[str, float] = {"threads": psutil.Process().num_threads()}
    with suppress(psutil.Error, OSError):
        figures["open_files"] = psutil.Process().num_fds()
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY:
        figures["open_files_limit"] = soft
    return figures


def capacity() -> dict[str, float]:
    """Return the `memory` (bytes) and `cpu` (cores) that the container has, the host where nothing limits it."""
    allowed = limits()
    return {
        "memory": min(allowed.memory_bytes, psutil.virtual_memory().total),
        "cpu": min(allowed.cpu_cores, psutil.cpu_count() or 1),
    }


def age_seconds() -> float:
    """Return how long ago this process began."""
    return max(0.0, time.time() - psutil.Process().create_time())
