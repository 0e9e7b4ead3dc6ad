"""Repair the index: make it agree with the blobs, which are the truth.

Blobs, rows and thumbnails of each camera are merge-joined by photo. An interrupted deletion is
finished; rows without a blob are removed, and an alert says so; a blob without rows is indexed; a
thumbnail without a photo is removed, and so are orphaned rows. What is in the trash is in its list
and in no other. Whatever was received within the last hour may still be on its way, and is left
alone.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce
from heapq import merge
from itertools import groupby
from secrets import SystemRandom

from function_app.days.upkeep import check_days
from function_app.maintenance.deletion import TOMBSTONE_TTL, is_tombstone_expired
from function_app.maintenance.retention import RUN_SECONDS
from function_app.services import Services
from function_app.storage.models import Photo, Reindexed, State, StoredAlert
from function_app.storage.row_keys import View, trash_position
from photo_wire.alert import MISSING, Alert
from photo_wire.name import PhotoName

GRACE_PERIOD = timedelta(hours=1)
_PAGE_SIZE = 1000


@dataclass(slots=True)
class RepairReport:
    """What a repair found and did. `orphans` are rows among the arrivals that belong to no indexed
    photo; `unrecognized` are blobs that Nightjar did not write, or whose id is that of an indexed
    photo. `cameras` were repaired; for those in `skipped` there was no time."""

    photos: int = field(default=0, init=False)
    listed: int = field(default=0, init=False)
    unlisted: int = field(default=0, init=False)
    thumbnails: int = field(default=0, init=False)
    orphans: int = field(default=0, init=False)
    unrecognized: int = field(default=0, init=False)
    cameras: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, object]:
        """Return the fields of the API."""
        return {
            "photos": self.photos,
            "listed": self.listed,
            "unlisted": self.unlisted,
            "thumbnails": self.thumbnails,
            "strays": self.orphans,
            "foreign": self.unrecognized,
            "cameras": self.cameras,
            "left": self.skipped,
        }


@dataclass(frozen=True, slots=True)
class PhotoState:
    """What exists under a photo's name. `blobs` holds photos, those in the trash included, and
    tombstones."""

    name: PhotoName
    blobs: tuple[Photo, ...] = ()
    row: Photo | None = None
    has_thumbnail: bool = False

    @property
    def deleted(self) -> list[Photo]:
        """What is left of deleted photos: tombstones, and photos in the trash."""
        return [blob for blob in self.blobs if blob.deleted_at]

    @property
    def is_in_trash(self) -> bool:
        """Whether a photo of this name is in the trash."""
        return any(blob.is_trashed for blob in self.blobs)

    @property
    def photo(self) -> Photo | None:
        """The stored photo: of several formats under one name the one that is indexed."""
        stored = [blob for blob in self.blobs if not blob.deleted_at]
        indexed = (blob for blob in stored if self.row and blob.path == self.row.path)
        return next(indexed, stored[0] if stored else None)

    @property
    def others(self) -> list[Photo]:
        """Other stored formats under the name, which were rejected when they arrived (409)."""
        return [blob for blob in self.blobs if not blob.deleted_at and blob is not self.photo]

    @property
    def is_indexed(self) -> bool:
        """Whether the row is that of the stored photo."""
        return bool(self.row and self.photo and self.row.path == self.photo.path)

    @property
    def row_has_blob(self) -> bool:
        """Whether the blob of the row exists, as a photo or as a tombstone."""
        return self.row is not None and self.row.path in {blob.path for blob in self.blobs}


def merge_join(
    blobs: Iterable[Photo], rows: Iterable[Photo], thumbnails: Iterable[PhotoName]
) -> Iterator[PhotoState]:
    """Yield the state of each photo, the oldest first. All three inputs are in this order, by time
    and then by id, and are read lazily."""
    states = merge(
        (PhotoState(blob.name, blobs=(blob,)) for blob in blobs),
        (PhotoState(row.name, row=row) for row in rows),
        (PhotoState(name, has_thumbnail=True) for name in thumbnails),
        key=_sort_key,
    )
    for _, group in groupby(states, key=_sort_key):
        yield reduce(_combine, group)


def reconcile(
    services: Services,
    now: datetime,
    cameras: Collection[str] | None = None,
    everything: bool = False,
    seconds: float = RUN_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> RepairReport:
    """Repair these cameras, or all. With `everything` each photo is indexed again, as after the
    loss of the whole index. Raises StorageUnavailableError.

    It may be stopped at any point and called again. After `seconds`, measured by `clock`, no
    further camera is begun. Their order is random, so that it is not always the same cameras that
    are skipped.
    """
    end = clock() + seconds
    indexed = set(services.index.cameras())
    known = indexed | set(services.blobs.cameras())
    remaining = sorted(known if cameras is None else known & set(cameras))
    SystemRandom().shuffle(remaining)
    report = RepairReport()
    while remaining and clock() < end:
        camera = remaining.pop()
        newest = _reconcile_camera(camera, services, now, report, everything)
        if newest and (everything or camera not in indexed):
            services.index.update_last_seen(newest)
        services.index.purge_states(camera, now - TOMBSTONE_TTL)
        # Invalidate into the future: photos that arrive during the repair may be deleted during it.
        services.index.invalidate_counts(camera, now + GRACE_PERIOD)
        report.cameras.append(camera)
    report.cameras.sort()
    check_days(services, report.cameras, now)
    report.skipped = sorted(remaining)
    return report


def _reconcile_camera(
    camera: str, services: Services, now: datetime, report: RepairReport, everything: bool
) -> Photo | None:
    """Repair a camera and return the newest of its stored photos; the newest stub if there is no
    photo."""
    newest: Photo | None = None
    trashed = {photo.name: photo for photo in _read_trash(camera, services)}
    blobs, rows = _read_blobs(camera, services, report), _read_index(camera, services)
    for state in merge_join(blobs, rows, services.thumbnails.list_names(camera)):
        for deleted in state.deleted:
            listed = trashed.pop(deleted.name, None) if deleted.is_trashed else None
            _finish_deletion(deleted, state.row, listed, services, now, report)
        if state.row and not state.row_has_blob:
            _unindex(state.row, services, now, report)
        report.unrecognized += len(state.others)
        if state.deleted and state.photo and not state.is_indexed:
            report.unrecognized += 1  # a person deleted the photo of this id, in another format
        elif photo := state.photo:
            report.photos += 1
            if newest is None or newest.is_stub or not photo.is_stub:
                newest = photo
            if photo.is_protected:
                services.blobs.renew(photo)
            is_settled = now - photo.received_at > GRACE_PERIOD
            if everything or (not state.is_indexed and is_settled):
                _reindex(photo, state.row is not None, services, now, report)
            elif state.row and _marks(state.row) != _marks(photo):
                services.photo_store.settle(photo)
        elif state.has_thumbnail and not state.is_in_trash:
            services.thumbnails.remove(state.name)
            report.thumbnails += 1
    for photo in trashed.values():  # what is listed there and is not in the trash
        services.photo_store.settle(photo)
        services.index.forget_trashed(photo)
    for position in services.index.list_orphans(camera):
        services.index.remove_orphan(camera, position)
        report.orphans += 1
    return newest


def _read_blobs(camera: str, services: Services, report: RepairReport) -> Iterator[Photo]:
    """Yield the camera's blobs, photos and tombstones, the oldest first."""
    for photo in services.blobs.list_photos(camera):
        if photo:
            yield photo
        else:
            report.unrecognized += 1


def _read_index(camera: str, services: Services) -> Iterator[Photo]:
    """Yield the camera's photos and stubs as the index has them, the oldest first."""
    views = (View(camera, oldest_first=True, stubs=stubs) for stubs in (False, True))
    return merge(*(_read_view(view, services) for view in views), key=_time_and_id)


def _read_view(view: View, services: Services) -> Iterator[Photo]:
    after: PhotoName | None = None
    while page := services.index.query(view, _PAGE_SIZE, after):
        yield from page
        after = page[-1].name


def _read_trash(camera: str, services: Services) -> Iterator[Photo]:
    """Yield the camera's photos in the list of the trash."""
    after = ""
    while page := services.index.list_trash(_PAGE_SIZE, after, camera):
        yield from page
        last = page[-1]
        after = trash_position(last.name, last.deleted_at or last.received_at)


def _reindex(
    photo: Photo, has_row: bool, services: Services, now: datetime, report: RepairReport
) -> None:
    """Index a blob without rows, or write its rows again. It was read a while ago and may have been
    deleted since; then it stays deleted.

    A concurrent deletion removes the bytes first and the rows last. If the rows existed before, the
    concurrent deletion removes and counts them. If this call wrote them, it removes them itself.
    """
    if not services.blobs.find(photo.name, photo.media):
        return
    if not has_row and services.index.restore(photo):  # its restoration was interrupted
        services.photo_store.settle(photo)
        report.listed += 1
        return
    if not has_row and services.index.state(photo.name) is State.LOST:
        services.loss_counts.take_back(photo.name)
    if not has_row:
        services.notifier.tell_found(photo, now)
    result = services.index.reindex(photo)
    if result is Reindexed.OTHER_FORMAT:
        report.unrecognized += 1
    elif result is Reindexed.REWRITTEN:
        return
    elif services.blobs.find(photo.name, photo.media):
        report.listed += 1
    else:
        services.photo_store.unindex_deleted(photo)


def _unindex(row: Photo, services: Services, now: datetime, report: RepairReport) -> None:
    """Remove rows without a blob, unless the blob has arrived since. If the photo is due for
    deletion, retention (the app's or the storage account's) has deleted it, and it is no loss."""
    if now - row.received_at <= GRACE_PERIOD or services.blobs.find(row.name, row.media):
        return
    retention = services.settings.retention
    is_expired = retention.is_expired(row.name.camera, row.received_at, now)
    if not is_expired:
        alert = Alert(row.name, MISSING, "its bytes are gone from the store")
        services.alerts.add([StoredAlert(alert, now)])  # first, so that no crash hides the loss
    services.thumbnails.remove(row.name)
    state = State.EXPIRED if is_expired else State.MISSING
    services.index.remove(row, state)
    report.unlisted += 1


def _finish_deletion(
    deleted: Photo,
    row: Photo | None,
    listed: Photo | None,
    services: Services,
    now: datetime,
    report: RepairReport,
) -> None:
    """Remove the rows of a deleted photo, and its tombstone once that has expired. The thumbnail is
    removed as one without a photo. A photo in the trash gets into its list, where it is `listed` if
    nothing was interrupted."""
    is_indexed = row is not None and row.path == deleted.path
    report.unlisted += is_indexed
    if deleted.is_trashed:
        if is_indexed or listed is None or listed.deleted_at != deleted.deleted_at:
            services.photo_store.settle(deleted)
    elif is_indexed:
        services.index.remove(deleted, State.DELETED)
    if is_tombstone_expired(deleted, now):
        services.blobs.remove(deleted)


def _combine(one: PhotoState, other: PhotoState) -> PhotoState:
    return PhotoState(
        one.name,
        one.blobs + other.blobs,
        one.row or other.row,
        one.has_thumbnail or other.has_thumbnail,
    )


def _marks(photo: Photo) -> tuple[bool, bool]:
    """Return what may change of a stored photo, and is in its rows."""
    return photo.is_protected, photo.is_stub


def _time_and_id(photo: Photo) -> tuple[datetime, str]:
    return photo.name.captured_at, str(photo.name)


def _sort_key(state: PhotoState) -> tuple[datetime, str]:
    return state.name.captured_at, str(state.name)
