import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.logs.redaction import NODES, TEXT_LENGTH, redact
from monitoring.logs.secrets import names_secret

CANARY = "c4nary-S3cret-value"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.4CanarySignature"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIcanary\nabc\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    "key",
    [
        "password",
        "PGPASSWORD",
        "db_passwd",
        "userPassword",
        "secret",
        "clientSecret",
        "token",
        "access-token",
        "API_KEY",
        "apikey",
        "X-Api-Key",
        "Authorization",
        "HTTP_COOKIE",
        "Set-Cookie",
        "session",
        "session_id",
        "private_key",
        "dsn",
        "SENTRY_DSN",
        "credentials",
        "aws_secret_access_key",
        "ADMIN_TOKEN_HASHES",
        "refreshToken",
        "auth",
        "JWT",
    ],
)
def test_it_masks_what_a_key_names_a_secret(key: str) -> None:
    assert redact({"outer": [{key: CANARY}]}) == {"outer": [{key: "***"}]}


@pytest.mark.parametrize(
    "key",
    [
        "token_count",
        "max_tokens",
        "author",
        "authority",
        "keyboard",
        "monkey",
        "key",
        "secretary",
        "compass",
        "bypass",
        "passed",
        "session_count",
        "cookie_name",
        "tokenizer",
        "password_changed_at",
        "basic",
        "correlation_id",
        "pid",
    ],
)
def test_it_keeps_what_only_sounds_like_a_secret(key: str) -> None:
    assert redact({key: "plain"}) == {key: "plain"}


def test_a_number_of_tokens_is_a_count_but_a_number_as_password_is_not() -> None:
    assert redact({"tokens": 5, "password": 12345, "session": None, "secret": True}) == {
        "tokens": 5,
        "password": "***",
        "session": None,
        "secret": True,
    }


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgres://ann:hunter2@db:5432/x", "postgres://ann:***@db:5432/x"),
        ("redis://:p@ss/w#rd@cache:6379/0", "redis://:***@cache:6379/0"),
        ("https://0123456789abcdef@o1.example/7", "https://***@o1.example/7"),
        ("http://host:8080/a?mail=me@there.example", "http://host:8080/a?mail=me@there.example"),
        ("sent Bearer abc.def-123 along", "sent Bearer *** along"),
        ("Basic dXNlcjpwYXNz", "Basic ***"),
        ("a basic operation", "a basic operation"),
        (f"got {JWT}!", "got ***!"),
        ("key AKIAIOSFODNN7EXAMPLE used", "key *** used"),
        ("Incorrect API key provided: sk-proj-abcdefghijkl1234", "Incorrect API key provided: ***"),
        ("disk-space-of-everything-here", "disk-space-of-everything-here"),
        ("xoxb-12345678-abcdef", "***"),
        ("https://hooks.slack.com/services/T0/B0/abc", "https://hooks.slack.com/***"),
        ("/x?token=abc&y=2;password=b", "/x?token=***&y=2;password=***"),
        ("token_count=5, tries=2", "token_count=5, tries=2"),
        ('{"password": "a\\"b", "n": 1}', '{"password": "***", "n": 1}'),
        (r"{\"api_key\": \"a b\", \"n\": 1}", r"{\"api_key\": \"***\", \"n\": 1}"),
        ("{'secret': b'x y', 'n': 1}", "{'secret': '***', 'n': 1}"),
        ("Cookie: a=b; c=d\nHost: x", "Cookie: ***\nHost: x"),
        ("Authorization: Digest user=a, response=b", "Authorization: ***"),
        (f"key:\n{PEM}\nend", "key:\n***\nend"),
        (PEM[:50], "***"),
    ],
)
def test_it_masks_what_looks_like_a_secret_in_text(text: str, shown: str) -> None:
    assert redact(text) == shown


@pytest.mark.parametrize(
    "text", [f"password={CANARY}", f"redis://u:{CANARY}@h", f"Bearer {CANARY}", f'"token": "{CANARY}"']
)
def test_masking_twice_is_masking_once(text: str) -> None:
    assert redact(redact(text)) == redact(text) != text


class Speaking:
    def __str__(self) -> str:
        return f"Client(password={CANARY!r})"


class Broken:
    def __str__(self) -> str:
        raise RuntimeError(CANARY)


@pytest.mark.parametrize(
    "value",
    [
        f"password={CANARY}".encode(),
        ValueError(f"redis://u:{CANARY}@host refused"),
        Speaking(),
        Broken(),
        {f"postgres://u:{CANARY}@h": 1},
        [("Authorization", f"Bearer {CANARY}")],
        [(b"cookie", f"a={CANARY}".encode())],
        {"deep": ({"er": [{"token": {"value": CANARY}}]},)},
        {frozenset([f"token={CANARY}"])},
    ],
)
def test_it_finds_secrets_in_values_of_every_kind(value: Any) -> None:
    assert CANARY not in json.dumps(redact(value))


def test_a_cycle_ends() -> None:
    cycle: dict[str, Any] = {"password": CANARY}
    cycle["self"] = [cycle]
    assert CANARY not in json.dumps(redact(cycle))


def test_size_is_bounded() -> None:
    assert len(redact(list(range(100_000)))) <= NODES + 1
    assert len(redact({str(number): number for number in range(100_000)})) <= NODES + 1
    assert len(redact("a" * 10_000_000)) <= TEXT_LENGTH + 1


@pytest.mark.parametrize("before", range(TEXT_LENGTH - 30, TEXT_LENGTH + 1, 3))
def test_a_secret_across_the_cut_is_not_shown_in_half(before: int) -> None:
    text = redact("x" * before + f" redis://u:{CANARY}@host " + "y" * 100)
    assert CANARY[:4] not in text


@pytest.mark.parametrize(
    "pattern",
    [
        "://",
        "://a:",
        "eyJ",
        "-eyJ",
        "password=",
        "a",
        "a.",
        "bearer ",
        "basic ",
        PEM[:32],
        '"',
        'password="',
        "\\",
        "cookie:",
        "= ",
        "AKIA",
        "sk-",
        "xoxb-",
        "a:",
        "://aaaaaaaaaaaaaaaaaaaaa",
        "token\t",
        " ",
        "Basic aaaaaaaa",
        "=" * 7,
        "\n",
        "%3d",
    ],
)
def test_hostile_text_does_not_stop_it(pattern: str) -> None:
    text = (pattern * 100_000)[:100_000]
    redact({"text": [text, f"password @ {text[:60_000]}", text[:60_000] + f" password={CANARY}"]})


@given(
    st.recursive(
        st.text() | st.binary() | st.floats() | st.integers() | st.none(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.binary(), inner),
    )
)
def test_it_never_raises_and_yields_plain_types(value: Any) -> None:
    json.dumps(redact(value))


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_password_between_any_texts_is_masked(before: str, after: str) -> None:
    assert CANARY not in redact(f"{before} password={CANARY} {after}")


def test_a_huge_key_is_judged_by_its_end() -> None:
    assert names_secret("x" * 100_000 + "_password", "a")
