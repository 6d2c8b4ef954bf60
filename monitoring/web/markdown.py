"""What people write in Markdown, as HTML that can harm no reader."""

import re
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markupsafe import Markup

MOST_LETTERS = 20_000
_ADDRESS = re.compile(r"(https?://[^/]|mailto:[^/])", re.IGNORECASE)
_LAST_OF_THE_PAGE = 3
"""The level of the page's own heading above the text."""


@lru_cache(maxsize=64)
def rendered(text: str) -> Markup:
    """Return CommonMark as HTML: no raw HTML, no picture, no link but to http, https and mailto.

    Headings begin at h4. What goes beyond 20,000 letters is left out; what is nested too deep is left as it was typed.
    """
    return Markup(_markdown().render(text[:MOST_LETTERS]))  # noqa: S704 - the renderer escapes, and knows no raw HTML


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    markdown = _Markdown("commonmark", {"html": False}).disable("image")
    markdown.core.ruler.push("tamed", _tame)
    return markdown


class _Markdown(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's name
        """Return whether a link may lead there; where not, it stays as it was typed."""
        return _ADDRESS.match(url) is not None


def _tame(state: StateCore) -> None:
    """Lower the headings, each at most one below the one before, and say of links that nobody vouches for them."""
    level = _LAST_OF_THE_PAGE
    for token in state.tokens:
        if token.type == "heading_open":
            level = min(int(token.tag[1:]) + _LAST_OF_THE_PAGE, level + 1, 6)
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{level}"
        for child in token.children or ():
            _distrust(child)


def _distrust(token: Token) -> None:
    if token.type == "link_open":
        token.attrSet("rel", "nofollow noopener")
