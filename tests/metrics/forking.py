"""Forks while it records, and prints what parent and child have: run as a process of its own."""

import json
import os
import sys

from monitoring.metrics import Recorder
from tests.metrics.sinks import Kept


def main() -> None:
    recorder, kept = Recorder(flush_seconds=0.05), Kept()
    recorder.use(kept)
    for _ in range(500):
        recorder.increment("before")
    with recorder._flushing:  # what the parent recorded still waits when it forks
        for _ in range(7):
            recorder.increment("waiting")
        child = os.fork()
    name = "parent" if child else "child"
    if not child:
        kept.cells.clear()
    for _ in range(40):
        recorder.increment(name)
    stats = recorder.get_stats("before")
    recorder.flush()
    counts = {seen: sum(kept.values(seen)) for seen in ("before", "waiting", "parent", "child")}
    recorder.increment("late")
    recorder.stop()
    sys.stdout.write(json.dumps({"who": name, **counts, "remembered": stats.count, "late": kept.values("late")}) + "\n")
    sys.stdout.flush()
    if child:
        os.waitpid(child, 0)


main()
