"""The device's own client and the real backend: signed photos are known as the device's, and a
device whose counter was lost goes on."""

from pathlib import Path

import pytest

from photo_wire.headers import ClockStatus, Trigger
from photo_wire.heartbeat import Heartbeat
from photo_wire.media import Media
from photo_wire.name import new_name
from pi_uploader.client import BackendClient
from pi_uploader.identity import Identity
from pi_uploader.identity.counter import COUNTER_FILE
from pi_uploader.spool import PhotoInfo, Spool
from tests.support.api import MOMENT, Api, new_camera
from tests.support.backend import Backend
from tests.support.pictures import jpeg

pytestmark = pytest.mark.usefixtures("quick_client")
PICTURE = jpeg(seed=1)


class SigningClient:
    """A device with one camera of the same name; each is a new start of its upload process."""

    def __init__(self, folder: Path, name: str, backend: Backend) -> None:
        self.name, self.spool = name, Spool(folder)
        identity = Identity.open(folder, {}, name)
        self.backend = BackendClient(backend.base_url, backend.function_key, identity=identity)
        self.identity = identity

    def send_photo(self) -> str:
        info = PhotoInfo(
            new_name(self.name, MOMENT), Media.JPEG, Trigger.MOTION, ClockStatus.SYNCED
        )
        photo = self.spool.put(PICTURE, info)
        with self.spool.open(photo) as file:
            self.backend.send_photo(photo, file, waiting=0)
        return str(photo.name)

    def send_heartbeat(self) -> None:
        self.backend.send_heartbeat(self.name, Heartbeat(version="0", interval=300))


def test_what_a_device_signs_is_known_as_its_own(tmp_path: Path, backend: Backend) -> None:
    device = SigningClient(tmp_path, new_camera(), backend)
    api = Api(backend)
    name = device.send_photo()
    shown = api.read(f"/api/photos/{name}").json()
    assert (shown["device"], shown["standing"]) == (device.name, "verified")
    assert device.backend.send_alerts([]) is not None
    assert device.backend.find_known([name]).known == {name}


def test_a_device_whose_counter_was_lost_goes_on(tmp_path: Path, backend: Backend) -> None:
    """The backend has seen 5,001, and says so when the device begins at 1."""
    name = new_camera()
    device = SigningClient(tmp_path, name, backend)
    device.send_photo()
    assert device.identity.jump_above(5000)
    device.send_heartbeat()
    (tmp_path / COUNTER_FILE).unlink()
    again = SigningClient(tmp_path, name, backend)
    again.send_heartbeat()
    photo = again.send_photo()
    assert Api(backend).read(f"/api/photos/{photo}").json()["standing"] == "verified"
    (tmp_path / COUNTER_FILE).write_text("damaged")
    photo = SigningClient(tmp_path, name, backend).send_photo()
    assert Api(backend).read(f"/api/photos/{photo}").json()["standing"] == "verified"
