"""Writes numbered lines to a dated file: `python -m tests.logs.writer_process folder name count part_bytes`."""

import json
import sys
from pathlib import Path

from monitoring.logs.files import DatedFile


def main(folder: str, name: str, count: str, part_bytes: str) -> None:
    """Write `count` lines, then say how many were lost."""
    file = DatedFile(Path(folder), "application", part_bytes=int(part_bytes))
    sys.stdout.write("started\n")
    sys.stdout.flush()
    for number in range(int(count)):
        file.write(json.dumps({"process": name, "number": number, "text": "x" * 100}).encode() + b"\n")
    sys.stdout.write(f"{file.lost}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
