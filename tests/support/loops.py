"""An asyncio loop in a thread, for the servers that tests start."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class LoopThread:
    """A loop that runs until `stop`, which cancels whatever is left in it."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True, name="test-servers")
        self._thread.start()

    def call(self, work: Coroutine[Any, Any, T], seconds: float = 10.0) -> T:
        """Run `work` in the loop and return what it returns."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(seconds)

    def end(self, server: asyncio.Server) -> None:
        """Let a server listen no more."""
        self.call(_end(server))

    def stop(self) -> None:
        """Cancel every task, end the thread and close the loop."""
        self.call(_cancel_all())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


async def _end(server: asyncio.Server) -> None:
    # Python 3.11 loses a connection that is being accepted while its server is closed.
    for _ in range(5):
        await asyncio.sleep(0)
    server.close()


async def _cancel_all() -> None:
    """Cancel in rounds, each task only once it has begun: one cancelled before that never closes its connection."""
    for _ in range(5):
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0)
