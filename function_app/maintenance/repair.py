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
from heapq import merge
from secrets import SystemRandom

from function_app.days.upkeep import check_days
from function_app.maintenance.deletion import TOMBSTONE_TTL, is_tombstone_expired
from function_app.maintenance.retention import RUN_SECONDS
from function_app.maintenance.stored_parts import StoredParts, merge_join
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
    repair = _Repair(services, now, everything, report)
    while remaining and clock() < end:
        camera = remaining.pop()
        newest = repair.repair_camera(camera)
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


@dataclass(frozen=True, slots=True)
class _Repair:
    """A repair under way, as reconcile() was asked for it."""

    services: Services
    now: datetime
    everything: bool
    report: RepairReport

    def repair_camera(self, camera: str) -> Photo | None:
        """Repair a camera and return the newest of its stored photos; the newest stub if there is
        no photo."""
        newest: Photo | None = None
        trashed = {photo.name: photo for photo in _read_trash(camera, self.services)}
        blobs, rows = self._read_blobs(camera), _read_index(camera, self.services)
        for parts in merge_join(blobs, rows, self.services.thumbnails.list_names(camera)):
            for deleted in parts.deleted:
                listed = trashed.pop(deleted.name, None) if deleted.is_trashed else None
                self._finish_deletion(deleted, parts.row, listed)
            if parts.row and not parts.row_has_blob:
                self._unindex(parts.row)
            self.report.unrecognized += len(parts.others)
            if parts.deleted and parts.photo and not parts.is_indexed:
                # A person deleted the photo of this id, in another format.
                self.report.unrecognized += 1
            elif photo := parts.photo:
                if newest is None or newest.is_stub or not photo.is_stub:
                    newest = photo
                self._check_photo(photo, parts)
            elif parts.has_thumbnail and not parts.is_in_trash:
                self.services.thumbnails.remove(parts.name)
                self.report.thumbnails += 1
        self._remove_orphans(camera, trashed.values())
        return newest

    def _read_blobs(self, camera: str) -> Iterator[Photo]:
        """Yield the camera's blobs, photos and tombstones, the oldest first."""
        for photo in self.services.blobs.list_photos(camera):
            if photo:
                yield photo
            else:
                self.report.unrecognized += 1

    def _check_photo(self, photo: Photo, parts: StoredParts) -> None:
        """Make the index agree with a stored photo."""
        self.report.photos += 1
        if photo.is_protected:
            self.services.blobs.renew(photo)
        is_settled = self.now - photo.received_at > GRACE_PERIOD
        if self.everything or (not parts.is_indexed and is_settled):
            self._reindex(photo, has_row=parts.row is not None)
        elif parts.row and _changeable(parts.row) != _changeable(photo):
            self.services.photo_store.settle(photo)

    def _remove_orphans(self, camera: str, not_trashed: Iterable[Photo]) -> None:
        """Remove what the list of the trash has and is not there, and orphaned rows."""
        for photo in not_trashed:
            self.services.photo_store.settle(photo)
            self.services.index.forget_trashed(photo)
        for position in self.services.index.list_orphans(camera):
            self.services.index.remove_orphan(camera, position)
            self.report.orphans += 1

    def _reindex(self, photo: Photo, has_row: bool) -> None:
        """Index a blob without rows, or write its rows again. It was read a while ago and may have
        been deleted since; then it stays deleted.

        A concurrent deletion removes the bytes first and the rows last. If the rows existed before,
        the concurrent deletion removes and counts them. If this call wrote them, it removes them
        itself.
        """
        if not self.services.blobs.find(photo.name, photo.media):
            return
        if not has_row and self.services.index.restore(photo):  # its restoration was interrupted
            self.services.photo_store.settle(photo)
            self.report.listed += 1
            return
        if not has_row and self.services.index.state(photo.name) is State.LOST:
            self.services.loss_counts.take_back(photo.name)
        if not has_row:
            self.services.notifier.tell_found(photo, self.now)
        result = self.services.index.reindex(photo)
        if result is Reindexed.OTHER_FORMAT:
            self.report.unrecognized += 1
        elif result is Reindexed.REWRITTEN:
            return
        elif self.services.blobs.find(photo.name, photo.media):
            self.report.listed += 1
        else:
            self.services.photo_store.unindex_deleted(photo)

    def _unindex(self, row: Photo) -> None:
        """Remove rows without a blob, unless the blob has arrived since. If the photo is due for
        deletion, retention (the app's or the storage account's) has deleted it, and it is no
        loss."""
        if self.now - row.received_at <= GRACE_PERIOD:
            return
        if self.services.blobs.find(row.name, row.media):
            return
        retention = self.services.settings.retention
        is_expired = retention.is_expired(row.name.camera, row.received_at, self.now)
        if not is_expired:
            alert = Alert(row.name, MISSING, "its bytes are gone from the store")
            # First, so that no crash hides the loss.
            self.services.alerts.add([StoredAlert(alert, self.now)])
        self.services.thumbnails.remove(row.name)
        state = State.EXPIRED if is_expired else State.MISSING
        self.services.index.remove(row, state)
        self.report.unlisted += 1

    def _finish_deletion(self, deleted: Photo, row: Photo | None, listed: Photo | None) -> None:
        """Remove the rows of a deleted photo, and its tombstone once that has expired. The
        thumbnail is removed as one without a photo. A photo in the trash gets into its list, where
        it is `listed` if nothing was interrupted."""
        is_indexed = row is not None and row.path == deleted.path
        self.report.unlisted += is_indexed
        if deleted.is_trashed:
            if is_indexed or listed is None or listed.deleted_at != deleted.deleted_at:
                self.services.photo_store.settle(deleted)
        elif is_indexed:
            self.services.index.remove(deleted, State.DELETED)
        if is_tombstone_expired(deleted, self.now):
            self.services.blobs.remove(deleted)


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


def _changeable(photo: Photo) -> tuple[bool, bool]:
    """Return what may change of a stored photo, and is in its rows."""
    return photo.is_protected, photo.is_stub


def _time_and_id(photo: Photo) -> tuple[datetime, str]:
    return photo.name.captured_at, str(photo.name)
