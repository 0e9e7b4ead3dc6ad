"""What the tests of devices share: a backend in memory and one on Azurite."""

from collections.abc import Iterator

import pytest

from function_app.services import Services, connect
from function_app.settings import Settings
from tests.conftest import NewStore
from tests.support.memory_store import memory_services


@pytest.fixture(params=["memory", "azurite"])
def services(request: pytest.FixtureRequest) -> Iterator[Services]:
    """A backend that knows no device."""
    if request.param == "memory":
        yield memory_services(Settings(""))
        return
    new_store: NewStore = request.getfixturevalue("new_store")
    yield connect(Settings(new_store()))
