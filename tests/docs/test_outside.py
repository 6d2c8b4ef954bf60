"""What the outside sees is in the documents: routes, commands, answers."""

import json
import re

import pytest

from tests.docs.conftest import TOKEN
from tests.docs.documents import blocks, everything, section, spans, text


def placed(path: str) -> str:
    """A route with its parameters nameless, without a query."""
    return re.sub(r"<[^>]+>", "<>", path.partition("?")[0])


def sample(heading: str) -> dict:
    """The first JSON in a section of the document on health that has more than a status."""
    below = section("docs/health.md", heading)
    return next(json.loads(block.text) for block in blocks("json") if block.text in below and len(block.text) > 30)


def test_each_route_is_documented(application):
    documented = {placed(span) for span in spans(everything())}
    assert [rule.rule for rule in application.url_map.iter_rules() if placed(rule.rule) not in documented] == []


def test_each_path_in_the_readme_is_a_route(application):
    rules = {placed(rule.rule) for rule in application.url_map.iter_rules()}
    named = {placed(span) for span in spans(section("README.md", "What answers")) if re.fullmatch(r"/[^0-9]*", span)}
    assert named and named <= rules


def test_each_command_is_documented_and_no_other(application):
    documented = set(re.findall(r"flask monitor ([a-z-]+)", everything()))
    assert documented == set(application.cli.commands["monitor"].commands)


def test_each_make_target_is_documented_and_no_other():
    targets = set(re.search(r"^\.PHONY: (.+)$", text("Makefile"), re.MULTILINE)[1].split())
    assert {target for span in spans(everything()) for target in re.findall(r"\bmake ([a-z]+)", span)} == targets


@pytest.mark.parametrize(
    ("heading", "path", "headers"),
    [
        ("For tools and people", "/health?detailed=true", {}),
        ("For admins", "/health/database", {"Authorization": f"Bearer {TOKEN}"}),
        ("Errors", "/health/nope", {}),
    ],
)
def test_a_sample_has_the_fields_of_the_answer(application, heading, path, headers):
    answer = application.test_client().get(path, headers=headers).get_json()
    assert answer.keys() - {"fresh"} == sample(heading).keys()


def test_the_sample_of_a_check_has_the_fields_of_one(application):
    [check] = sample("For tools and people")["checks"]
    answer = application.test_client().get("/health/disk-space").get_json()
    assert answer.keys() - {"fresh"} == check.keys()
    memory = application.test_client().get("/health?detailed=true").get_json()["memory"]
    assert memory.keys() == sample("For tools and people")["memory"].keys()
