"""Photos that a backend stores, and a look at all that it holds."""

from datetime import UTC, datetime, timedelta

from azure.data.tables import TableServiceClient

from function_app.retention_policy import RetentionPolicy
from function_app.services import Services
from function_app.settings import Settings
from function_app.storage.azure.photo_table import TABLE
from function_app.storage.models import Photo
from function_app.storage.row_keys import PHOTOS, View, arrival_key, arrival_position
from photo_wire.media import Media
from photo_wire.moment import format_time
from tests.support.api import name_of
from tests.support.memory_store import MemoryIndex
from tests.support.services import count_rows

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


BODY = b"the bytes of a photo"


KEPT = Settings("", retention=RetentionPolicy(timedelta(days=120), {"gate": timedelta(days=30)}))


def stored(
    backend: Services, camera: str, days_ago: float, tag: str = "00000000", listed: bool = True
) -> Photo:
    """Store a photo that was taken and received so many days ago, and return it."""
    at = NOW - timedelta(days=days_ago)
    name = name_of(camera, at, tag)
    photo = Photo(name, Media.JPEG, "ab" * 32, len(BODY), name.captured_at, trigger="motion")
    backend.blobs.add(photo, BODY)
    if listed:
        backend.index.add(photo, photo.received_at)
    return photo


def everything(backend: Services) -> list[object]:
    """Return what the lists and the blobs contain."""
    views = [View(), View(oldest_first=True)]
    cameras = sorted(backend.index.cameras())
    views += [View(one, oldest_first=order) for one in cameras for order in (False, True)]
    later = NOW + timedelta(days=1)
    return [
        [backend.index.query(view, 1000) for view in views],
        [backend.index.list_arrivals(one, later, 1000) for one in cameras],
        [list(backend.blobs.list_photos(one)) for one in backend.blobs.cameras()],
        [list(backend.thumbnails.list_names(one)) for one in cameras],
    ]


def is_consistent(backend: Services) -> bool:
    """Return whether all lists and the blobs have the same photos."""
    lists, arrivals, blobs, _ = everything(backend)
    all_photos = {photo.name for photo in lists[0]}  # type: ignore[index]
    return (
        {photo.name for one in arrivals for _, photo in one} == all_photos  # type: ignore[attr-defined]
        and {photo.name for one in blobs for photo in one if not photo.deleted_at} == all_photos  # type: ignore[attr-defined]
        and {photo.name for photo in lists[1]} == all_photos  # type: ignore[index]
    )


def leave_orphan(backend: Services, photo: Photo, at: datetime) -> None:
    """Write a row of this photo among its camera's arrivals, as if it was listed at that moment."""
    if isinstance(backend.index, MemoryIndex):
        backend.index.arrivals[photo.name.camera][arrival_position(photo.name, at)] = photo
        return
    tables = TableServiceClient.from_connection_string(backend.settings.connection_string)
    key = arrival_key(photo.name, at)
    row = {"PartitionKey": PHOTOS, "RowKey": key, "listed_at": format_time(at)}
    tables.get_table_client(TABLE).upsert_entity({**photo.to_properties(), **row})


def lose_arrival(backend: Services, photo: Photo, at: datetime) -> None:
    """Remove the row of this photo, listed at that moment, among its camera's arrivals alone."""
    if isinstance(backend.index, MemoryIndex):
        del backend.index.arrivals[photo.name.camera][arrival_position(photo.name, at)]
    else:
        count_rows(backend).remove(PHOTOS, arrival_key(photo.name, at))  # the same table
