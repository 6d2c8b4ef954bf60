import pytest

from tests.settings.given import check, faults, loaded


def http(line: str) -> str:
    return f'[[checks]]\nname = "api"\ntype = "http"\n{line}\n'


def test_it_takes_a_reference_from_the_environment(tmp_path):
    toml = http('url = "https://${API_HOST}/x"\nheaders = { X-Token = "Bearer ${TOKEN}" }\nexpected_status = ["${OK}"]')
    api = check(loaded(tmp_path, toml, API_HOST="h", TOKEN="t", OK="204"), "api")
    assert (api.url, api.headers, api.expected_status) == ("https://h/x", {"X-Token": "Bearer t"}, (204,))


def test_a_reference_may_stand_for_a_number_or_a_truth(tmp_path):
    toml = http('url = "http://h"\npublic = "${SHOWN}"\nfailures_to_confirm = "${RUN}"')
    api = check(loaded(tmp_path, toml, SHOWN="false", RUN="7"), "api")
    assert (api.public, api.failures_to_confirm) == (False, 7)


@pytest.mark.parametrize("amount", ["nan", "inf", "1e999", "9" * 30, "9" * 5000, "x"])
def test_a_reference_stands_for_no_number_that_cannot_be_used(tmp_path, amount):
    lines = faults(
        tmp_path, http('url = "http://h"\nprice = "${PRICE}"\nfailures_to_confirm = "${PRICE}"'), PRICE=amount
    )
    assert [line.split(": ")[2].split(" = ")[0] for line in lines][-1] == "failures_to_confirm"
    assert amount == "9" * 30 or len(lines) == 2


def test_text_is_no_number_without_a_reference(tmp_path):
    lines = faults(tmp_path, http('url = "http://h"\nfailures_to_confirm = "7"'))
    assert lines == ['status.toml: checks[1] "api": failures_to_confirm = "7": expected a whole number from 1 to 100']


def test_two_dollars_make_a_literal_brace(tmp_path):
    api = check(loaded(tmp_path, http('url = "http://h"\ndescription = "$5 $$ $${X}"')), "api")
    assert api.description == "$5 $$ ${X}"


@pytest.mark.parametrize("environ", [{}, {"API_HOST": ""}])
def test_an_unset_reference_names_its_variable_and_shows_the_text_as_written(tmp_path, environ):
    lines = faults(tmp_path, http('url = "https://${API_HOST}/x"'), **environ)
    assert lines == [
        'status.toml: checks[1] "api": url = "https://${API_HOST}/x": '
        "expected API_HOST in the environment, where it is not set"
    ]


def test_all_unset_references_are_told_at_once(tmp_path):
    lines = faults(tmp_path, http('url = "${A}${B}"\nheaders = { x = "${C}" }'))
    assert [line.split("expected ")[1][0] for line in lines] == ["A", "B", "C"]


@pytest.mark.parametrize("text", ["${", "${1X}", "${A B}", "${}"])
def test_a_malformed_reference_is_a_fault(tmp_path, text):
    assert "expected ${NAME}, or $${ for a literal ${" in faults(tmp_path, http(f'url = "http://{text}"'))[0]


def test_a_fault_shows_the_reference_and_never_what_it_stood_for(tmp_path):
    lines = faults(tmp_path, http('url = "${TARGET}"\nmethod = "${VERB}"'), TARGET="ftp://canary", VERB="canary")
    assert len(lines) == 2 and "canary" not in "".join(lines)
    assert 'url = "${TARGET}"' in "".join(lines) and 'method = "${VERB}"' in "".join(lines)
