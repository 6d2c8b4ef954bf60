"""The files that show the settings to people say what is true."""

import re
from pathlib import Path

import pytest

from monitoring.settings import ENVIRONMENT_NAMES, CheckSettings, Connectivity, Link, Page
from tests.settings.given import KINDS, faults, load, loaded, names

HOUSE = Path(__file__).parents[2]
DOCS = (HOUSE / "docs" / "configuration.md").read_text(encoding="utf-8")
EXAMPLE = (HOUSE / ".env.example").read_text(encoding="utf-8")


def section(heading: str, language: str) -> str:
    return re.search(rf"## {heading}\n.*?```{language}\n(.*?)```", DOCS, re.DOTALL)[1]


@pytest.mark.parametrize("name", ENVIRONMENT_NAMES)
def test_each_variable_has_a_row_in_the_docs_and_a_line_in_the_example(name):
    assert f"| `{name}` |" in DOCS
    assert re.search(rf"^(# )?{name}=", EXAMPLE, re.MULTILINE)


@pytest.mark.parametrize("kind", [CheckSettings, Connectivity, Link, Page])
def test_each_key_of_the_file_is_in_the_docs(kind):
    assert [key for key in kind.__struct_fields__ if f"`{key}`" not in DOCS] == []


def test_each_line_of_the_example_has_its_comment_and_says_the_default(tmp_path):
    lines = [line for line in EXAMPLE.splitlines() if re.match(r"[A-Z]", line)]
    commented = re.findall(r"^# .+\n(?=[A-Z])", EXAMPLE, re.MULTILINE)
    assert len(lines) == len(commented)
    assert loaded(tmp_path, **dict(line.split("=", 1) for line in lines)) == loaded(tmp_path)


def test_the_file_that_comes_with_it_is_right(tmp_path):
    assert names(load({}, KINDS, HOUSE)) == ["database", "disk-space"]


def test_the_file_is_right_with_its_comments_taken_away(tmp_path):
    text = (HOUSE / "status.toml").read_text(encoding="utf-8")
    settings = loaded(tmp_path, re.sub(r"(?m)^# (?=\[|[a-z_]+ = )", "", text))
    assert names(settings) == ["database", "disk-space", "shop"] and settings.connectivity is not None


def test_the_faults_in_the_docs_are_what_is_really_said(tmp_path):
    environ = dict(re.findall(r"`([A-Z_]+)=([^`]+)`", DOCS.split("## When something is wrong")[1]))
    told = faults(tmp_path, section("When something is wrong", "toml"), **environ)
    assert told == section("When something is wrong", "toml.*?```text").splitlines()
