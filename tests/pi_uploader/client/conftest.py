"""The fixtures of the client's tests."""

import pytest

from pi_uploader.client import connection
from tests.support.uploading import authority, quick_client, trusted

__all__ = ["authority", "quick_client", "trusted"]

PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
VARIABLES = (*PROXY_VARIABLES, *map(str.upper, PROXY_VARIABLES), *connection.CA_VARIABLES)


@pytest.fixture
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment names no proxy and no certificates."""
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture(autouse=True)
def _quick_client(quick_client: None) -> None:
    """Every test here has it."""
