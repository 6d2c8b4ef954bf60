"""Every link leads somewhere, and nothing names the machine it was written on."""

import re
import subprocess

import pytest

from tests.docs.documents import DOCUMENTS, HOUSE, anchors, links, name

_ELSEWHERE = re.compile(r"[a-z]+:")
_MACHINE = re.compile(
    r"(?<![\w.$}/-])/(?:root|Users|home/[a-z]+)/"
    r"|(?<![\w.])(?:" + "|".join(("pypi", "pythonhosted", "npmjs", "crates")) + r")\.(?:org|io|com)\b"
    r"|(?:extra-)?index" + "-url" + r"|find" + "-links"
)


@pytest.mark.parametrize("document", [name(document) for document in DOCUMENTS])
def test_each_link_resolves(document):
    assert [
        target for target in links(document) if not _ELSEWHERE.match(target) and not resolves(document, target)
    ] == []


def resolves(document: str, target: str) -> bool:
    path, _, anchor = target.partition("#")
    found = ((HOUSE / document).parent / path).resolve() if path else HOUSE / document
    return found.exists() and (not anchor or (found.suffix == ".md" and anchor in anchors(name(found))))


def test_each_document_is_linked_from_the_readme():
    linked = {str((HOUSE / target.split("#")[0]).relative_to(HOUSE)) for target in links("README.md")}
    assert {name(document) for document in DOCUMENTS} - linked == {"README.md"}


def test_no_file_names_a_machine_or_a_registry():
    if not (HOUSE / ".git").exists():
        pytest.skip("only a git checkout knows which files are the project's")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=HOUSE, capture_output=True, check=True, text=True).stdout.split("\0")
    assert [found for each in names if each for found in telltales(each)] == []


def telltales(path: str) -> list[str]:
    """The lines that give something away; a picture has none."""
    if not (HOUSE / path).is_file():
        return []
    content = (HOUSE / path).read_text(encoding="utf-8", errors="ignore")
    return [f"{path}: {line.strip()[:120]}" for line in content.splitlines() if _MACHINE.search(line)]


@pytest.mark.parametrize(
    "line", ["/" + "home/someone/x", "/" + "root/.cache/x", "https://" + "pypi" + ".org/simple", "--index" + "-url x"]
)
def test_a_line_that_gives_something_away_is_seen(line):
    assert _MACHINE.search(line)


@pytest.mark.parametrize(
    "line", ['get("/work/pdf")', "/data/work/x", "${ROOT}/work/", "https://network/", "/opt/daymark", "work/it"]
)
def test_an_innocent_line_is_not(line):
    assert not _MACHINE.search(line)
