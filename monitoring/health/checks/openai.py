"""OpenAI, or what speaks as it does: the free list of models, or one embedding that costs money."""

import json
from collections.abc import Iterator
from typing import Any, Literal
from urllib.parse import urlsplit

from monitoring.health import web
from monitoring.health.check import Answer, CheckFailed, NetworkCheck
from monitoring.health.checks.http import web_address_faults
from monitoring.settings.checks import CheckSettings
from monitoring.settings.kinds import Secret, Url
from monitoring.status import Cause, Status

_PROBLEMS = {
    401: (Cause.AUTH, "refused the key"),
    403: (Cause.AUTH, "does not let the key do this"),
    404: (Cause.CONTENT, "knows no such model or address"),
    429: (Cause.STATUS, "the quota is used up, or too many requests were made"),
}


class OpenAiSettings(CheckSettings, frozen=True, kw_only=True):
    """`probe = "embedding"` makes one embedding with `model` a probe, and must have a price and a daily budget."""

    api_key: Secret
    base_url: Url = "https://api.openai.com/v1"
    probe: Literal["models", "embedding"] = "models"
    model: str = "text-embedding-3-small"

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield what contradicts."""
        yield from super().faults()
        yield from web_address_faults("base_url", self.base_url)
        if not self.api_key:
            yield "api_key", "a key"
        if self.probe == "embedding" and not self.paid:
            yield "price", "more than 0: an embedding costs money"
        if self.probe == "embedding" and self.daily_budget is None:
            yield "daily_budget", "dollars a day: an embedding costs money"


class OpenAiCheck(NetworkCheck[OpenAiSettings]):
    """Asks with the key; a failure is degraded, since what was embedded before still serves."""

    type = "openai"
    settings_type = OpenAiSettings
    failure_status = Status.DEGRADED

    def __init__(self, settings: OpenAiSettings) -> None:
        super().__init__(settings)
        base, key = settings.base_url.rstrip("/"), {"Authorization": f"Bearer {settings.api_key}"}
        if settings.probe == "models":
            self._ask = web.Ask(url=f"{base}/models", headers=key)
        else:
            body = json.dumps({"model": settings.model, "input": "health check"}).encode()
            headers = key | {"Content-Type": "application/json"}
            self._ask = web.Ask(url=f"{base}/embeddings", method="POST", headers=headers, body=body)

    @property
    def host(self) -> str:
        """Return the host that is asked."""
        return urlsplit(self.settings.base_url).hostname or ""

    async def ask(self) -> Answer:
        """Ask; CheckFailed where the answer is another than it should be."""
        reply = await web.answer_to(self._ask, lambda status: status == 200)
        if reply.status != 200:
            raise CheckFailed(*_PROBLEMS.get(reply.status, _unexpected(reply.status)))
        found = _entries(reply.body)
        if self.settings.probe == "models":
            return Answer(details={"models": len(found)}, phases=reply.phases)
        return Answer(details={"model": self.settings.model}, phases=reply.phases)


def _unexpected(status: int) -> tuple[Cause, str]:
    return Cause.STATUS, f"expected 200 got {status}"


def _entries(body: bytes) -> list[Any]:
    """Return the answer's `data`, which both probes have."""
    try:
        found = json.loads(body)
    except ValueError as error:
        raise CheckFailed(Cause.CONTENT, "the answer is not JSON") from error
    entries = found.get("data") if isinstance(found, dict) else None
    if not isinstance(entries, list) or not entries:
        raise CheckFailed(Cause.CONTENT, "the answer has no data")
    return entries
