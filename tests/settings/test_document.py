import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from monitoring.settings import SettingsError, render
from tests.settings.given import faults, loaded, names
from tests.settings.toml import written


def test_the_file_may_be_missing(tmp_path):
    settings = loaded(tmp_path)
    assert settings.status_config is None and settings.page.title == "Status" and settings.connectivity is None


def test_it_reads_page_and_connectivity(tmp_path):
    toml = """
        page = { title = "Shop", url = "https://status.example.com", links = [{ title = "Help", url = "https://h" }] }
        connectivity = { targets = ["192.0.2.1:53", "[2001:db8::1]:443"], timeout = "1s" }
    """
    settings = loaded(tmp_path, toml)
    assert (settings.page.title, settings.page.links[0].url) == ("Shop", "https://h")
    assert settings.connectivity.addresses == (("192.0.2.1", 53), ("2001:db8::1", 443))
    assert settings.connectivity.timeout == 1 and settings.status_config == tmp_path / "status.toml"


def test_status_config_names_another_file(tmp_path):
    (tmp_path / "other.toml").write_text("[page]\ntitle = 5")
    assert faults(tmp_path, STATUS_CONFIG="other.toml") == ["other.toml: page.title = 5: expected text"]


def test_a_named_file_that_does_not_exist_is_told_along_with_the_environment(tmp_path):
    lines = faults(tmp_path, STATUS_CONFIG="none.toml", PORT="x")
    assert lines == [
        'PORT = "x": expected a whole number from 1 to 65535',
        'STATUS_CONFIG = "none.toml": expected a file that exists',
    ]


def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "folder").mkdir()
    assert "expected a readable file: Is a directory" in faults(tmp_path, STATUS_CONFIG="folder")[0]


def test_it_says_where_the_toml_breaks(tmp_path):
    assert faults(tmp_path, "[page]\ntitle = Shop") == [
        "status.toml: expected TOML: Invalid value (at line 2, column 9)"
    ]


def test_it_says_which_byte_is_no_utf8(tmp_path):
    (tmp_path / "status.toml").write_bytes(b'a = "\xff"')
    assert faults(tmp_path) == ["status.toml: expected text in UTF-8: byte 5 is not"]


@pytest.mark.parametrize("toml", ["a = " + "[" * 5000, "a" + ".a" * 5000 + " = 1", "checks = " + "[" * 90 + "]" * 90])
def test_deep_nesting_is_a_fault_and_no_crash(tmp_path, toml):
    assert "nested" in faults(tmp_path, toml)[0]


def test_a_huge_file_is_a_fault(tmp_path):
    assert "larger than 4 MiB" in faults(tmp_path, "#" * (5 * 1024 * 1024))[0]


@pytest.mark.parametrize(
    ("toml", "line"),
    [
        ('[[check]]\nname = "a"', "status.toml: check: expected a known key; the nearest is checks"),
        ("zzz = 1", "status.toml: zzz: expected a known key: page, connectivity, budgets, thresholds, checks"),
        ('[page]\ntilte = "s3cret"', "status.toml: page.tilte: expected a known key; the nearest is title"),
        ('connectivity = { target = 1, targets = ["h:1"] }', "status.toml: connectivity.target: expected a known key"),
        ("page = 3", "status.toml: page = 3: expected a table"),
        ("checks = 3", "status.toml: checks = 3: expected an array of tables, [[checks]]"),
        ('[checks]\ntoken = "x"', "status.toml: checks: expected an array of tables, [[checks]]"),
        ("checks = [5]", "status.toml: checks[1] = 5: expected a table"),
        ('[page]\nurl = "shop"', 'status.toml: page.url = "shop": expected an http:// or https:// address'),
        ("[page]\nlinks = [{}]", "status.toml: page.links[1].title: expected text of 1 to 100 characters; it is requi"),
        ("[connectivity]", 'status.toml: connectivity.targets: expected an array of at least one "host:port"'),
        ("[connectivity]\ntargets = []", "status.toml: connectivity.targets = []: expected an array of at least one"),
        ('[connectivity]\ntargets = ["h"]', 'status.toml: connectivity.targets = ["h"]: expected "host:port" with a'),
        (
            'connectivity = { targets = ["h:1"], timeout = 3 }',
            "status.toml: connectivity.timeout = 3: expected a durat",
        ),
        ('connectivity = { targets = ["h:1"], timeout = "2m" }', 'status.toml: connectivity.timeout = "2m": expected'),
    ],
)
def test_what_is_wrong_in_the_file_is_told_with_its_place(tmp_path, toml, line):
    lines = faults(tmp_path, toml)
    assert lines and lines[0].startswith(line)


def test_an_unknown_key_hides_its_value(tmp_path):
    assert "hunter2" not in "".join(faults(tmp_path, 'pasword = "hunter2"'))


KEYS = st.sampled_from(
    ["page", "checks", "connectivity", "links", "title", "url", "targets", "timeout", "name", "type", "enabled"]
) | st.sampled_from(["interval", "depends_on", "headers", "method", "price", "slow_after", "public", "path", "zzz"])
SCALARS = (
    st.sampled_from(["http", "redis", "disk", "database", "a", "b", "30s", "${A}", "${", "http://h", "", "live"])
    | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
    | st.integers()
    | st.floats()
    | st.booleans()
    | st.dates()
    | st.times()
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=12
)
CHECKS = st.lists(st.dictionaries(KEYS, VALUES, max_size=7), max_size=4)
DOCUMENTS = st.fixed_dictionaries({}, optional={"page": VALUES, "connectivity": VALUES, "checks": VALUES | CHECKS})


@hypothesis_settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(DOCUMENTS)
def test_whatever_the_toml_says_it_loads_or_tells_its_faults(tmp_path, document):
    try:
        settings = loaded(tmp_path, written(document) + "\n", A="x")
    except SettingsError as error:
        assert error.faults and all(fault.key.startswith("status.toml") for fault in error.faults)
    else:
        assert len(set(names(settings))) == len(settings.checks) and render(settings)


def test_budgets_and_thresholds_are_read(tmp_path):
    toml = '[budgets]\nopenai = { monthly = 50, daily = 2.5 }\n[thresholds]\n"db.query" = "250ms"'
    settings = loaded(tmp_path, toml)
    assert (settings.budgets["openai"].monthly, settings.budgets["openai"].daily) == (50, 2.5)
    assert settings.thresholds == {"db.query": 0.25}


@pytest.mark.parametrize(
    ("toml", "fault"),
    [
        ("budgets = { openai = 50 }", "budgets.openai = 50: expected a table"),
        ("budgets = { openai = {} }", "budgets.openai.monthly: expected a daily or a monthly limit in dollars"),
        ("budgets = { openai = { monthly = -1 } }", "budgets.openai.monthly = -1: expected dollars, more than 0"),
        ("budgets = { openai = { mothly = 1, daily = 1 } }", "budgets.openai.mothly: expected a known key"),
        ('[thresholds]\n"db.query" = 5', "thresholds.db.query = 5: expected a duration"),
    ],
)
def test_wrong_budgets_and_thresholds_are_told(tmp_path, toml, fault):
    assert faults(tmp_path, toml)[0].startswith(f"status.toml: {fault}")
