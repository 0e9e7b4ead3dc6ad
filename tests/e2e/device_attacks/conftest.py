"""The backend that is attacked, on Azurite; each module has one, with devices of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import NewStore, new_backend
from tests.e2e.device_attacks.world import OLD_KEY, RANDOM, World, signed
from tests.support.api import Api, new_camera
from tests.support.backend import Backend
from tests.support.signing_device import SigningDevice


@pytest.fixture(scope="module")
def cameras() -> tuple[str, str]:
    """The name of the device and its camera, and that of another device."""
    return new_camera(), new_camera()


@pytest.fixture(scope="module")
def api(
    new_store: NewStore, log_folder: Path, secrets_used: set[str], cameras: tuple[str, str]
) -> Iterator[Api]:
    """A store of its own: what is counted, and all cameras that are listed, are of this module."""
    keys = [OLD_KEY, *(f"{camera}.{RANDOM}" for camera in cameras)]
    secrets_used.update(keys)
    env = {"FUNCTION_KEY": ",".join(keys)}
    backend: Backend = new_backend(new_store(), env, log_folder, secrets_used)
    backend.start()
    yield Api(backend)
    backend.stop()


@pytest.fixture(scope="module")
def world(api: Api, cameras: tuple[str, str]) -> World:
    world = World(api, SigningDevice(cameras[0]), SigningDevice(cameras[1]))
    for device in (world.gate, world.yard):
        name = world.new_photo(device.name)
        key = f"{device.name}.{RANDOM}"
        photo = world.photo(name, key, **{"X-Waiting": "7", "X-Trigger": "motion"})
        assert world.send(signed(device, photo)).status == 201
        assert (world.of(name)["device"], world.of(name)["standing"]) == (device.name, "verified")
    return world
