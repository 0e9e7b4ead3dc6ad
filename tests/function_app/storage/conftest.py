"""What the stores' tests share: every kind of store, the one on Azure also with the SDK alone."""

from collections.abc import Iterator

import pytest

from function_app.services import Services, connect
from function_app.settings import Settings, StorageAccess
from local.azurite import Azurite
from tests.conftest import NewStore
from tests.support.memory_store import memory_services

SDK_ONLY = "azurite, SDK only"
# With the SDK alone the stores behave alike, and each row takes it five times as long.
KINDS = ["memory", "azurite", pytest.param(SDK_ONLY, marks=pytest.mark.slow)]


@pytest.fixture(params=KINDS)
def services(request: pytest.FixtureRequest) -> Iterator[Services]:
    """Stores of each kind, shared with other tests."""
    if request.param == "memory":
        yield memory_services(Settings(""))
        return
    azurite: Azurite = request.getfixturevalue("azurite")
    is_sdk_only = request.param == SDK_ONLY
    yield connect(Settings(azurite.connection_string, storage=StorageAccess(sdk_only=is_sdk_only)))


@pytest.fixture(params=KINDS)
def empty(request: pytest.FixtureRequest) -> Iterator[Services]:
    """Empty stores of each kind."""
    if request.param == "memory":
        yield memory_services(Settings(""))
        return
    new_store: NewStore = request.getfixturevalue("new_store")
    yield connect(Settings(new_store(), storage=StorageAccess(sdk_only=request.param == SDK_ONLY)))
