"""kill -9 in the worst moments: afterwards each photo is listed exactly once."""

import signal
import socket

import pytest

from local.azurite import Azurite
from tests.conftest import StartBackend
from tests.e2e.conftest import MakeDevice
from tests.support.api import Api, Store, name_of, photo_headers
from tests.support.backend import Backend
from tests.support.pictures import jpeg
from tests.support.table_relay import TableRelay
from tests.support.waiting import wait_for


def ids(photos: list[dict[str, object]]) -> list[object]:
    return [photo["id"] for photo in photos]


def test_the_uploader_is_killed_between_a_capture_and_its_upload(
    backend: Backend, make_device: MakeDevice
) -> None:
    """It waits for a server that never responds, and is killed; so is the capture."""
    device = make_device("killed-uploader")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(90)
        device.start("capture", backend)
        device.start("upload", backend, f"http://127.0.0.1:{silent.getsockname()[1]}")
        connection, _ = silent.accept()
        assert connection.recv(10)
        device.end(signal.SIGKILL)
        connection.close()
    kept = device.waiting()
    newest = device.newest_id()
    assert kept >= 1
    device.start("upload", backend)
    wait_for(lambda: device.waiting() == 0, what="an empty spool")
    listed = ids(Api(backend).listed(device.camera))
    assert newest in listed
    assert len(listed) == len(set(listed)) == kept


@pytest.mark.slow
def test_the_backend_is_killed_between_blob_and_index(
    azurite: Azurite, start_backend: StartBackend, make_device: MakeDevice
) -> None:
    """The table of photos does not respond (that of devices, which is read first, does): the blob
    is stored, its rows are not, and the backend is killed."""
    device = make_device("killed-backend")
    with TableRelay(azurite) as relay:
        backend = start_backend(relay.connection_string)
        store = Store(azurite.connection_string)
        # A new camera's first photo asks for the known cameras first; this camera is known.
        first_of_camera = name_of(device.camera)
        Api(backend).put(jpeg(seed=1), photo_headers(first_of_camera))
        earlier, rows = store.blobs(device.camera), store.rows(device.camera)
        relay.swallow(table="photos")
        device.start("capture", backend, every="1h")  # one photo; of more there may be two blobs
        wait_for(lambda: device.waiting() >= 1, what="a photo in the spool")
        device.end()
        kept = device.waiting()
        device.start("upload", backend)
        assert relay.swallowed.wait(90)
        [blob] = wait_for(lambda: set(store.blobs(device.camera)) - set(earlier), what="a blob")
        backend.kill()
    assert store.rows(device.camera) == rows
    assert device.waiting() == kept
    backend.connection_string = azurite.connection_string
    backend.start()
    wait_for(lambda: device.waiting() == 0, what="an empty spool")
    listed = ids(Api(backend).listed(device.camera))
    assert len(listed) == len(set(listed)) == len(store.blobs(device.camera)) == 1 + kept
    assert any(str(name) in blob for name in listed)
