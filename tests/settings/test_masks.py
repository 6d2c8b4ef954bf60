import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.settings.masks import MASK, hidden_in, is_secret_key, masked_address, masked_text, shown, shown_key

CANARY = "hunter2"


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("https://api.example.com/health", "https://api.example.com/health"),
        ("postgres://app:hunter2@db:5432/app", f"postgres://app:{MASK}@db:5432/app"),
        ("redis://:hunter2@cache/0", f"redis://:{MASK}@cache/0"),
        ("https://hunter2@sentry.example.com/3", f"https://{MASK}@sentry.example.com/3"),
        ("https://hunter2:@api.example.com/", f"https://{MASK}@api.example.com/"),
        ("https://h/p?token=hunter2&page=1", f"https://h/p?token={MASK}&page={MASK}"),
        ("https://h/?hunter2", f"https://h/?{MASK}"),
        ("api.example.com/v1?key=hunter2", f"api.example.com/v1?key={MASK}"),
    ],
)
def test_it_masks_what_an_address_keeps_secret(address, masked):
    assert masked_address(address) == masked


@pytest.mark.parametrize(
    "address",
    [
        "redis://app:hun/ter2@cache",
        "redis://app:hun?ter2@cache",
        "redis://app:hun@ter2@cache",
        "redis://app:hun ter2@cache",
        "postgres://app:ter2[@db",
        "app:hunter2@db/app",
        "postgres://app:hunter2",
        "redis://app:hunter2/0",
        "redis://:hunter2",
    ],
)
def test_it_masks_a_password_also_in_a_malformed_address(address):
    assert "ter2" not in masked_address(address)


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer hunter2hunter2",
        "password=hunter2",
        '{"api_key": "hunter2"}',
        "token: hunter2",
        "ask https://app:hunter2@db now",
        "Basic aHVudGVyMjpodW50ZXIy",
    ],
)
def test_it_masks_credentials_inside_text(text):
    assert CANARY not in masked_text(text) and "aHVudGVy" not in masked_text(text)
    assert MASK in masked_text(text)


@pytest.mark.parametrize(
    "text", ["sk-proj-0123456789abcdef", "ghp_0123456789abcdefghij", "AKIAIOSFODNN7EXAMPLE", "a1" * 32, "aB3" * 9]
)
def test_it_masks_what_looks_like_a_key(text):
    assert masked_text(text) == MASK


@pytest.mark.parametrize("text", ["text-embedding-3-small", "us-east-1", "Checkout service", "data.items[?ok]", "/var"])
def test_it_leaves_plain_words_alone(text):
    assert masked_text(text) == text


def test_it_says_only_how_long_a_very_long_text_is():
    assert masked_text("x" * 5000) == "(5000 characters)"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("a\nb", '"a\\nb"'),
        (True, "true"),
        (5, "5"),
        (2**80, "a number of more than 64 bits"),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        (["a", 1], '["a", 1]'),
        ({"Accept": "x", "X-Api-Key": "hunter2"}, f'{{ Accept = "x", X-Api-Key = "{MASK}" }}'),
        ("\udc80", '"\\\\udc80"'),
    ],
)
def test_it_shows_a_value_as_it_is_written(raw, text):
    assert shown(raw) == text


def test_it_shortens_and_quotes():
    assert len(shown("word " * 100)) == 101
    assert shown_key("interval") == "interval" and shown_key("a b\n") == '"a b\\n"'


@given(st.text())
def test_whatever_it_shows_is_one_printable_line(text):
    line = shown(text)
    assert line.splitlines() == [line] or not line.isprintable()
    assert "\n" not in line and "\r" not in line and "\x1b" not in line
    line.encode()


@pytest.mark.parametrize("key", ["password", "X-Api-Key", "Authorization", "DB_PASSWORD", "clientSecret", "Cookie"])
def test_it_knows_keys_that_hold_secrets(key):
    assert is_secret_key(key) and not is_secret_key("author") and not is_secret_key("monkey")


def test_it_hides_the_longest_value_first():
    assert hidden_in("abcdef abc", {"abc", "abcdef"}) == f"{MASK} {MASK}"
