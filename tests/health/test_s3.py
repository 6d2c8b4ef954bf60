"""S3, asked as a server that speaks it answers."""

import pytest

from monitoring.health.checks.s3 import S3Check
from monitoring.health.runner import Runner
from monitoring.status import Cause, Status
from tests.support.http import HangingServer, HttpServer
from tests.support.probes import ask, faults_of, make
from tests.support.s3 import S3
from tests.support.sockets import refusing_port

KEYS = {"access_key_id": "key", "secret_access_key": "canary", "region": "us-east-1"}


def test_it_counts_the_buckets(runner: Runner, s3_server: S3) -> None:
    s3_server.create_bucket("first")
    result = ask(runner, make(S3Check, url=s3_server.url, timeout="20s", **KEYS))
    assert (result.status, result.error) == (Status.HEALTHY, None)
    assert result.details["accessible"] is True
    assert result.details["count"] >= 1


def test_it_looks_at_the_bucket_that_is_named(runner: Runner, s3_server: S3) -> None:
    s3_server.create_bucket("named")
    result = ask(runner, make(S3Check, url=s3_server.url, bucket="named", timeout="20s", **KEYS))
    assert result.status is Status.HEALTHY
    assert result.details["bucket"] == "named"


def test_a_missing_bucket_is_degraded(runner: Runner, s3_server: S3) -> None:
    result = ask(runner, make(S3Check, url=s3_server.url, bucket="missing", timeout="20s", **KEYS))
    assert (result.status, result.cause) == (Status.DEGRADED, Cause.CONTENT)
    assert result.error == "there is no bucket missing"


def test_a_refused_key_is_an_authentication_failure(runner: Runner, http_server: HttpServer) -> None:
    body = "<Error><Code>SignatureDoesNotMatch</Code><Message>no</Message></Error>"
    http_server.route("/", body, 403)
    result = ask(runner, make(S3Check, url=http_server.url, timeout="20s", **KEYS))
    assert (result.status, result.cause) == (Status.DEGRADED, Cause.AUTH)
    assert result.error == "refused the key or its rights (SignatureDoesNotMatch)"


def test_an_error_of_the_server_is_said_and_not_tried_again(runner: Runner, http_server: HttpServer) -> None:
    http_server.route("/", "<Error><Code>SlowDown</Code></Error>", 503)
    result = ask(runner, make(S3Check, url=http_server.url, timeout="20s", **KEYS))
    assert (result.cause, result.error) == (Cause.STATUS, "answered 503 (SlowDown)")
    assert len(http_server.requests) == 1


def test_a_refused_connection_is_said_so(runner: Runner) -> None:
    result = ask(runner, make(S3Check, url=f"http://127.0.0.1:{refusing_port()}", timeout="20s", **KEYS))
    assert (result.status, result.cause, result.error) == (Status.DEGRADED, Cause.REFUSED, "refused the connection")


def test_a_name_that_does_not_resolve_is_said_so(runner: Runner) -> None:
    result = ask(runner, make(S3Check, url="http://nobody.invalid", timeout="20s", **KEYS))
    assert result.cause is Cause.DNS


def test_it_times_out_where_nobody_answers(runner: Runner, hanging_server: HangingServer) -> None:
    result = ask(runner, make(S3Check, url=f"http://127.0.0.1:{hanging_server.port}", timeout="500ms", **KEYS))
    assert (result.cause, result.error) == (Cause.TIMEOUT, "timed out after 0.5 s")


def test_without_a_key_it_says_so(runner: Runner, s3_server: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    result = ask(runner, make(S3Check, url=s3_server.url, timeout="20s"))
    assert (result.cause, result.error) == (Cause.AUTH, "no key was found")


def test_one_client_is_kept_between_probes(runner: Runner, s3_server: S3) -> None:
    check = make(S3Check, url=s3_server.url, timeout="20s", **KEYS)
    assert isinstance(check, S3Check)
    ask(runner, check)
    first = check._client()
    ask(runner, check)
    assert check._client() is first


def test_it_refuses_half_a_key_and_a_wrong_endpoint() -> None:
    assert set(faults_of(S3Check, url="s3://x", access_key_id="key")) == {"url", "secret_access_key"}
