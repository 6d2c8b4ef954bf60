"""The dead man's switch: an address outside is called while all is well, and raises the alarm when nobody calls."""

import threading

from monitoring import correlation
from monitoring.logs import log

EVERY_SECONDS = 60.0
TIMEOUT_SECONDS = 10.0


class Deadman:
    """Calls `url` at once and then each minute, in a thread of its own, while this process leads."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._fails = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="daymark-deadman", daemon=True)

    def __repr__(self) -> str:
        """Say nothing of the address: who knows it can call it."""
        return "<Deadman>"

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Call no more; a call that is on its way is not waited for."""
        self._stopping.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            with correlation.bind():
                self._call()
            self._stopping.wait(EVERY_SECONDS)

    def _call(self) -> None:
        import requests

        try:
            # The answer's body is not read: it says nothing, and may be without end.
            with requests.get(self._url, timeout=TIMEOUT_SECONDS, stream=True, allow_redirects=False) as answer:
                answer.raise_for_status()
        except Exception as error:  # noqa: BLE001 - whatever it is, the next call is due; its words have the address
            self._say_failed(error)
        else:
            self._fails = False

    def _say_failed(self, error: Exception) -> None:
        if not self._fails:
            log.warn("The dead man's switch could not be reached", error=type(error).__name__)
        self._fails = True
