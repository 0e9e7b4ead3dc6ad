"""What every store of devices' blobs promises: the same suite on the one in memory and on
Azurite."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from function_app.services import Services

TYPE = "application/json"


def test_a_blob_is_written_read_and_removed(services: Services, camera: str) -> None:
    """What is missing, or too long for its reader, is None; removing twice does no harm."""
    blobs, path = services.device_blobs, f"commands/{camera}.json"
    assert blobs.read(path, 100) is None
    assert blobs.write(path, b"12345", TYPE)
    found = blobs.read(path, 5)
    assert found
    assert found.content == b"12345"
    assert abs(datetime.now(UTC) - found.modified_at) < timedelta(minutes=5)
    assert blobs.read(path, 4) is None
    blobs.remove(path)
    blobs.remove(path)
    assert blobs.read(path, 100) is None


def test_an_empty_blob_has_nothing_to_read(services: Services, camera: str) -> None:
    """Whoever may write it by a link may write that, too."""
    assert services.device_blobs.write(camera, b"", TYPE)
    assert services.device_blobs.read(camera, 100) is None
    assert not services.device_blobs.write(camera, b"1", TYPE)


def test_a_blob_that_changed_meanwhile_is_not_overwritten(services: Services, camera: str) -> None:
    """Nor created, if it is there, nor written again, if it is gone."""
    blobs = services.device_blobs
    assert blobs.write(camera, b"1", TYPE)
    assert not blobs.write(camera, b"2", TYPE)
    first = blobs.read(camera, 100)
    assert first
    assert blobs.write(camera, b"3", TYPE, first.etag)
    assert not blobs.write(camera, b"4", TYPE, first.etag)
    now = blobs.read(camera, 100)
    assert now
    assert now.content == b"3"
    blobs.remove(camera)
    assert not blobs.write(camera, b"5", TYPE, now.etag)
    assert blobs.read(camera, 100) is None


def test_of_many_that_write_at_once_one_does(services: Services, camera: str) -> None:
    """Of those that create it, and of those that replace the same version."""
    blobs = services.device_blobs
    with ThreadPoolExecutor(8) as pool:
        created = list(pool.map(lambda n: blobs.write(camera, b"%d" % n, TYPE), range(8)))
        first = blobs.read(camera, 100)
        assert first
        replaced = list(
            pool.map(lambda n: blobs.write(camera, b"%d" % n, TYPE, first.etag), range(8))
        )
    assert created.count(True) == replaced.count(True) == 1
    assert first.content == b"%d" % created.index(True)


def test_a_link_is_an_address(services: Services, camera: str) -> None:
    link = services.device_blobs.link(camera, datetime.now(UTC) + timedelta(hours=1))
    assert link
    assert camera in link.partition("?")[0]
