"""Whether the store answers, as those who tell people found it last."""

from monitoring.logs import log


class Line:
    """The way to the store: whoever finds it cut says so, and nobody but the desk asks again until it is back."""

    def __init__(self) -> None:
        self.away = False

    def lost(self, error: Exception) -> None:
        """Say that the store does not answer."""
        if not self.away:
            log.warn("The store does not answer; alerts are decided and sent from memory", error=str(error))
        self.away = True

    def found(self) -> None:
        """Say that it answers, and has what was decided meanwhile."""
        if self.away:
            log.info("The store is back; what was decided meanwhile has been written")
        self.away = False
