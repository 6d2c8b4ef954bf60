import pytest

from tests.settings.given import check, faults, loaded, names


def table(*lines: str, name: str = "api", kind: str = "http") -> str:
    return "\n".join(["[[checks]]", f'name = "{name}"', f'type = "{kind}"', *lines, ""])


def http(*lines: str, name: str = "api") -> str:
    return table('url = "http://h"', *lines, name=name)


def test_a_table_becomes_a_check_of_its_type_with_its_defaults(tmp_path):
    api = check(loaded(tmp_path, http(name="shop-api")), "shop-api")
    assert (api.title, api.group, api.interval, api.timeout, api.retry_interval) == ("Shop api", "Services", 60, 5, 15)
    assert (api.failures_to_confirm, api.successes_to_recover, api.impact, api.public) == (3, 2, "unhealthy", True)


def test_timeout_and_retry_follow_a_short_interval(tmp_path):
    api = check(loaded(tmp_path, http('interval = "2s"')), "api")
    assert (api.timeout, api.retry_interval) == (2, 1)


def test_the_file_keeps_its_order_behind_the_built_ins(tmp_path):
    toml = http(name="z") + http(name="a") + '[[checks]]\nname = "disk-space"\ninterval = "5m"\n'
    assert names(loaded(tmp_path, toml)) == ["database", "disk-space", "z", "a"]


TYPES = "database, disk, dns, heartbeat, http, openai, redis, s3, tcp, tls"
PLACE = 'status.toml: checks[1] "api": '


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("interval = 30", 'interval = 30: expected a duration such as "30s" or "5m", with its unit: a bare number has'),
        ('interval = "30"', 'interval = "30": expected a duration such as "30s" or "5m"'),
        ('interval = "500ms"', 'interval = "500ms": expected at least 1s'),
        ('timeout = "2m"', 'timeout = "2m": expected more than 0s and at most the interval'),
        ('retry_interval = "0s"', 'retry_interval = "0s": expected more than 0s and at most the interval'),
        ('slow_after = "6s"', 'slow_after = "6s": expected more than 0s and less than the timeout'),
        ("public = 1", "public = 1: expected true or false"),
        ('impact = "bad"', 'impact = "bad": expected one of "degraded", "unhealthy"'),
        ("failures_to_confirm = 0", "failures_to_confirm = 0: expected a whole number from 1 to 100"),
        ("price = -1", "price = -1: expected a number from 0"),
        ("price = inf", "price = inf: expected a finite number"),
        (f"price = 0x{'f' * 9000}", "price = a number of more than 64 bits: expected a number of at most 64 bits"),
        (
            'depends_on = ["API!"]',
            'depends_on = ["API!"]: expected an array, each item a name of at most 63 lower-case',
        ),
        ('depends_on = "db"', 'depends_on = "db": expected an array'),
        ('depends_on = ["api"]', 'depends_on = ["api"]: expected other checks, not the check itself'),
        ('headers = ["x"]', 'headers = ["x"]: expected a table, each value text'),
        ("token = 5", "token: expected text"),
        ('enabled = "no"', 'enabled = "no": expected true or false'),
        ("title = 1979-05-27", "title = 1979-05-27: expected text"),
        ('intervall = "5s"', "intervall: expected a known key; the nearest is interval"),
        ('"a\\nb" = 1', '"a\\nb": expected a known key: name, type, enabled, title'),
    ],
)
def test_a_wrong_field_is_told_with_its_place_value_and_expectation(tmp_path, line, told):
    lines = faults(tmp_path, http(line))
    assert len(lines) == 1 and lines[0].startswith(PLACE + told)


def test_a_wrong_interval_blames_no_timeout(tmp_path):
    assert len(faults(tmp_path, http("interval = 300", 'timeout = "2m"', 'retry_interval = "90s"'))) == 1


@pytest.mark.parametrize("name", ["live", "ready"])
def test_taken_names_are_refused(tmp_path, name):
    assert faults(tmp_path, http(name=name))[0].endswith(
        "expected another name: live, ready and connectivity are taken"
    )


@pytest.mark.parametrize("name", ["", "-a", "A", "a_b", "a" * 64, "ü"])
def test_a_name_has_a_form(tmp_path, name):
    assert (
        "expected a name of at most 63 lower-case letters, digits and hyphens" in faults(tmp_path, http(name=name))[0]
    )


def test_name_type_and_what_the_type_requires_are_required(tmp_path):
    assert faults(tmp_path, "[[checks]]\n[[checks]]\nname = 'b'\n[[checks]]\nname = 'c'\ntype = 'http'") == [
        "status.toml: checks[1]: name: expected a name of at most 63 lower-case letters, digits and hyphens; "
        "it is required",
        f"status.toml: checks[1]: type: expected one of {TYPES}; it is required",
        f'status.toml: checks[2] "b": type: expected one of {TYPES}; it is required',
        'status.toml: checks[3] "c": url: expected an address; it is required',
    ]


def test_an_unknown_type_names_the_nearest_and_hides_no_other_fault(tmp_path):
    lines = faults(tmp_path, table("interval = 1", "whatever = 1", kind="htpp"))
    assert [line.removeprefix(PLACE) for line in lines] == [
        f'type = "htpp": expected one of {TYPES}; the nearest is http',
        'interval = 1: expected a duration such as "30s" or "5m", with its unit: a bare number has none',
    ]


def test_a_type_tells_its_own_faults_with_passwords_masked(tmp_path):
    lines = faults(tmp_path, table('url = "ftp://u:hunter2@h/?k=hunter2"'))
    assert lines == [PLACE + 'url = "ftp://u:••••••@h/?k=••••••": expected an http:// or https:// address']
    assert "hunter2" not in faults(tmp_path, table('url = "u:hunter2@h"'))[0]


def test_a_missing_field_hides_no_other_fault_of_the_type(tmp_path):
    lines = faults(tmp_path, table('method = "HEAD"', 'contains = "ok"'))
    assert [line.removeprefix(PLACE).split(" = ")[0].split(":")[0] for line in lines] == ["url", "method"]


def test_a_name_is_given_once(tmp_path):
    lines = faults(tmp_path, http() + http())
    assert lines == [
        'status.toml: checks[2] "api": name: expected a name of its own: status.toml: checks[1] "api" has it'
    ]


def test_a_built_in_is_adjusted_once(tmp_path):
    lines = faults(tmp_path, '[[checks]]\nname = "database"\n[[checks]]\nname = "database"')
    assert lines == [
        'status.toml: checks[2] "database": name: expected a name of its own: status.toml: checks[1] "database" has it'
    ]


@pytest.mark.parametrize(
    ("parent", "told"),
    [
        ("shp", "checks that are there; shp is not, the nearest is shop"),
        ("redis", "checks that are there; redis appears where REDIS_URL is set"),
        ("off", "checks that are there; off is disabled"),
    ],
)
def test_a_check_depends_on_checks_that_are_there(tmp_path, parent, told):
    toml = http(f'depends_on = ["{parent}"]') + http(name="shop") + http("enabled = false", name="off")
    assert faults(tmp_path, toml) == [f'{PLACE}depends_on = ["{parent}"]: expected {told}']


def test_a_check_may_depend_on_a_built_in_and_on_one_that_comes_later(tmp_path):
    toml = http('depends_on = ["database", "later"]') + http(name="later")
    assert check(loaded(tmp_path, toml), "api").depends_on == ("database", "later")


def test_each_circle_is_told_once(tmp_path):
    edges = {"a": "b", "b": "c", "c": "a", "d": "e", "e": "d", "f": "a"}
    lines = faults(tmp_path, "".join(http(f'depends_on = ["{to}"]', name=name) for name, to in edges.items()))
    assert [line.split("expected ")[1] for line in lines] == ["no circle: a → b → c → a", "no circle: d → e → d"]


def test_circles_that_share_a_check_are_both_told(tmp_path):
    toml = http('depends_on = ["b"]', name="a") + http('depends_on = ["a", "c"]', name="b")
    lines = faults(tmp_path, toml + http('depends_on = ["b"]', name="c"))
    assert [line.split("expected ")[1] for line in lines] == ["no circle: a → b → a", "no circle: b → c → b"]


def test_a_long_chain_is_no_circle(tmp_path):
    chain = "".join(http(f'depends_on = ["n{number + 1}"]', name=f"n{number}") for number in range(1500))
    assert len(loaded(tmp_path, chain + http(name="n1500")).checks) == 1503


def test_a_disabled_check_is_gone_and_needs_nothing(tmp_path):
    assert names(loaded(tmp_path, table('url = "${UNSET}"', "enabled = false"))) == ["database", "disk-space"]


def test_a_disabled_check_still_has_known_keys_and_a_known_type(tmp_path):
    assert len(faults(tmp_path, http("enabled = false", "ulr = 1") + table("enabled = false", name="b", kind="x"))) == 2


def test_all_faults_of_all_places_come_at_once(tmp_path):
    toml = "colour = 1\n[page]\nurl = 'x'\n" + http("interval = 1", "timeout = 2") + table(name="b")
    lines = faults(tmp_path, toml, PORT="x", DATABASE_URL="x")
    assert len(lines) == 7


def test_only_repr_safe_text_is_in_a_check(tmp_path):
    settings = loaded(tmp_path, http('token = "hunter2"'), OPENAI_API_KEY="hunter2", JWT_SECRET="hunter2" * 9)
    assert "hunter2" not in repr(settings) + repr(settings.checks)
