"""Signed links: only ours are read, for what they were made for, and for so long."""

from datetime import timedelta

import pytest
import time_machine

from monitoring.signing import Signer

KEY = "a key of the tests"
DAY = 86400.0


def signer(key: str = KEY) -> Signer:
    return Signer(lambda: key)


@pytest.mark.parametrize(
    "content", ["text", 17, {"dedup_key": "daymark/redis", "began_at": 1795435390.123}, ["a", None]]
)
def test_what_was_signed_is_read(content: object) -> None:
    assert signer().read("link", signer().sign("link", content), DAY) == content


def test_a_token_can_stand_in_an_address() -> None:
    token = signer().sign("link", {"text": "ä/?&# " * 50})
    assert token.replace("-", "").replace("_", "").replace(".", "").isalnum() and token.isascii()


def test_a_token_is_void_for_another_purpose() -> None:
    assert signer().read("form", signer().sign("link", 1), DAY) is None


def test_a_token_is_void_under_another_key() -> None:
    assert signer("another").read("link", signer().sign("link", 1), DAY) is None


def test_any_letter_that_is_changed_voids_a_token() -> None:
    token = signer().sign("link", {"began_at": 1.5})
    for place in range(len(token) - 1):
        other = "A" if token[place] != "A" else "B"
        assert signer().read("link", token[:place] + other + token[place + 1 :], DAY) is None


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "x" * 5000, "ä", "\udc80", "\0", "MQ.a.b"])
def test_what_is_no_token_is_none(token: str) -> None:
    assert signer().read("link", token, DAY) is None


def test_a_token_ends_with_its_time() -> None:
    with time_machine.travel("2026-11-23T12:00:00Z", tick=False) as traveller:
        token = signer().sign("link", 1)
        traveller.shift(timedelta(days=1))
        assert signer().read("link", token, DAY) == 1
        traveller.shift(timedelta(seconds=1))
        assert signer().read("link", token, DAY) is None


def test_the_key_is_asked_for_at_the_first_use_and_once() -> None:
    asked: list[str] = []
    made = Signer(lambda: asked.append("once") or KEY)  # type: ignore[func-returns-value]
    assert not asked
    made.read("link", made.sign("link", 1), DAY)
    assert asked == ["once"]


def test_a_key_that_cannot_be_read_is_asked_for_again() -> None:
    answers = iter([OSError("away"), KEY])

    def key() -> str:
        answer = next(answers)
        if isinstance(answer, str):
            return answer
        raise answer

    made = Signer(key)
    with pytest.raises(OSError, match="away"):
        made.sign("link", 1)
    assert made.read("link", made.sign("link", 1), DAY) == 1


def test_the_signature_is_sha_256s() -> None:
    assert len(signer().sign("link", 1).rpartition(".")[2]) == 43
