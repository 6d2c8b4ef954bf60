"""The documents, taken apart: sections, tables, code blocks, links."""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

HOUSE = Path(__file__).parents[2]
DOCUMENTS = sorted([*HOUSE.glob("*.md"), *(HOUSE / "docs").glob("*.md")])

_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#+) +(.+?) *$", re.MULTILINE)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_SPAN = re.compile(r"`([^`\n]+)`")


class Block(NamedTuple):
    """One fenced block, and the line of its document where it begins."""

    document: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        """Name it for a test's id."""
        return f"{self.document}:{self.line}"


@cache
def text(path: str) -> str:
    """Return a document of the project."""
    return (HOUSE / path).read_text(encoding="utf-8")


@cache
def everything() -> str:
    """Return all documents in one."""
    return "\n".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)


def name(document: Path) -> str:
    """Return a document's path within the project."""
    return str(document.relative_to(HOUSE))


def prose(document: str) -> str:
    """Return a document without its fenced blocks."""
    return _FENCE.sub("", text(document))


def blocks(language: str) -> list[Block]:
    """Return the fenced blocks of one language in all documents."""
    found = []
    for document in map(name, DOCUMENTS):
        for match in _FENCE.finditer(text(document)):
            line = text(document)[: match.start()].count("\n") + 1
            found.append(Block(document, line, match[1], match[2]))
    return [block for block in found if block.language == language]


def section(document: str, heading: str) -> str:
    """Return what stands below a heading, deeper headings included; AssertionError where it is not there."""
    headings = list(_HEADING.finditer(text(document)))
    for index, match in enumerate(headings):
        if match[2] == heading:
            ends = (other.start() for other in headings[index + 1 :] if len(other[1]) <= len(match[1]))
            return text(document)[match.end() : next(ends, None)]
    raise AssertionError(f"{document} has no heading {heading}")


def rows(markdown: str) -> list[list[str]]:
    """Return the cells of all tables, without their heads."""
    lines = [line for line in markdown.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [row for row in cells if set("".join(row)) - set("-")]


def spans(markdown: str) -> list[str]:
    """Return what stands between backticks."""
    return _SPAN.findall(markdown)


def links(document: str) -> list[str]:
    """Return the targets of a document's links and pictures; code is no link."""
    return _LINK.findall(_SPAN.sub(lambda match: match[0].replace("[", ""), prose(document)))


@cache
def anchors(document: str) -> set[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    words = [match[2].replace("`", "").lower() for match in _HEADING.finditer(prose(document))]
    return {re.sub(r"[^\w -]", "", heading).replace(" ", "-") for heading in words}
