"""Settings: from the environment and `status.toml`, checked as a whole before anything starts."""

from monitoring.settings.channels import (
    CHANNEL_KINDS,
    AppriseSettings,
    ChannelSettings,
    EmailSettings,
    PagerDutySettings,
    SlackSettings,
    WebhookSettings,
)
from monitoring.settings.checks import CheckSettings, Name
from monitoring.settings.environment import ENVIRONMENT_NAMES
from monitoring.settings.faults import Fault, SettingsError
from monitoring.settings.kinds import Duration, Secret, Url
from monitoring.settings.loading import load
from monitoring.settings.printing import masked, render
from monitoring.settings.rules import RuleSettings
from monitoring.settings.structure import BudgetLimits, Connectivity, Link, Page, Settings

__all__ = [
    "CHANNEL_KINDS",
    "ENVIRONMENT_NAMES",
    "AppriseSettings",
    "BudgetLimits",
    "ChannelSettings",
    "CheckSettings",
    "Connectivity",
    "Duration",
    "EmailSettings",
    "Fault",
    "Link",
    "Name",
    "Page",
    "PagerDutySettings",
    "RuleSettings",
    "Secret",
    "Settings",
    "SettingsError",
    "SlackSettings",
    "Url",
    "WebhookSettings",
    "load",
    "masked",
    "render",
]
