from pathlib import Path

import pytest

from monitoring.extension.options import Given, read
from monitoring.settings import SettingsError

HASH = "ab" * 32


def _read(arguments=None, config=None, environ=None):
    return read(Given(arguments or {}, config or {}, environ or {}), "shop")


def _faults(*given):
    with pytest.raises(SettingsError) as error:
        _read(*given)
    return str(error.value)


def test_without_any_setting_it_logs_and_writes_nowhere():
    options = _read()
    assert (options.service_name, options.environment, options.log_level) == ("shop", "development", "debug")
    assert (options.logs, options.unhandled, options.health, options.metrics_endpoint) == (True, True, False, False)
    assert (options.database_url, options.sentry_dsn, options.log_dir, options.version) == (None, None, None, None)


def test_an_argument_wins_over_the_config_and_the_config_over_the_environment():
    everywhere = (
        {"service_name": "a"},
        {"MONITORING_SERVICE_NAME": "c"},
        {"MONITORING_SERVICE_NAME": "d", "SERVICE_NAME": "e"},
    )
    assert _read(*everywhere).service_name == "a"
    assert _read(None, *everywhere[1:]).service_name == "c"
    assert _read(None, None, everywhere[2]).service_name == "d"
    assert _read(None, None, {"SERVICE_NAME": "e"}).service_name == "e"


def test_it_reads_flags_from_anywhere():
    assert _read({"health": True}).health
    assert not _read({"health": False}, {"MONITORING_HEALTH": True}).health
    assert _read(None, {"MONITORING_HEALTH": True}).health
    assert not _read(None, None, {"MONITORING_LOGS": "no"}).logs


def test_the_applications_own_database_is_never_taken_for_daymarks():
    own = "postgres://shop:secret@db/shop"
    assert _read(None, None, {"DATABASE_URL": own}).database_url is None
    assert (
        _read(None, None, {"MONITORING_DATABASE_URL": own}).database_url == "postgresql+psycopg://shop:secret@db/shop"
    )


def test_a_database_in_a_file_is_below_the_current_directory():
    assert _read({"database_url": "sqlite:///daymark.db"}).database_url == f"sqlite:///{Path.cwd() / 'daymark.db'}"


def test_the_version_is_the_applications_not_daymarks():
    assert _read(None, None, {"APP_VERSION": "1.4.2"}).version == "1.4.2"
    assert _read(None, None, {"HEROKU_RELEASE_VERSION": "v7"}).version == "v7"


def test_it_tells_all_faults_at_once_by_the_names_they_were_given_under():
    told = _faults(
        {"log_level": "loud", "health": "perhaps"},
        {"MONITORING_SENTRY_DSN": "nonsense"},
        {"MONITORING_DATABASE_URL": "mysql://root:hunter22@db/x", "ENVIRONMENT": "moon"},
    )
    assert "log_level = " in told
    assert "health = 'perhaps': expected true or false" in told
    assert 'app.config["MONITORING_SENTRY_DSN"]' in told
    assert "MONITORING_DATABASE_URL" in told
    assert "ENVIRONMENT" in told
    assert "hunter22" not in told


def test_metrics_are_not_shown_to_strangers():
    assert "at least one token" in _faults({"metrics_endpoint": True})
    assert _read({"metrics_endpoint": True, "admin_token_hashes": [HASH]}).admin_token_hashes == (HASH,)


def test_a_setting_that_does_not_exist_is_refused():
    with pytest.raises(TypeError, match="helth"):
        _read({"helth": True})


def test_it_shows_no_secret():
    assert "hunter22" not in repr(_read({"database_url": "postgres://shop:hunter22@db/shop"}))
