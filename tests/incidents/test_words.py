"""The machine's words stand as they are meant, in HTML too."""

import re

import pytest

from monitoring.incidents import words
from monitoring.status import Cause
from monitoring.web.markdown import rendered
from tests.incidents.desk import fell
from tests.support.results import DEGRADED, UNHEALTHY


@pytest.mark.parametrize(
    "title",
    ["a_b_c *x*", "# one", "1. one", "23) x", "- one", "+ one", "`code`", "<b>", "&amp; &lt;", "[a](http://x)", "~~~",
     "![a](b)", "\\*", "    four", "two\nlines", "a > b"],
)  # fmt: skip
def test_a_title_means_nothing_in_markdown(title: str) -> None:
    text = rendered(words.back([title], 60))
    escaped = " ".join(title.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert text == f"<p>{escaped} is back. It lasted 1 min.</p>\n"


def test_each_cause_has_its_words_and_none_names_an_error() -> None:
    told = {words.opened(fell("mail", 0, cause=cause, error="canary"), "Mail", []) for cause in Cause}
    assert len(told) == len(Cause)
    assert not [each for each in told if "canary" in each]
    assert words.opened(fell("mail", 0, cause=None), "Mail", []).endswith("the cause is not known yet.")


@pytest.mark.parametrize(
    ("titles", "statuses", "title"),
    [
        (["A"], [DEGRADED], "A is slow or impaired"),
        (["A", "B"], [UNHEALTHY] * 2, "A and B are down"),
        (["A", "B", "C"], [DEGRADED] * 3, "A and 2 others are slow or impaired"),
        (["A", "B"], [UNHEALTHY, DEGRADED], "A and B are down or impaired"),
    ],
)
def test_a_title_is_a_plain_sentence(titles, statuses, title) -> None:
    assert words.title(titles, statuses) == title
    assert words.title(titles, statuses, over=True) == re.sub(r"\bare\b", "were", re.sub(r"\bis\b", "was", title))


def test_a_title_is_never_too_long() -> None:
    assert len(words.title(["x" * 500], [UNHEALTHY])) == words.LONGEST_TITLE


def test_of_many_the_first_three_are_named() -> None:
    assert words.back(list("ABCD"), 60) == "A, B, C and 1 other are back. It lasted 1 min."
    assert words.back(list("ABCDE"), 60) == "A, B, C and 2 others are back. It lasted 1 min."
    assert words.again(fell("mail", 0), "Mail", ["A"]).endswith(
        "again, since 12:00 UTC: it refuses connections. A is affected too."
    )
