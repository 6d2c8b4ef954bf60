"""The whole of probing in one process: it waits for its turn to lead, and probes while it does."""

import threading

from monitoring.probing.leader import Keeper, Tenure
from monitoring.probing.reign import Realm, Reign


class Prober:
    """Probes, if this process leads. Nothing runs before `start`."""

    def __init__(self, realm: Realm) -> None:
        self._realm = realm
        self._reign: Reign | None = None
        self._lock = threading.Lock()
        self.keeper = Keeper(realm.database, self._lead, self._depose)

    def start(self) -> None:
        """Start waiting for the lease; a process is started once."""
        self.keeper.start()

    def stop(self) -> None:
        """Stop probing, write what waits, tell what is to be told, and give the lease back."""
        reign = self._taken()
        if reign is not None:
            reign.end()
        self.keeper.stop()
        self._depose()  # a reign that began while this was waiting for the keeper
        self._realm.database.close()

    def _lead(self, tenure: Tenure) -> None:
        """Begin to probe where the last leader left off; any of StoreError if that cannot be read."""
        reign = Reign(self._realm, tenure, self._deposed_by_writer)
        with self._lock:
            self._reign = reign
            reign.start(lambda: self._tick(reign))

    def _tick(self, reign: Reign) -> None:
        if self.keeper.leads:
            reign.engine.tick()
        else:
            self.keeper.step_down("this process was stopped for a while")

    def _deposed_by_writer(self) -> None:
        self.keeper.step_down("another process claimed the lease")

    def _depose(self) -> None:
        reign = self._taken()
        if reign is not None:
            reign.abandon()

    def _taken(self) -> Reign | None:
        with self._lock:
            reign, self._reign = self._reign, None
        return reign
