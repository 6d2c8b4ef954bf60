"""A client that costs little: one connection kept alive, one request after another, in a process of its own.

`python -m benchmarks.client PORT COUNT PATH [HEADER …]`
"""

import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def load(port: int, count: int, path: str, *headers: str) -> None:
    """Ask `count` times from another process; CalledProcessError where an answer is not 200."""
    words = [str(port), str(count), path, *headers]
    subprocess.run([sys.executable, "-m", "benchmarks.client", *words], cwd=ROOT, check=True, timeout=60)


def ask(port: int, count: int, path: str, *headers: str) -> bytes:
    """Ask `count` times and return the last answer, head and all; AssertionError where one is not 200."""
    lines = "".join(f"{header}\r\n" for header in ("Host: 127.0.0.1", *headers))
    request = f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode()
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        for _ in range(count):
            line.sendall(request)
            answer = _answer(line)
            assert answer.startswith(b"HTTP/1.1 200 "), answer[:200]
    return answer


def _answer(line: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(line)
    head = received[: received.index(b"\r\n\r\n") + 4]
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
    while len(received) < len(head) + length:
        received += _more(line)
    return received


def _more(line: socket.socket) -> bytes:
    some = line.recv(65536)
    assert some, "the server closed the connection"
    return some


if __name__ == "__main__":
    ask(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
