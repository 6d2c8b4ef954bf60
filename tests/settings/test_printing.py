import json

from monitoring.settings import masked, render
from tests.settings.given import loaded

SECRETS = {
    "DATABASE_URL": "postgres://app:canary-1@db/app",
    "REDIS_URL": "rediss://:canary-2@cache",
    "AWS_ACCESS_KEY_ID": "canary-3",
    "AWS_SECRET_ACCESS_KEY": "canary-4",
    "AWS_SESSION_TOKEN": "canary-5",
    "OPENAI_API_KEY": "canary-6",
    "OPENAI_BASE_URL": "https://proxy.example.com/v1?key=canary-7",
    "JWT_SECRET": "canary-8" * 4,
    "SECRET_KEY": "canary-9",
    "SENTRY_DSN": "https://canary-10@sentry.example.com/5",
    "ADMIN_TOKEN_HASHES": "0123456789abcdef" * 4,
    "SHOP_TOKEN": "canary-11",
}
TOML = """
[page]
title = "Shop"
links = [{ title = "Help", url = "https://help.example.com" }]
[connectivity]
targets = ["192.0.2.1:53"]
[[checks]]
name = "shop"
type = "http"
url = "https://u:canary-12@shop.example.com/?q=canary-13"
interval = "90s"
token = "canary-14"
description = "with ${SHOP_TOKEN} and canary-6"
headers = { Authorization = "canary-15", Accept = "text/html", X-Note = "Bearer canary-16" }
"""


def test_no_secret_is_printed(tmp_path):
    settings = loaded(tmp_path, TOML, **SECRETS)
    assert "canary" not in render(settings) + json.dumps(masked(settings)) and "0123456789" not in render(settings)


def test_what_is_no_secret_is_printed_in_full(tmp_path):
    values = masked(loaded(tmp_path, TOML, **SECRETS))
    assert values["port"] == 8000 and values["page"]["links"][0]["url"] == "https://help.example.com"
    assert values["database_url"] == "postgresql+psycopg://app:••••••@db/app"
    assert values["connectivity"] == {"targets": ["192.0.2.1:53"], "timeout": "3s"}
    shop = values["checks"][-1]
    assert (shop["interval"], shop["timeout"], shop["retry_interval"], shop["slow_after"]) == (
        "90s",
        "5s",
        "22500ms",
        None,
    )
    assert shop["url"] == "https://u:••••••@shop.example.com/?q=••••••" and shop["headers"]["Accept"] == "text/html"
    assert shop["description"] == "with •••••• and ••••••" and "concealed" not in values


def test_a_secret_that_is_not_set_shows_as_not_set(tmp_path):
    assert masked(loaded(tmp_path))["openai_api_key"] is None
    shop = masked(loaded(tmp_path, TOML.replace("canary-14", ""), **SECRETS))["checks"][-1]
    assert shop["token"] == ""


def test_it_renders_lines_in_the_manner_of_toml(tmp_path):
    lines = render(loaded(tmp_path, TOML, **SECRETS)).splitlines()
    assert "port                  = 8000" in lines and 'jwt_secret            = "••••••"' in lines
    assert lines.count("[[checks]]") == 6 and "[page]" in lines and "[connectivity]" in lines
    assert "(not set)" in render(loaded(tmp_path, "[page]"))
