"""Channels and rules."""

import json

import pytest

from monitoring.settings import (
    AppriseSettings,
    EmailSettings,
    PagerDutySettings,
    SlackSettings,
    WebhookSettings,
    masked,
    render,
)
from tests.settings.given import faults, loaded

CHANNELS = """
[[channels]]
name = "chat"
type = "slack"
url = "https://hooks.example.com/services/canary-1"
[[channels]]
name = "duty"
type = "pagerduty"
routing_key = "canary-2"
[[channels]]
name = "mail"
type = "email"
url = "smtp://app:canary-3@mail.example.com"
from = "daymark@example.com"
to = ["ops@example.com", "boss@example.com"]
timeout = "20s"
[[channels]]
name = "hook"
type = "webhook"
url = "https://example.com/canary-4"
secret = "${HOOK}"
[[channels]]
name = "phone"
type = "apprise"
url = "ntfy://user:canary-6@example.com/canary-7"
"""
SECRETS = {"HOOK": "canary-5", "DEADMAN_URL": "https://example.com/canary-8"}


def channel(*lines: str, name: str = "ops", kind: str = "slack") -> str:
    return "\n".join(["[[channels]]", f'name = "{name}"', f'type = "{kind}"', *lines, ""])


def rule(*lines: str) -> str:
    return channel('url = "https://h"') + "\n".join(["[[rules]]", *lines, ""])


def test_each_type_becomes_its_own_settings(tmp_path):
    made = loaded(tmp_path, CHANNELS, **SECRETS).channels
    kinds = (SlackSettings, PagerDutySettings, EmailSettings, WebhookSettings, AppriseSettings)
    assert tuple(map(type, made)) == kinds
    assert [each.timeout for each in made] == [10, 10, 20, 10, 10]


def test_what_is_left_out_has_its_default(tmp_path):
    _, duty, mail, hook, _ = loaded(tmp_path, CHANNELS.replace('secret = "${HOOK}"', "")).channels
    assert isinstance(duty, PagerDutySettings) and duty.url == "https://events.pagerduty.com/v2/enqueue"
    assert isinstance(mail, EmailSettings) and mail.starttls and mail.ca_file is None
    assert (mail.sender, mail.recipients) == ("daymark@example.com", ("ops@example.com", "boss@example.com"))
    assert isinstance(hook, WebhookSettings) and hook.secret is None


def test_without_tables_there_are_neither_channels_nor_rules(tmp_path):
    settings = loaded(tmp_path)
    assert (settings.channels, settings.rules, settings.deadman_url) == ((), (), None)


def test_no_secret_of_a_channel_is_printed(tmp_path):
    settings = loaded(tmp_path, CHANNELS, **SECRETS)
    assert "canary" not in render(settings) + json.dumps(masked(settings)) + repr(settings) + repr(settings.channels)
    assert "smtp://app:••••••@mail.example.com" in render(settings)
    assert settings.deadman_url == SECRETS["DEADMAN_URL"]


def test_tables_are_printed_with_the_keys_of_the_file(tmp_path):
    toml = CHANNELS + '[[rules]]\nchannels = ["mail"]\nfor = "5m"\n'
    values = masked(loaded(tmp_path, toml, **SECRETS))
    assert (
        values["channels"][2]["from"] == "daymark@example.com" and values["channels"][2]["to"][0] == "ops@example.com"
    )
    assert values["rules"][0]["for"] == "5m"


PLACE = 'status.toml: channels[1] "ops": '


@pytest.mark.parametrize(
    ("kind", "lines", "told"),
    [
        ("slak", [], 'type = "slak": expected one of slack, pagerduty, email, webhook, apprise; the nearest is slack'),
        ("slack", [], "url: expected text; it is required"),
        ("slack", ['url = "ftp://canary"'], "url: expected an http:// or https:// address with a host"),
        ("slack", ['url = "https://h"', 'timeout = "61s"'], 'timeout = "61s": expected 1s to 60s'),
        ("slack", ['url = "https://h"', 'timeout = "500ms"'], 'timeout = "500ms": expected 1s to 60s'),
        ("slack", ['url = "https://h"', "timeout = 5"], "timeout = 5: expected a duration"),
        ("slack", ['url = "https://h"', 'secret = "canary"'], "secret: expected a known key: name, type, timeout, url"),
        ("slack", ['url = "${NOWHERE}"'], "url: expected NOWHERE in the environment, where it is not set"),
        ("pagerduty", [], "routing_key: expected text; it is required"),
        ("pagerduty", ['routing_key = " "'], "routing_key: expected the routing key of an Events v2 integration"),
        ("pagerduty", ["routing_key = 5"], "routing_key: expected text"),
        ("webhook", ['url = "https://h"', 'secret = ""'], "secret: expected text of at least one character"),
        ("apprise", ['url = "canary"'], "url: expected an address that Apprise knows"),
    ],
)
def test_a_wrong_channel_is_told_with_its_place(tmp_path, kind, lines, told):
    found = faults(tmp_path, channel(*lines, kind=kind))
    assert len(found) == 1 and found[0].startswith(PLACE + told) and "canary" not in found[0]


MAIL = {"url": '"smtp://mail.example.com"', "from": '"a@b.example"', "to": '["c@d.example"]'}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"from": r'"a@b.example\nBcc: x@y.example"'}, r'from = "a@b.example\nBcc: x@y.example": expected a mail addr'),
        ({"from": '"nobody"'}, 'from = "nobody": expected a mail address such as "ops@example.com"'),
        ({"to": "[]"}, "to = []: expected an array of at least one mail address"),
        ({"to": '["c@d.example", "e f@g.example"]'}, "to = "),
        ({"url": '"http://mail.example.com"'}, "url = "),
        ({"url": '"smtp://u:canary@"'}, "url = "),
        ({"url": '"smtp://mail.example.com/path"'}, "url = "),
        ({"ca_file": '"ca.pem"'}, 'ca_file = "ca.pem": expected the path from the root of a file with certificates'),
        ({"ca_file": '"/nowhere/ca.pem"'}, "ca_file = "),
        ({"starttls": '"no"'}, 'starttls = "no": expected true or false'),
    ],
)
def test_a_wrong_mail_channel_is_told(tmp_path, change, told):
    lines = [f"{key} = {value}" for key, value in {**MAIL, **change}.items()]
    found = faults(tmp_path, channel(*lines, kind="email"))
    assert len(found) == 1 and found[0].startswith(PLACE + told) and "canary" not in found[0]


def test_a_mail_channel_without_anything_tells_all_that_it_lacks(tmp_path):
    keys = [line.removeprefix(PLACE).partition(":")[0] for line in faults(tmp_path, channel(kind="email"))]
    assert keys == ["url", "from", "to"]


def test_a_channel_without_name_or_type_is_told_so(tmp_path):
    found = faults(tmp_path, '[[channels]]\ntimeout = "2h"\n')
    assert [line.partition(": expected")[0].removeprefix("status.toml: channels[1]: ") for line in found] == [
        "type",
        "name",
        'timeout = "2h"',
    ]


def test_channels_are_an_array_of_tables(tmp_path):
    assert "expected an array of tables, [[channels]]" in faults(tmp_path, "[channels]\nname = 1\n")[0]
    assert "channels[1] = 5: expected a table" in faults(tmp_path, "channels = [5]\n")[0]
    assert "expected an array of tables, [[rules]]" in faults(tmp_path, "rules = 5\n")[0]


def test_two_channels_cannot_share_a_name(tmp_path):
    twice = channel('url = "https://h"') * 2
    [told] = faults(tmp_path, twice)
    assert told.endswith('channels[2] "ops": name: expected a name of its own: status.toml: channels[1] "ops" has it')


def test_a_rule_has_its_defaults(tmp_path):
    [made] = loaded(tmp_path, rule('channels = ["ops"]')).rules
    assert (made.checks, made.groups, made.events, made.channels) == ((), (), (), ("ops",))
    assert (made.severities, made.delay, made.repeat) == (("degraded", "unhealthy"), 0, None)


def test_a_rule_says_what_to_whom_after_how_long(tmp_path):
    lines = ['checks = ["database"]', 'groups = ["Infrastructure"]', 'events = ["spike", "leader"]']
    lines += ['severities = ["unhealthy"]', 'channels = ["ops"]', 'for = "5m"', 'repeat = "1h"']
    [made] = loaded(tmp_path, rule(*lines)).rules
    assert (made.checks, made.groups, made.events) == (("database",), ("Infrastructure",), ("spike", "leader"))
    assert (made.severities, made.delay, made.repeat) == (("unhealthy",), 300, 3600)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            'checks = ["databse"]',
            'checks = ["databse"]: expected checks that are there; databse is not, the nearest is',
        ),
        ('checks = ["redis"]', 'checks = ["redis"]: expected checks that are there; redis appears where REDIS_URL is'),
        ('groups = ["Infra"]', 'groups = ["Infra"]: expected groups of checks that are there; "Infra" is not'),
        ('events = ["spik"]', 'events = ["spik"]: expected an array, each item one of "budget", "leader", "slow"'),
        ("severities = []", 'severities = []: expected an array of "degraded", "unhealthy" or both'),
        ('severities = ["healthy"]', 'severities = ["healthy"]: expected an array of "degraded", "unhealthy" or both'),
        ("for = 5", "for = 5: expected a duration"),
        ('repeat = "59s"', 'repeat = "59s": expected at least 1m'),
        ('fro = "5m"', "fro: expected a known key; the nearest is for"),
        ('check = "database"', "check: expected a known key; the nearest is checks"),
    ],
)
def test_a_wrong_rule_is_told_with_its_place(tmp_path, line, told):
    found = faults(tmp_path, rule('channels = ["ops"]', line))
    assert len(found) == 1 and found[0].startswith(f"status.toml: rules[1]: {told}")


def test_a_rule_needs_channels_that_are_there(tmp_path):
    assert "channels: expected an array of at least one channel's name; it is required" in faults(tmp_path, rule())[0]
    [told] = faults(tmp_path, rule('channels = ["ops", "opps"]'))
    assert told.endswith('expected channels that are there; "opps" is not, the nearest is ops')


def test_all_faults_of_channels_and_rules_come_at_once(tmp_path):
    toml = channel('url = "https://h"', 'timeout = "0s"', "x = 1") + channel(name="B") + "[[rules]]\nfor = 5\n"
    assert len(faults(tmp_path, toml, DEADMAN_URL="canary")) == 7


def test_a_deadman_address_is_never_shown(tmp_path):
    [told] = faults(tmp_path, DEADMAN_URL="canary.example.com/token")
    assert told == "DEADMAN_URL: expected an http:// or https:// address with a host"
