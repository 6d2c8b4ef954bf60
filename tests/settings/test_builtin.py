import pytest

from tests.settings.given import check, faults, loaded, names

AWS = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t", "AWS_REGION": "eu-west-1"}


def test_database_and_disk_space_are_always_there(tmp_path):
    settings = loaded(tmp_path)
    assert names(settings) == ["database", "disk-space"]
    assert check(settings, "database").url == settings.database_url
    assert [item.title for item in settings.checks] == ["Database", "Disk space"]


def test_the_others_join_in_their_order_when_they_are_configured(tmp_path):
    settings = loaded(tmp_path, REDIS_URL="redis://h", S3_BUCKET="b", OPENAI_API_KEY="k")
    assert names(settings) == ["database", "redis", "aws-s3", "openai", "disk-space"]
    assert [item.type for item in settings.checks] == ["database", "redis", "s3", "openai", "disk"]
    assert check(settings, "openai").base_url == "https://api.openai.com/v1"


def test_s3_joins_with_credentials_alone_and_takes_all_of_them(tmp_path):
    s3 = check(loaded(tmp_path, AWS_ENDPOINT_URL="http://h:9000", **AWS), "aws-s3")
    assert (s3.url, s3.bucket, s3.region, s3.access_key_id) == ("http://h:9000", None, "eu-west-1", "AKIA")
    assert (s3.secret_access_key, s3.session_token) == ("s", "t")


@pytest.mark.parametrize(
    ("environ", "verified"),
    [({}, True), ({"DYNO": "web.1"}, False), ({"DYNO": "w", "REDIS_TLS_VERIFY": "true"}, True)],
)
def test_redis_is_verified_unless_heroku_or_a_setting_says_otherwise(tmp_path, environ, verified):
    assert check(loaded(tmp_path, REDIS_URL="rediss://h", **environ), "redis").verify_tls is verified


def test_a_table_of_the_same_name_adjusts_one_without_naming_its_type(tmp_path):
    toml = '[[checks]]\nname = "database"\ntitle = "Store"\ninterval = "30s"\nurl = "sqlite:///other.db"\n'
    database = check(loaded(tmp_path, toml), "database")
    assert (database.title, database.interval, database.url) == ("Store", 30, "sqlite:///other.db")
    assert (database.type, database.group) == ("database", "Infrastructure")


def test_a_table_may_bring_a_built_in_to_life(tmp_path):
    redis = check(loaded(tmp_path, '[[checks]]\nname = "redis"\nurl = "redis://elsewhere"\n', DYNO="web.1"), "redis")
    assert (redis.url, redis.title, redis.verify_tls) == ("redis://elsewhere", "Redis", False)


def test_a_built_in_brought_to_life_without_what_it_needs_is_a_fault(tmp_path):
    assert faults(tmp_path, '[[checks]]\nname = "redis"\n') == [
        'status.toml: checks[1] "redis": url: expected an address; it is required (or REDIS_URL in the environment)'
    ]


@pytest.mark.parametrize("name", ["database", "disk-space", "redis"])
def test_a_built_in_can_be_removed(tmp_path, name):
    assert name not in names(loaded(tmp_path, f'[[checks]]\nname = "{name}"\nenabled = false\n', REDIS_URL="redis://h"))
    assert faults(tmp_path, f'[[checks]]\nname = "{name}"\nenabled = false\n') == []


def test_a_table_of_another_type_takes_only_the_name(tmp_path):
    toml = '[[checks]]\nname = "redis"\ntype = "http"\nurl = "http://h"\n'
    redis = check(loaded(tmp_path, toml, REDIS_URL="redis://h"), "redis")
    assert (redis.type, redis.url, redis.group) == ("http", "http://h", "Services")


def test_a_wrong_variable_is_told_once_and_not_again_by_its_check(tmp_path):
    assert len(faults(tmp_path, REDIS_URL="nowhere", DATABASE_URL="nowhere")) == 2
