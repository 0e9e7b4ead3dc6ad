"""What the backend's tests share, beside tests/conftest.py."""

import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from function_app import services as store_side
from function_app.settings import Settings
from local.azurite import Azurite
from tests.conftest import NewStore
from tests.support.api import Api, Store, new_camera
from tests.support.backend import Backend
from tests.support.memory_store import memory_services
from tests.support.stored_photos import KEPT
from tests.support.time_limits import lift_time_limits

# The stores in memory behave as those on Azure do: tests/function_app/storage/ compares the two in
# every run. So what lies above them is tested on the second kind by the whole suite alone.
KINDS = ["memory", pytest.param("azurite", marks=pytest.mark.slow)]


@pytest.fixture(scope="module", autouse=True)
def no_time_limits() -> Iterator[None]:
    """Let a slow machine take its time."""
    with pytest.MonkeyPatch.context() as patch:
        lift_time_limits(patch)
        yield


@pytest.fixture
def api(backend: Backend) -> Api:
    """A client of the session's backend."""
    return Api(backend)


@pytest.fixture
def busy_threads() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.fixture
def store(azurite: Azurite) -> Store:
    """The session's storage account."""
    return Store(azurite.connection_string)


@pytest.fixture
def camera() -> str:
    """A camera of the test's own."""
    return new_camera()


@pytest.fixture(params=KINDS)
def empty(request: pytest.FixtureRequest) -> Iterator[store_side.Services]:
    """A backend that keeps nothing yet, of both kinds."""
    if request.param == "memory":
        yield memory_services(Settings(""))
        return
    new_store: NewStore = request.getfixturevalue("new_store")
    yield store_side.connect(Settings(new_store()))


@pytest.fixture(params=KINDS)
def own(request: pytest.FixtureRequest) -> Iterator[store_side.Services]:
    """An empty backend that deletes photos by age, of both kinds."""
    if request.param == "memory":
        yield memory_services(KEPT)
        return
    new_store: NewStore = request.getfixturevalue("new_store")
    yield store_side.connect(replace(KEPT, connection_string=new_store()))


@pytest.fixture
def admin(api: Api) -> dict[str, str]:
    """The header of the admin token."""
    return {"Authorization": f"Bearer {api.backend.admin_token}"}


@pytest.fixture
def phone(api: Api, admin: dict[str, str], camera: str) -> dict[str, str]:
    """The header of a token that may upload photos of one camera."""
    grant = {"name": camera, "scopes": ["upload"], "cameras": [camera]}
    token = api.ask("/api/tokens", admin, "POST", json=grant).json()["token"]
    return {"Authorization": f"Bearer {token}"}
