"""libcurl's transfers in one asyncio loop: no thread, and no limit that hanging targets could use up."""

import asyncio
import selectors
from contextlib import suppress
from weakref import WeakKeyDictionary

import pycurl

_multis: "WeakKeyDictionary[asyncio.AbstractEventLoop, Multi]" = WeakKeyDictionary()


def running() -> "Multi":
    """Return the running loop's own."""
    loop = asyncio.get_running_loop()
    found = _multis.get(loop)
    if found is None:
        found = _multis[loop] = Multi(loop)
    return found


async def close() -> None:
    """Close the running loop's own, if it has one."""
    found = _multis.pop(asyncio.get_running_loop(), None)
    if found is not None:
        found.close()


class Multi:
    """All transfers of one loop.

    The loop watches one selector, and that the transfers' sockets: what many of them wait for comes in one batch,
    and asyncio's own books are not kept for each.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: dict[pycurl.Curl, asyncio.Future[int]] = {}
        self._timer: asyncio.Handle | None = None
        self._sockets = selectors.DefaultSelector()
        loop.add_reader(self._sockets, self._act)
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._wake_in)

    async def perform(self, curl: pycurl.Curl) -> int:
        """Return libcurl's code, 0 where all went well; where this is cancelled the connection is closed at once."""
        self._multi.add_handle(curl)
        done = self._waiting[curl] = self._loop.create_future()
        try:
            code: int = await done
        finally:
            self._drop(curl)
        return code

    def close(self) -> None:
        """Close every connection; who still waits is cancelled."""
        self._loop.remove_reader(self._sockets)
        for curl, done in tuple(self._waiting.items()):
            self._drop(curl)
            done.cancel()
        self._multi.close()
        self._sockets.close()
        self._wake_in(-1)

    def _drop(self, curl: pycurl.Curl) -> None:
        if self._waiting.pop(curl, None) is not None:
            self._multi.remove_handle(curl)

    def _watch(self, wanted: int, fd: int, *_: object) -> None:
        """Watch a socket as libcurl wants: its POLL_IN and POLL_OUT are the selectors' EVENT_READ and EVENT_WRITE."""
        if wanted in (pycurl.POLL_REMOVE, pycurl.POLL_NONE):
            with suppress(KeyError):  # it may be told of one that was never watched
                self._sockets.unregister(fd)
            return
        try:
            self._sockets.modify(fd, wanted)
        except KeyError:
            self._sockets.register(fd, wanted)

    def _wake_in(self, milliseconds: int) -> None:
        """Set libcurl's one timer anew; -1 clears it."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        if milliseconds == 0:
            self._timer = self._loop.call_soon(self._wake)
        elif milliseconds > 0:
            self._timer = self._loop.call_later(milliseconds / 1000, self._wake)

    def _wake(self) -> None:
        self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        self._settle()

    def _act(self) -> None:
        for key, events in self._sockets.select(0):
            self._multi.socket_action(key.fd, events)
        self._settle()

    def _settle(self) -> None:
        """Tell those whose transfers have ended."""
        left = 1
        while left:
            left, good, bad = self._multi.info_read()
            for curl in good:
                self._end(curl, 0)
            for curl, code, _ in bad:
                self._end(curl, code)

    def _end(self, curl: pycurl.Curl, code: int) -> None:
        done = self._waiting.get(curl)
        if done is not None and not done.done():
            done.set_result(code)
