"""The examples in the documents work."""

import ast
import json
import tomllib

import pytest

from monitoring.health.checks import KINDS
from monitoring.settings import load
from monitoring.settings.references import names_in
from tests.docs.documents import blocks, section

FAULTY = section("docs/configuration.md", "When something is wrong")
"""Its example is wrong on purpose."""


@pytest.mark.parametrize("block", [block for block in blocks("toml") if block.text not in FAULTY], ids=str)
def test_each_settings_file_loads(block, tmp_path):
    (tmp_path / "status.toml").write_text(block.text)
    environ = {name: _fitting(name) for name in names_in(tomllib.loads(block.text))}
    assert load(environ, KINDS, tmp_path).checks


def _fitting(name):
    """A value such as a variable of that name would have."""
    endings = {"_URL": "https://example.org/x", "_TOKEN": "sixteen-letters-0"}
    return next((value for ending, value in endings.items() if name.endswith(ending)), "8000")


@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_each_piece_of_python_is_python(block):
    assert ast.parse(block.text).body


@pytest.mark.parametrize("block", blocks("json"), ids=str)
def test_each_answer_is_json(block):
    assert isinstance(json.loads(block.text), dict)


def test_there_are_examples_to_test():
    assert min(len(blocks("toml")), len(blocks("python")), len(blocks("json"))) >= 3
