import socket
from collections.abc import Iterator

import pytest

from monitoring.metrics import Recorder
from monitoring.metrics.cell import Kind
from monitoring.metrics.sinks.statsd import MOST_BYTES, StatsdSink
from tests.metrics.sinks import cell
from tests.support.sockets import refusing_port
from tests.support.waiting import until


class Server:
    """A real UDP server."""

    def __init__(self, family: int = socket.AF_INET, host: str = "127.0.0.1") -> None:
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.bind((host, 0))
        self._socket.settimeout(0.2)
        self.port = self._socket.getsockname()[1]
        self.datagrams: list[str] = []

    def lines(self) -> list[str]:
        """All lines that have come so far."""
        try:
            while True:
                self.datagrams.append(self._socket.recv(65536).decode())
        except TimeoutError:
            return "\n".join(self.datagrams).split("\n")

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def test_dogstatsd_has_kinds_and_tags(server: Server) -> None:
    StatsdSink(f"127.0.0.1:{server.port}").take(
        [
            cell("api.requests", Kind.COUNTER, 1, 1, 0.5, method="GET", rule="/a|b,c"),
            cell("queue.waiting", Kind.GAUGE, 3, -2),
            cell("api.response_time", Kind.HISTOGRAM, 12.25, 7),
            cell("size", Kind.SUMMARY, 1e-7),
        ]
    )
    assert server.lines() == [
        "api.requests:2.5|c|#method:GET,rule:/a_b_c",
        "queue.waiting:-2|g",
        "api.response_time:12.25|h",
        "api.response_time:7|h",
        "size:0|h",
    ]


def test_plain_statsd_has_no_tags_and_sets_negative_gauges(server: Server) -> None:
    StatsdSink(f"127.0.0.1:{server.port}", "statsd").take(
        [
            cell("a b", Kind.COUNTER, 2, method="GET"),
            cell("depth", Kind.GAUGE, -2),
            cell("time", Kind.HISTOGRAM, 12.25),
        ]
    )
    assert server.lines() == ["a_b:2|c", "depth:0|g", "depth:-2|g", "time:12.25|ms"]


def test_datagrams_are_full_but_never_too_long(server: Server) -> None:
    values = [float(n) for n in range(1000)]
    StatsdSink(f"127.0.0.1:{server.port}").take([cell("some.metric", Kind.HISTOGRAM, *values, rule="/orders/<id>")])
    assert len(server.lines()) == 1000
    lengths = [len(datagram) for datagram in server.datagrams]
    assert max(lengths) <= MOST_BYTES and min(lengths[:-1]) > MOST_BYTES - 60


def test_a_line_that_is_too_long_goes_without_its_tags(server: Server) -> None:
    tags = {f"key{n}": "v" * 100 for n in range(16)}
    StatsdSink(f"127.0.0.1:{server.port}").take([cell("big", Kind.COUNTER, 1, **tags)])
    assert server.lines() == ["big:1|c"]


def test_it_speaks_ipv6() -> None:
    server = Server(socket.AF_INET6, "::1")
    StatsdSink(f"[::1]:{server.port}").take([cell("a", Kind.COUNTER, 1)])
    assert server.lines() == ["a:1|c"]
    server.close()


def test_a_server_that_is_away_costs_its_own_batch_only(recorder: Recorder) -> None:
    recorder.use(StatsdSink(f"127.0.0.1:{refusing_port()}"))

    def lost() -> float:
        for n in range(200):  # the kernel tells of the first datagram's refusal at the second
            recorder.increment("hits", 1, {"n": n, "padding": "x" * 100})
        return recorder.get_stats("daymark.metrics.lost").sum

    assert until(lost) > 0


def test_a_name_that_does_not_resolve_raises_for_its_batch() -> None:
    with pytest.raises(socket.gaierror):
        StatsdSink("nowhere.invalid:8125").take([cell("a", Kind.COUNTER, 1)])
