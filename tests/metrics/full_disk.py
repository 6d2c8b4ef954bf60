"""A process whose Prometheus figures find the disk full; it writes down what was lost. Run with the folder."""

import os
import sys
from pathlib import Path

from monitoring.metrics import Recorder
from monitoring.metrics.multiprocess import VARIABLE
from monitoring.metrics.sinks.prometheus import PrometheusSink

folder = Path(sys.argv[1])
os.environ[VARIABLE] = str(folder)
recorder = Recorder(flush_seconds=3600)
recorder.use(PrometheusSink(recorder.dropped))


def count(name: str, times: int) -> None:
    """Count under so many label sets, which is what files grow by."""
    for number in range(times):
        recorder.increment(name, 1, {"text": f"{number:090}"})
    recorder.flush()


def lost() -> float:
    """Return how many entries the sink has lost so far."""
    recorder.flush()
    return sum(total.sum for total in recorder.get_metrics("daymark.metrics.lost").values())


(folder / "filler").write_bytes(b"x" * 190_000)
count("none.made", 5)
found = [lost() >= 5, [file.name for file in folder.glob("*.db")]]
(folder / "filler").write_bytes(b"x" * 100_000)
for each in range(5):
    count(f"grown{each}", 150)
found += [lost() > 150, [file.stat().st_size for file in folder.glob("*.db")]]
(folder / "filler").unlink()
before = lost()
count("later", 150)
found += [lost() - before, [file.stat().st_size for file in folder.glob("*.db")]]
sys.stdout.write(str(found))
