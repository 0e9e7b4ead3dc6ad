"""Whether the index, the list of the trash and the counts agree with what is stored."""

from datetime import datetime, timedelta

from function_app.services import Services
from function_app.storage.models import Photo
from function_app.storage.row_keys import View


def blobs_of(backend: Services, camera: str) -> list[Photo]:
    """Return what is stored of a camera."""
    return [blob for blob in backend.blobs.list_photos(camera) if blob]


def trash_of(backend: Services, camera: str) -> list[Photo]:
    """Return the list of the trash of a camera, which has to be in that of all, too."""
    own = backend.index.list_trash(1000, camera=camera)
    of_all = backend.index.list_trash(1000)
    assert [one for one in of_all if one.name.camera == camera] == own
    return own


def assert_agrees(backend: Services, camera: str, now: datetime) -> None:
    """Assert that each photo is where its blob says: in each order of the index and in the counts,
    or in the trash, or in neither."""
    blobs = blobs_of(backend, camera)
    stored = {blob for blob in blobs if blob.deleted_at is None}
    trashed = {blob for blob in blobs if blob.is_trashed}
    in_trash = trash_of(backend, camera)
    assert len(in_trash) == len(trashed)
    assert set(in_trash) == trashed
    for view in (
        View(one, oldest_first=oldest_first, stubs=stubs)
        for one in (camera, None)
        for oldest_first in (False, True)
        for stubs in (False, True)
    ):
        listed = [one for one in backend.index.query(view, 1000) if one.name.camera == camera]
        assert set(listed) == {one for one in stored if one.is_stub is view.stubs}, view
    arrivals = backend.index.list_arrivals(camera, now + timedelta(days=1), 1000)
    assert sorted(str(photo.name) for _, photo in arrivals) == sorted(
        str(one.name) for one in stored
    )
    assert {photo for _, photo in arrivals} == stored
    for position, photo in arrivals:
        assert backend.index.position(photo.name) == position
    counts = backend.index.count_photos(now).get(camera)
    total = counts.total if counts else None
    assert (total.photos if total else 0) == sum(not one.is_stub for one in stored)
    assert (total.stubs if total else 0) == sum(one.is_stub for one in stored)
    assert (total.size if total else 0) == sum(one.size for one in stored)


def received(backend: Services, camera: str, now: datetime) -> int:
    """Return how many photos of a camera ever came, by its counts."""
    return backend.index.count_photos(now)[camera].received
