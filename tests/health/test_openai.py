"""OpenAI's two probes, against a server that answers as it does."""

import json

import pytest

from monitoring.health.checks.openai import OpenAiCheck
from monitoring.health.runner import Runner
from monitoring.status import Cause, Status
from tests.support.http import HangingServer, HttpServer
from tests.support.probes import ask, faults_of, make

KEY = "sk-canary0123456789abcdef"
PAID = {"probe": "embedding", "price": 0.00001, "daily_budget": 0.01}


def test_it_asks_for_the_list_of_models_with_its_key(runner: Runner, http_server: HttpServer) -> None:
    http_server.route("/v1/models", json.dumps({"data": [{"id": "a"}, {"id": "b"}]}))
    result = ask(runner, make(OpenAiCheck, api_key=KEY, base_url=http_server.url + "/v1/"))
    assert (result.status, result.details) == (Status.HEALTHY, {"models": 2})
    assert http_server.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_it_makes_one_embedding_when_told_so(runner: Runner, http_server: HttpServer) -> None:
    http_server.route("/embeddings", json.dumps({"data": [{"embedding": [0.1]}]}))
    result = ask(runner, make(OpenAiCheck, api_key=KEY, base_url=http_server.url, **PAID))
    assert (result.status, result.error) == (Status.HEALTHY, None)
    request = http_server.requests[0]
    assert request.method == "POST"
    assert json.loads(request.body) == {"model": "text-embedding-3-small", "input": "health check"}


@pytest.mark.parametrize(
    ("status", "cause", "error"),
    [
        (401, Cause.AUTH, "refused the key"),
        (403, Cause.AUTH, "does not let the key do this"),
        (404, Cause.CONTENT, "knows no such model or address"),
        (429, Cause.STATUS, "the quota is used up, or too many requests were made"),
        (500, Cause.STATUS, "expected 200 got 500"),
        (302, Cause.STATUS, "expected 200 got 302"),
    ],
)
def test_a_refusal_is_degraded_and_said(
    runner: Runner, http_server: HttpServer, status: int, cause: Cause, error: str
) -> None:
    http_server.route("/models", json.dumps({"error": {"message": f"Incorrect API key: {KEY}"}}), status)
    result = ask(runner, make(OpenAiCheck, api_key=KEY, base_url=http_server.url))
    assert (result.status, result.cause, result.error) == (Status.DEGRADED, cause, error)


@pytest.mark.parametrize(("body", "error"), [("hello", "is not JSON"), ("[]", "has no data"), ('{"data": []}', "has")])
def test_an_answer_of_another_shape_is_degraded(runner: Runner, http_server: HttpServer, body: str, error: str) -> None:
    http_server.route("/models", body)
    result = ask(runner, make(OpenAiCheck, api_key=KEY, base_url=http_server.url))
    assert (result.status, result.cause) == (Status.DEGRADED, Cause.CONTENT)
    assert result.error is not None and error in result.error


def test_it_times_out_where_nobody_answers(runner: Runner, hanging_server: HangingServer) -> None:
    url = f"http://127.0.0.1:{hanging_server.port}"
    result = ask(runner, make(OpenAiCheck, api_key=KEY, base_url=url, timeout="300ms"))
    assert (result.status, result.cause, result.error) == (Status.DEGRADED, Cause.TIMEOUT, "timed out after 0.3 s")


def test_an_embedding_must_have_a_price_and_a_budget() -> None:
    assert set(faults_of(OpenAiCheck, api_key=KEY, probe="embedding")) == {"price", "daily_budget"}
    assert set(faults_of(OpenAiCheck, api_key="", base_url="api")) == {"api_key", "base_url"}
    assert not faults_of(OpenAiCheck, api_key=KEY, **PAID)
