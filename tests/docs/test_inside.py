"""How it is built is in the documents: modules, floors, dependencies, changes."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.docs.documents import HOUSE, rows, section, spans, text

PROJECT = tomllib.loads(text("pyproject.toml"))
LAYERS = PROJECT["tool"]["importlinter"]["contracts"][0]["layers"]
FOLDERS = sorted({path.parent for path in (HOUSE / "monitoring").rglob("*.py")})


def modules(folder: Path) -> set[str]:
    return {path.stem for path in folder.glob("*.py")} - {"__init__"}


def first_column(markdown: str) -> set[str]:
    return {name for row in rows(markdown) for name in spans(row[0])}


def bare(requirement: str) -> str:
    """A requirement's name without extras and version."""
    return re.split(r"[\[=<>~! ;]", requirement)[0]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_each_module_is_in_the_architecture_and_no_other(folder):
    if modules(folder):
        words = section("docs/architecture.md", str(folder.relative_to(HOUSE)))
        assert first_column(words.split("#### ")[0]) == modules(folder)


def test_the_picture_of_the_floors_is_the_contract():
    picture = section("docs/architecture.md", "The house").split("```")[1]
    lines = [set(re.findall(r"\b[a-z]+\b", line)) for line in picture.split("---\n")[-1].splitlines()]
    floors = [{room for room in re.findall(r"\w+", layer) if is_there(room)} for layer in LAYERS]
    drawn = [{word for word in line if is_there(word)} for line in lines]
    assert drawn == [floor for floor in floors if floor]


def is_there(room: str) -> bool:
    home = HOUSE / "monitoring" / room
    return home.with_suffix(".py").exists() or any(home.glob("*.py"))


def test_each_dependency_has_its_reason_and_no_other():
    wanted = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]
    assert first_column(section("docs/decisions.md", "Dependencies")) == {bare(each) for each in wanted}


def test_each_decision_has_its_day():
    headings = re.findall(r"^## (.+)$", text("docs/decisions.md"), re.MULTILINE)
    assert [each for each in headings if not re.match(r"20\d\d-\d\d-\d\d: \S", each)] == ["Dependencies"]


def test_the_changes_begin_with_what_is_not_released():
    headings = re.findall(r"^## (.+)$", text("CHANGELOG.md"), re.MULTILINE)
    assert headings[0] == "Unreleased"
