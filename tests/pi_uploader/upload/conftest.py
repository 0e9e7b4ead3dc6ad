"""What the tests of the upload share."""

import pytest
from tenacity import wait_none

from tests.support.certificates import Authority


@pytest.fixture(autouse=True)
def _little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing rests before its second try."""
    monkeypatch.setattr("pi_uploader.upload.client.BackendClient._ask.retry.wait", wait_none())


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """The authority, trusted by whatever opens a session in this test."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.bundle))
    return authority
