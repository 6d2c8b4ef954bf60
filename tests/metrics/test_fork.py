import json
import subprocess
import sys
from typing import Any

import pytest

from tests.support.service import ROOT


@pytest.fixture(scope="module")
def told() -> dict[str, dict[str, Any]]:
    command = [sys.executable, "-m", "tests.metrics.forking"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=True)
    return {line["who"]: line for line in map(json.loads, done.stdout.splitlines())}


def test_what_waited_when_it_forked_is_counted_once_by_the_parent(told: dict[str, dict[str, Any]]) -> None:
    assert told["parent"]["before"] == 500 and told["parent"]["waiting"] == 7
    assert told["child"]["before"] == told["child"]["waiting"] == 0


def test_each_counts_its_own_afterwards(told: dict[str, dict[str, Any]]) -> None:
    assert (told["parent"]["parent"], told["parent"]["child"]) == (40, 0)
    assert (told["child"]["parent"], told["child"]["child"]) == (0, 40)


def test_the_child_does_not_remember_the_parents_hour(told: dict[str, dict[str, Any]]) -> None:
    assert told["parent"]["remembered"] == 500 and told["child"]["remembered"] == 0


def test_both_flush_when_they_stop(told: dict[str, dict[str, Any]]) -> None:
    assert told["parent"]["late"] == told["child"]["late"] == [1.0]


def test_a_process_that_ends_flushes_by_itself() -> None:
    program = (
        "from monitoring.metrics import metrics\n"
        "from tests.metrics.sinks import Kept\n"
        "class Printing(Kept):\n"
        "    def take(self, cells): print(cells[0].series.name, cells[0].sum)\n"
        "metrics.use(Printing())\n"
        "metrics.increment('last', 3)\n"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=True)
    assert (done.stdout, done.stderr) == ("last 3.0\n", "")
