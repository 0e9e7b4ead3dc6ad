"""What the backend's tests share, beside tests/conftest.py."""

import pytest

from local.azurite import Azurite
from tests.backend import Backend
from tests.function_app.api import Api, Store, new_camera


@pytest.fixture
def api(backend: Backend) -> Api:
    """A client of the session's backend."""
    return Api(backend)


@pytest.fixture
def store(azurite: Azurite) -> Store:
    """The session's storage account."""
    return Store(azurite.connection_string)


@pytest.fixture
def camera() -> str:
    """A camera of the test's own."""
    return new_camera()
