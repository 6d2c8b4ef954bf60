import json
import logging
import re
from typing import Any

import pytest

from monitoring import correlation
from monitoring.logs import log
from tests.logs.captured import captured

PLAIN = re.compile(r"\d\d:\d\d:\d\d\.\d{3} \[(\w+)\]: (.*)")


def test_a_line_is_for_people(capsys: Any) -> None:
    with captured(capsys, "development") as lines, correlation.bind("abc"):
        log.warn("Queue is long", waiting=3)
        match = PLAIN.fullmatch(lines.text().rstrip("\n"))
    assert match and match.groups() == ("warn", 'Queue is long {"correlation_id":"abc","waiting":3}')


def test_a_line_without_extras_ends_with_its_message(capsys: Any) -> None:
    with captured(capsys, "development") as lines:
        log.info("Ready")
        assert lines.text().endswith("[info]: Ready\n")


def test_a_stack_stands_indented_below(capsys: Any) -> None:
    with captured(capsys, "development") as lines:
        log.error("Failed", exc_info=ValueError("a\n12:00:00.000 [info]: forged\u202812:00:00.000 [info]: forged"))
        first, *stack = lines.text().splitlines()
    assert first.endswith('[error]: Failed {"name":"ValueError"}')
    assert len(stack) == 3 and all(line.startswith("    | ") for line in stack)


@pytest.mark.parametrize(
    "character", ["\n", "\r", "\x1b", "\x00", "\x08", "\x7f", "\x9b", "\u2028", "\u202e", "\ud800"]
)
def test_no_character_forges_a_line_or_moves_the_cursor(capsys: Any, character: str) -> None:
    with captured(capsys, "development") as lines:
        log.info(f"a{character}b", {f"k{character}": character}, exc_info=ValueError(f"c{character}d"))
        text = lines.text()
    assert character == "\n" or character not in text
    assert [line[:6] for line in text.split("\n")[1:-1]] == ["    | "] * (text.count("\n") - 1)


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
)
def test_colours_are_for_terminals_or_asked_for(
    capsys: Any, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], coloured: bool
) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with captured(capsys, "development") as lines:
        log.info("x")
        assert ("\x1b[32minfo\x1b[0m" in lines.text()) is coloured


def test_secrets_are_masked_here_too(capsys: Any) -> None:
    with captured(capsys, "development") as lines:
        log.info("to redis://:c4nary@host", password="c4nary", exc_info=ValueError("token=c4nary"))
        logging.getLogger("x").info("Bearer %s", "c4nary-value")
        assert "c4nary" not in lines.text()


def test_files_are_json_though_the_console_is_not(capsys: Any, tmp_path: Any) -> None:
    with captured(capsys, "development", directory=tmp_path) as lines:
        log.info("x", a=1)
        assert "[info]: x" in lines.text()
    (path,) = tmp_path.iterdir()
    assert json.loads(path.read_text())["a"] == 1
