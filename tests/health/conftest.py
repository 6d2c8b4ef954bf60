"""A runner for tests of checks."""

from collections.abc import Iterator

import pytest

from monitoring.health.runner import Runner
from tests.support.certificates import Certificates


@pytest.fixture
def runner() -> Iterator[Runner]:
    """A runner that ends with the test."""
    made = Runner()
    yield made
    made.stop()


@pytest.fixture
def trusted(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> Certificates:
    """A certificate authority that checks trust."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.ca))
    return certificates
