"""Failures in plain words."""

import errno
import socket
import ssl

import pytest

from monitoring.health.check import CheckFailed
from monitoring.health.failures import explain, is_unexpected
from monitoring.status import Cause


class LibraryError(Exception):
    """Some library's own."""


def certificate_error(code: int, message: str = "") -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "failed")
    error.verify_code, error.verify_message = code, message
    return error


@pytest.mark.parametrize(
    ("error", "cause", "words"),
    [
        (CheckFailed(Cause.CONTENT, "no such thing"), Cause.CONTENT, "no such thing"),
        (ConnectionRefusedError(), Cause.REFUSED, "refused the connection"),
        (ConnectionResetError(), Cause.REFUSED, "cut the connection"),
        (BrokenPipeError(), Cause.REFUSED, "cut the connection"),
        (EOFError(), Cause.REFUSED, "cut the connection"),
        (TimeoutError(), Cause.TIMEOUT, "timed out after 5 s"),
        (TimeoutError(errno.ETIMEDOUT, "x"), Cause.TIMEOUT, "the connection timed out"),
        (OSError(errno.ENETUNREACH, "x"), Cause.REFUSED, "the network is unreachable"),
        (OSError(errno.EHOSTUNREACH, "x"), Cause.REFUSED, "the host is unreachable"),
        (socket.gaierror(socket.EAI_NONAME, "x"), Cause.DNS, "the host name does not resolve"),
        (socket.gaierror(socket.EAI_AGAIN, "x"), Cause.DNS, "the name servers do not answer"),
        (certificate_error(10), Cause.TLS, "certificate expired"),
        (certificate_error(18), Cause.TLS, "certificate is self-signed"),
        (certificate_error(99, "too strange"), Cause.TLS, "certificate is not valid: too strange"),
        (ssl.SSLEOFError(8, "x"), Cause.TLS, "cut the connection during the TLS handshake"),
        (PermissionError(errno.EACCES, "Permission denied", "/x"), Cause.UNKNOWN, "permission denied: /x"),
    ],
)
def test_what_is_expected_has_words(error: BaseException, cause: Cause, words: str) -> None:
    assert explain(error, 5) == (cause, words)
    assert not is_unexpected(error)


def test_the_systems_own_error_is_found_in_a_librarys() -> None:
    try:
        try:
            raise ConnectionRefusedError
        except ConnectionRefusedError:
            raise LibraryError("postgres://u:canary@host")  # noqa: B904 - libraries do so
    except LibraryError as error:
        assert explain(error, 5) == (Cause.REFUSED, "refused the connection")


def test_an_unexpected_error_names_its_class_and_nothing_else() -> None:
    error = LibraryError("secret canary")
    assert explain(error, 5) == (Cause.UNKNOWN, "unknown error (LibraryError)")
    assert is_unexpected(error)


def test_an_error_that_is_its_own_cause_has_an_end() -> None:
    error = LibraryError()
    error.__cause__ = error
    assert explain(error, 5)[0] is Cause.UNKNOWN


def test_secrets_are_masked_and_the_length_is_bounded() -> None:
    _, words = explain(CheckFailed(Cause.CONTENT, "redis://:canary@host/0 " + "x" * 1000), 5)
    assert "canary" not in words
    assert len(words) <= 500


@pytest.mark.parametrize(("seconds", "words"), [(0.25, "0.25 s"), (5, "5 s"), (2.5, "2.5 s"), (30, "30 s")])
def test_a_timeout_names_its_seconds(seconds: float, words: str) -> None:
    assert explain(TimeoutError(), seconds)[1] == f"timed out after {words}"
