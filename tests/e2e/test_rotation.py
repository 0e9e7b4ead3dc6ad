"""A key is rotated while photos are taken: none is lost, stored twice or moved to quarantine
(docs/operate.md)."""

import secrets
from pathlib import Path

import pytest

from local.azurite import Azurite
from photo_wire.headers import ClockStatus, Trigger
from photo_wire.media import Media
from pi_uploader.client.backend import BackendClient
from pi_uploader.spool import PhotoInfo, Spool
from pi_uploader.upload.uploader import Uploader
from tests.conftest import StartBackend
from tests.support.api import Api, Store, new_camera
from tests.support.backend import Backend
from tests.support.fake_clock import FakeClock
from tests.support.oracle import whereabouts
from tests.support.pictures import jpeg
from tests.support.spool_photos import name


class Device:
    """A spool, and an uploader for which time passes only in `try_once`."""

    def __init__(self, folder: Path, backend: Backend) -> None:
        self.camera = new_camera()
        self._folder = folder
        self._backend = backend
        self._spool = Spool(folder)
        self._now = 0.0
        self.taken: set[str] = set()
        self.start(backend.function_key)

    def start(self, key: str) -> None:
        """Start or restart the upload service with this key."""
        client = BackendClient(self._backend.base_url, key)
        self._uploader = Uploader(self._spool, client, clock=FakeClock(seconds=lambda: self._now))

    def take(self, *numbers: int) -> None:
        for number in numbers:
            named = name(number, self.camera)
            picture = jpeg(seed=number)
            self._spool.put(
                picture, PhotoInfo(named, Media.JPEG, Trigger.MOTION, ClockStatus.SYNCED)
            )
            self.taken.add(str(named))

    def try_once(self, times: int = 1) -> None:
        for _ in range(times):
            self._now += self._uploader.retries.breaker.open_for()
            self._uploader.step()

    @property
    def places(self) -> list[str]:
        """The folder of each photo in the spool."""
        return [place for places in whereabouts(self._folder).values() for place in places]


@pytest.fixture
def backend(azurite: Azurite, start_backend: StartBackend) -> Backend:
    """A backend of this test, over the session's store."""
    return start_backend(azurite.connection_string)


@pytest.fixture
def device(backend: Backend, tmp_path: Path) -> Device:
    return Device(tmp_path, backend)


@pytest.mark.slow
def test_photos_wait_for_the_new_key_and_arrive_once(
    backend: Backend, device: Device, azurite: Azurite, secrets_used: set[str]
) -> None:
    """The old key is invalid before the device has the new one: infra/rotate-keys.sh."""
    device.take(1, 2)
    device.try_once(2)
    assert device.places == []

    device.take(3, 4)
    rotate(backend, secrets.token_urlsafe(32), secrets_used)
    device.take(5)
    device.try_once(20)  # hours of it
    assert device.places == ["waiting"] * 3

    device.start(backend.function_key)
    device.try_once(3)
    assert device.places == []
    assert stored(backend, device) == sorted(device.taken)
    assert len(Store(azurite.connection_string).blobs(device.camera)) == 5


@pytest.mark.slow
def test_with_two_valid_keys_meanwhile_no_photo_waits(
    backend: Backend, device: Device, secrets_used: set[str]
) -> None:
    """A second key is added, the device gets it, and the first one is removed."""
    old, new = backend.function_key, secrets.token_urlsafe(32)
    device.take(1)
    rotate(backend, f"{old},{new}", secrets_used)
    device.try_once()
    assert device.places == []
    device.start(new)
    device.take(2)
    device.try_once()
    assert device.places == []
    rotate(backend, new, secrets_used)
    device.take(3)
    device.try_once()
    assert device.places == []
    assert stored(backend, device) == sorted(device.taken)


def rotate(backend: Backend, keys: str, secrets_used: set[str]) -> None:
    """Restart the backend with these keys only."""
    secrets_used.update(keys.split(","))
    backend.stop()
    backend.function_key = keys
    backend.start()


def stored(backend: Backend, device: Device) -> list[str]:
    return sorted(photo["id"] for photo in Api(backend).listed(device.camera))
