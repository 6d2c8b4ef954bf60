import pytest

import monitoring
from monitoring.settings import ENVIRONMENT_NAMES
from monitoring.settings.environment import read_environment
from tests.settings.given import faults, loaded

HASH = "0123456789abcdef" * 4


class Recording(dict):
    """An environment that remembers which variables were asked for."""

    def __init__(self):
        super().__init__(LOG_DIR="")
        self.asked = {"STATUS_CONFIG"}

    def get(self, key, default=None):
        self.asked.add(key)
        return super().get(key, default)


def test_everything_is_optional(tmp_path):
    settings = loaded(tmp_path)
    assert (settings.port, settings.environment, settings.log_level) == (8000, "development", "debug")
    assert (settings.service_name, settings.app_version) == ("daymark", monitoring.__version__)
    assert (settings.web_concurrency, settings.trusted_proxies, settings.log_dir) == (2, 0, None)
    assert settings.database_url == f"sqlite:///{tmp_path}/instance/daymark.db"
    assert settings.redis_url is None and settings.redis_verify_tls and not settings.production


def test_heroku_is_production_behind_one_proxy_with_logs_on_stdout_only(tmp_path):
    settings = loaded(tmp_path, DYNO="web.1", HEROKU_RELEASE_VERSION="v7", DATABASE_URL="postgres://u:p@h/d")
    assert settings.production and settings.dyno and settings.log_level == "info"
    assert (settings.trusted_proxies, settings.log_dir, settings.redis_verify_tls) == (1, None, False)
    assert (settings.app_version, settings.database_url) == ("v7", "postgresql+psycopg://u:p@h/d")


def test_production_elsewhere_writes_log_files(tmp_path):
    assert loaded(tmp_path, ENVIRONMENT="production").log_dir == tmp_path / "logs"
    assert loaded(tmp_path, ENVIRONMENT="production", LOG_DIR="").log_dir is None


@pytest.mark.parametrize("environ", [{}, {"DYNO": "web.1"}, {"ENVIRONMENT": "test"}])
def test_log_dir_turns_files_on_anywhere(tmp_path, environ):
    assert loaded(tmp_path, LOG_DIR="elsewhere", **environ).log_dir == tmp_path / "elsewhere"
    assert loaded(tmp_path, LOG_DIR="/var/log/day", **environ).log_dir.as_posix() == "/var/log/day"


def test_an_empty_variable_counts_as_unset(tmp_path):
    settings = loaded(tmp_path, PORT="", DYNO="", SECRET_KEY=" ", AWS_REGION="", AWS_DEFAULT_REGION="eu-west-1")
    assert (settings.port, settings.dyno, settings.secret_key, settings.aws_region) == (8000, False, None, "eu-west-1")


def test_app_version_goes_before_the_release(tmp_path):
    assert loaded(tmp_path, APP_VERSION="1.2", HEROKU_RELEASE_VERSION="v7").app_version == "1.2"


def test_a_word_may_be_upper_case(tmp_path):
    settings = loaded(tmp_path, ENVIRONMENT="Production", LOG_LEVEL="WARN", REDIS_TLS_VERIFY="No")
    assert (settings.environment, settings.log_level, settings.redis_verify_tls) == ("production", "warn", False)


def test_it_takes_several_token_hashes(tmp_path):
    settings = loaded(tmp_path, ADMIN_TOKEN_HASHES=f"{HASH}, {HASH.upper()},")
    assert settings.admin_token_hashes == (HASH, HASH)


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("PORT", "0", 'PORT = "0": expected a whole number from 1 to 65535'),
        ("PORT", "80_00", 'PORT = "80_00": expected a whole number from 1 to 65535'),
        ("WEB_CONCURRENCY", "65", 'WEB_CONCURRENCY = "65": expected a whole number from 1 to 64'),
        ("TRUSTED_PROXIES", "-1", 'TRUSTED_PROXIES = "-1": expected a whole number from 0 to 10'),
        ("ENVIRONMENT", "staging", 'ENVIRONMENT = "staging": expected one of development, production, test'),
        ("LOG_LEVEL", "loud", 'LOG_LEVEL = "loud": expected one of fatal, error, warn, info, debug, trace'),
        ("REDIS_TLS_VERIFY", "maybe", 'REDIS_TLS_VERIFY = "maybe": expected true or false'),
        ("OPENAI_BASE_URL", "api", 'OPENAI_BASE_URL = "api": expected an http:// or https:// address with a host'),
        ("JWT_SECRET", "x" * 31, "JWT_SECRET: expected at least 32 bytes"),
        ("SERVICE_NAME", "a\nb", 'SERVICE_NAME = "a\\nb": expected 1 to 100 printable characters'),
    ],
)
def test_a_wrong_variable_is_told_with_its_value_and_what_was_expected(tmp_path, name, value, line):
    assert faults(tmp_path, **{name: value}) == [line]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://app:hunter2@db/app"),
        ("REDIS_URL", "app:hunter2@cache"),
        ("SENTRY_DSN", "ftp://hunter2@sentry/1"),
        ("AWS_ENDPOINT_URL", "s3://h/?key=hunter2"),
        ("ADMIN_TOKEN_HASHES", "hunter2"),
        ("JWT_SECRET", "hunter2"),
    ],
)
def test_a_fault_never_shows_a_secret(tmp_path, name, value):
    lines = faults(tmp_path, **{name: value})
    assert len(lines) == 1 and lines[0].startswith(name) and "hunter2" not in lines[0]


def test_it_says_which_token_hash_is_none(tmp_path):
    assert "number 2 is none" in faults(tmp_path, ADMIN_TOKEN_HASHES=f"{HASH},{HASH[:-1]}")[0]


def test_every_variable_that_is_read_has_its_name_in_the_list(tmp_path):
    environ = Recording()
    read_environment(environ, tmp_path)
    assert environ.asked | {"LOG_DIR"} == set(ENVIRONMENT_NAMES)
