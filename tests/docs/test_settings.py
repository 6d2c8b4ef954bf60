"""Every setting is in the documents, and the documents name no other."""

import re
import tomllib

import msgspec
import pytest
from msgspec.structs import FieldInfo, fields

from monitoring.health.checks import KINDS
from monitoring.settings import ENVIRONMENT_NAMES, CheckSettings, Connectivity, Link, Page
from monitoring.settings.channels import CHANNEL_KINDS, ChannelSettings
from monitoring.settings.kinds import decode_hook
from monitoring.settings.rules import RuleSettings
from monitoring.settings.structure import BudgetLimits
from tests.docs.documents import rows, section, spans, text

REFERENCE = "docs/configuration.md"
SHARED = {field.name for field in fields(CheckSettings)}
_ONE_LITERAL = re.compile(r"`([^`]+)`( \(built-in: .+\))?")


def keys(markdown: str) -> set[str]:
    """The names in the first column of the tables."""
    return {name for row in rows(markdown) for name in spans(row[0])}


def own_fields(kind: str) -> list[FieldInfo]:
    return [field for field in fields(KINDS[kind]) if field.name not in SHARED]


def stated_default(markdown: str, field: FieldInfo) -> object:
    """The default in the field's row, before its meaning; UNSET where it is said in words or not at all."""
    cell = next((row[-2] for row in rows(markdown) if field.encode_name in spans(row[0])), "")
    literal = _ONE_LITERAL.fullmatch(cell)
    if literal is None:
        return msgspec.NODEFAULT if cell.startswith("required") else msgspec.UNSET
    return msgspec.convert(tomllib.loads(f"x = {literal[1]}")["x"], field.type, dec_hook=decode_hook)


def default(field: FieldInfo) -> object:
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()


@pytest.mark.parametrize("name", ENVIRONMENT_NAMES)
def test_each_variable_is_in_the_reference_and_in_the_example(name):
    assert name in keys(section(REFERENCE, "Environment variables")) | keys(section(REFERENCE, "Heroku"))
    assert re.search(rf"^(# )?{name}=", text(".env.example"), re.MULTILINE)


def test_no_other_variable_is_in_the_reference_or_in_the_example():
    assert keys(section(REFERENCE, "Environment variables")) <= {*ENVIRONMENT_NAMES, "variable"}
    assert set(re.findall(r"^(?:# )?([A-Z0-9_]+)=", text(".env.example"), re.MULTILINE)) == set(ENVIRONMENT_NAMES)


def test_the_reference_has_every_key_that_all_checks_share_and_no_other():
    shared = section(REFERENCE, "`[[checks]]`").split("### ")[0]
    assert keys(shared) == SHARED | {"enabled"}


@pytest.mark.parametrize(
    ("heading", "kind"), [("`[page]`", Page), ("`[connectivity]`", Connectivity), ("`[budgets]`", BudgetLimits)]
)
def test_the_reference_has_every_key_of_a_table_and_no_other(heading, kind):
    assert keys(section(REFERENCE, heading)) == {field.name for field in fields(kind)}


def test_the_reference_has_every_key_of_a_link():
    [words] = [row[1] for row in rows(section(REFERENCE, "`[page]`")) if row[0] == "`links`"]
    assert {field.name for field in fields(Link)} <= set(spans(words))


@pytest.mark.parametrize("kind", KINDS)
def test_each_type_has_a_section_in_both_documents(kind):
    assert section("docs/checks.md", kind).strip()
    assert keys(section(REFERENCE, f"`{kind}`")) == {field.name for field in own_fields(kind)}


@pytest.mark.parametrize("kind", KINDS)
def test_each_key_of_a_type_is_used_or_explained_where_the_type_is(kind):
    words = section("docs/checks.md", kind)
    assert [field.name for field in own_fields(kind) if not re.search(rf"\b{field.name}\b", words)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_defaults_of_a_type_are_as_documented(kind):
    for words in (section(REFERENCE, f"`{kind}`"), section("docs/checks.md", kind)):
        for field in own_fields(kind):
            assert stated_default(words, field) in (default(field), msgspec.UNSET), field.name


def test_the_defaults_of_all_checks_are_as_documented():
    words = section(REFERENCE, "`[[checks]]`").split("### ")[0]
    for field in fields(CheckSettings):
        assert stated_default(words, field) in (default(field), msgspec.UNSET), field.name


def of_all_channels() -> str:
    return section(REFERENCE, "`[[channels]]`").split("#### ")[0]


def of_channel(kind: str) -> list[FieldInfo]:
    shared = {field.name for field in fields(ChannelSettings)}
    return [field for field in fields(CHANNEL_KINDS[kind]) if field.name not in shared]


def file_names(kind: type | list[FieldInfo]) -> set[str]:
    return {field.encode_name for field in (kind if isinstance(kind, list) else fields(kind))}


def test_the_reference_has_every_key_that_all_channels_share_and_no_other():
    assert keys(of_all_channels()) == file_names(ChannelSettings)


@pytest.mark.parametrize("kind", CHANNEL_KINDS)
def test_the_reference_has_every_key_of_a_type_of_channel_and_no_other(kind):
    assert keys(section(REFERENCE, f"`{kind}`")) == file_names(of_channel(kind))
    assert f'`"{kind}"`' in of_all_channels()


def test_the_reference_has_every_key_of_a_rule_and_no_other():
    assert keys(section(REFERENCE, "`[[rules]]`")) == file_names(RuleSettings)


@pytest.mark.parametrize("kind", CHANNEL_KINDS)
def test_the_defaults_of_a_type_of_channel_are_as_documented(kind):
    for field in of_channel(kind):
        assert stated_default(section(REFERENCE, f"`{kind}`"), field) in (default(field), msgspec.UNSET), field.name


@pytest.mark.parametrize(("words", "kind"), [("`[[channels]]`", ChannelSettings), ("`[[rules]]`", RuleSettings)])
def test_the_defaults_of_channels_and_rules_are_as_documented(words, kind):
    table = section(REFERENCE, words).split("#### ")[0]
    for field in fields(kind):
        assert stated_default(table, field) in (default(field), msgspec.UNSET), field.name
