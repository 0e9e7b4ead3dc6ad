"""What the tests of the stores on Azure share."""

import pytest

from function_app.services import Services, connect
from function_app.settings import Settings, StorageAccess
from local.azurite import Azurite


@pytest.fixture(params=[False, True], ids=["by hand", "SDK only"])
def sdk_only(request: pytest.FixtureRequest) -> bool:
    """Whether the SDK makes the requests that are else written by hand."""
    is_sdk_only: bool = request.param
    return is_sdk_only


@pytest.fixture
def connected(azurite: Azurite, sdk_only: bool) -> Services:
    """Stores in the session's Azurite."""
    return connect(Settings(azurite.connection_string, storage=StorageAccess(sdk_only=sdk_only)))
