import pytest

from monitoring.store.database import Database
from monitoring.web.headers import POLICY
from tests.web.conftest import MakeApp

BROWSER = {"Accept": "text/html,*/*;q=0.8"}


@pytest.mark.parametrize(("path", "accept"), [("/", BROWSER), ("/history", BROWSER), ("/nowhere", BROWSER)])
def test_a_page_may_do_nothing_but_be_read(
    sqlite: Database, make_app: MakeApp, path: str, accept: dict[str, str]
) -> None:
    headers = make_app(sqlite).test_client().get(path, headers=accept).headers
    assert headers["Content-Security-Policy"] == POLICY and "default-src 'none'" in POLICY
    assert (headers["Referrer-Policy"], headers["X-Frame-Options"]) == ("no-referrer", "DENY")


@pytest.mark.parametrize("path", ["/", "/health", "/health?detailed=true", "/nowhere", "/health/ready"])
def test_nothing_is_taken_for_something_else(sqlite: Database, make_app: MakeApp, path: str) -> None:
    answer = make_app(sqlite).test_client().get(path)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert ("Content-Security-Policy" in answer.headers) == (answer.mimetype == "text/html")
