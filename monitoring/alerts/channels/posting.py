"""One HTTP POST: no redirect followed, no more than 10 KB of the answer read, and never longer than it may take."""

import contextlib
import logging
import socket
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from monitoring.alerts.channel import Undelivered
from monitoring.alerts.channels.answers import said, secrets_of, wait_seconds
from monitoring.alerts.channels.limit import hang_up, within

if TYPE_CHECKING:
    import requests

MOST_BYTES = 10_240
JSON = "application/json"

_TALKERS = ("urllib3.connection", "urllib3.connectionpool")
"""They log each path at debug, and the whole address at warning where the head of an answer is malformed."""
_REFUSED = "the connection was refused"
_CUT = "the connection was cut before there was an answer"
_UNREACHABLE = "nothing can be reached at this address"
_NAMELESS = "the host's name does not resolve"


class Post:
    """One POST of `body` to `url`, within `timeout_seconds`; `secrets` are masked in what was answered."""

    def __init__(self, url: str, body: bytes, headers: Mapping[str, str], secrets: set[str]) -> None:
        self._url, self._body = url, body
        self._headers = {"Content-Type": JSON, "User-Agent": "Daymark", **headers}
        self._secrets = secrets | secrets_of(url)
        self._connections: list[Any] = []
        self._taken = self._over = False

    def send(self, timeout_seconds: float) -> str:
        """Return the answer as it may be shown: its status and the beginning of its body.

        Undelivered where there was none, or its status was not 2xx. A body that fails after such a status is not
        waited for: what the server has taken must not be sent to it again.
        """
        try:
            return within(timeout_seconds, lambda: self._exchange(timeout_seconds), self._cut)
        except Undelivered:
            if self._taken:
                return "taken; the answer was not whole in time"
            raise

    def _exchange(self, seconds: float) -> str:
        import requests
        import urllib3

        for name in _TALKERS:
            logging.getLogger(name).setLevel(logging.ERROR)
        try:
            with self._session() as session, self._request(session, seconds) as response:
                return self._judged(response)
        except requests.exceptions.ConnectTimeout:
            raise Undelivered(f"no connection within {seconds / 2:g} s") from None
        except requests.exceptions.Timeout:
            raise Undelivered(f"no answer within {seconds:g} s") from None
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError) as error:
            raise Undelivered(_words(error)) from None

    def _request(self, session: "requests.Session", seconds: float) -> "requests.Response":
        """Return the answer once its head is there. The session's own way would read all of a redirect's body."""
        from requests import Request

        request = session.prepare_request(Request("POST", self._url, headers=self._headers, data=self._body))
        options: Any = session.merge_environment_settings(self._url, {}, True, None, None)
        return session.get_adapter(self._url).send(request, timeout=(seconds / 2, seconds), **options)

    def _judged(self, response: "requests.Response") -> str:
        status = response.status_code
        # Half a head, cut by ourselves, reads like a whole one.
        self._taken = 200 <= status < 300 and not self._over
        text = said(self._text(response), self._secrets)
        shown = f"{status}: {text}" if text else str(status)
        if self._taken:
            return shown
        raise Undelivered(f"answered {shown}", wait_seconds(response.headers.get("Retry-After")))

    @staticmethod
    def _text(response: "requests.Response") -> str:
        """Return the beginning of the body; of one that cannot be read, nothing."""
        import urllib3

        with contextlib.suppress(urllib3.exceptions.HTTPError, OSError):
            content: bytes = response.raw.read(MOST_BYTES, decode_content=True)
            return content.decode("utf-8", "replace")
        return ""

    def _session(self) -> "requests.Session":
        """Return a session that notes its connections, so that they can be cut from another thread."""
        from requests import Session
        from requests.adapters import HTTPAdapter

        connections = self._connections

        class NotingAdapter(HTTPAdapter):
            def get_connection_with_tls_context(self, *given: Any, **options: Any) -> Any:
                pool: Any = super().get_connection_with_tls_context(*given, **options)
                make = pool.ConnectionCls

                def made(*arguments: Any, **settings: Any) -> Any:
                    connections.append(make(*arguments, **settings))
                    return connections[-1]

                pool.ConnectionCls = made
                return pool

        session = Session()
        session.mount("http://", NotingAdapter())
        session.mount("https://", NotingAdapter())
        return session

    def _cut(self) -> None:
        self._over = True
        for connection in self._connections:
            held: socket.socket | None = connection.sock
            hang_up(held)


def _words(error: BaseException) -> str:
    """Return what went wrong, from the kinds of error below it: their texts hold the address."""
    import urllib3

    kinds = list(_below(error))
    refusal = next((each for each in kinds if isinstance(each, ConnectionRefusedError)), None)
    untrusted = next((each for each in kinds if type(each).__name__ == "SSLCertVerificationError"), None)
    if untrusted is not None:
        return f"its certificate cannot be trusted: {getattr(untrusted, 'verify_message', '')}".rstrip(": ")
    if any(isinstance(each, urllib3.exceptions.SSLError) for each in kinds):
        return "the TLS handshake failed"
    if refusal is not None:
        return _REFUSED
    nameless = urllib3.exceptions.NameResolutionError | urllib3.exceptions.LocationParseError
    if any(isinstance(each, nameless) for each in kinds):
        return _NAMELESS
    return _CUT if any(isinstance(each, urllib3.exceptions.ProtocolError) for each in kinds) else _UNREACHABLE


def _below(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those it was made of."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        each = waiting.pop()
        if isinstance(each, BaseException) and id(each) not in seen:
            seen.add(id(each))
            yield each
            waiting += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]
