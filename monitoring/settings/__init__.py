"""Settings: from the environment and `status.toml`, checked as a whole before anything starts."""

from monitoring.settings.checks import CheckSettings, Name
from monitoring.settings.environment import ENVIRONMENT_NAMES
from monitoring.settings.faults import Fault, SettingsError
from monitoring.settings.kinds import Duration, Secret, Url
from monitoring.settings.loading import load
from monitoring.settings.printing import masked, render
from monitoring.settings.structure import BudgetLimits, Connectivity, Link, Page, Settings

__all__ = [
    "ENVIRONMENT_NAMES",
    "BudgetLimits",
    "CheckSettings",
    "Connectivity",
    "Duration",
    "Fault",
    "Link",
    "Name",
    "Page",
    "Secret",
    "Settings",
    "SettingsError",
    "Url",
    "load",
    "masked",
    "render",
]
