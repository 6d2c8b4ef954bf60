"""What outages make of incidents, and what people do with them."""

from monitoring.incidents.by_hand import Draft, Said, open_by_hand, say
from monitoring.incidents.reacting import react
from monitoring.incidents.watched import Subject, Watched

__all__ = ["Draft", "Said", "Subject", "Watched", "open_by_hand", "react", "say"]
