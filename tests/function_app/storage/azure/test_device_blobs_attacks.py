"""A device that lies, with the link by which it may write its live picture."""

import gzip
import http.client
import tracemalloc
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from function_app.services import Services, connect
from function_app.settings import Settings
from local.azurite import Azurite
from tests.support.pictures import jpeg

PUT_BLOB = {"x-ms-blob-type": "BlockBlob"}
MAX_BYTES = 300 * 1024


@pytest.fixture
def services(azurite: Azurite) -> Services:
    return connect(Settings(azurite.connection_string))


@pytest.fixture
def link(services: Services, camera: str) -> str:
    end = datetime.now(UTC) + timedelta(minutes=10)
    link = services.device_blobs.link(f"live/{camera}.jpg", end, may_write=True)
    assert link
    services.device_blobs.write(f"live/{camera}.jpg", b"1", "image/jpeg")
    services.device_blobs.remove(f"live/{camera}.jpg")
    return link


def put(link: str, headers: dict[str, str], body: bytes = b"", also: str = "") -> int:
    """Send what the holder of the link wants to, and return the status."""
    url = urlsplit(link)
    connection = http.client.HTTPConnection(url.netloc, timeout=90)
    connection.request(
        "PUT", f"{url.path}?{also}{url.query}", body, {"x-ms-version": "2021-12-02", **headers}
    )
    status = connection.getresponse().status
    connection.close()
    return status


def test_a_leased_picture_is_removed_all_the_same(
    services: Services, link: str, camera: str
) -> None:
    """Who may write a blob may lease it, for ever."""
    assert put(link, PUT_BLOB, jpeg()) == 201
    lease = {"x-ms-lease-action": "acquire", "x-ms-lease-duration": "-1"}
    assert put(link, lease, also="comp=lease&") == 201
    services.device_blobs.remove(f"live/{camera}.jpg")
    assert services.device_blobs.read(f"live/{camera}.jpg", MAX_BYTES) is None


def test_a_picture_goes_with_its_snapshots(services: Services, link: str, camera: str) -> None:
    assert put(link, PUT_BLOB, jpeg()) == 201
    assert put(link, {}, also="comp=snapshot&") == 201
    services.device_blobs.remove(f"live/{camera}.jpg")
    assert services.device_blobs.read(f"live/{camera}.jpg", MAX_BYTES) is None


def test_a_packed_picture_is_not_unpacked(services: Services, link: str, camera: str) -> None:
    """A hundred KB would become a hundred MB."""
    bomb = gzip.compress(jpeg() + bytes(100_000_000))
    assert len(bomb) < MAX_BYTES
    headers = {**PUT_BLOB, "x-ms-blob-content-encoding": "gzip"}
    assert put(link, headers, bomb) == 201
    tracemalloc.start()
    try:
        found = services.device_blobs.read(f"live/{camera}.jpg", MAX_BYTES)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found is None or found.content == bomb
    assert peak < 5_000_000
