"""Count photos by camera and day without counting all of them again.

For each camera a checkpoint says up to which position its arrivals are counted, in the order in
which they were indexed, and a row for each month has the counts of its days (UTC). Each count goes
on from the checkpoint and moves it forward, so it costs no more than the photos that came since.

Every change to a camera's counts, by a count or by a deletion, is one transaction that writes the
checkpoint, on the condition that nobody changed it since it was read. A deletion writes it even if
the photo was not counted yet, since a count in progress may have read the photo already. It also
writes up to which position photos were deleted: the last photo of a camera is still there if it
came later than that.

Deleted photos are counted too, in all and by day: together with those that are stored they are the
photos that ever came. That number survives when the other counts are invalidated.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Protocol

from function_app.storage.errors import DamagedRecordError, StorageUnavailableError
from function_app.storage.models import LastSeen, Photo
from function_app.storage.parallel import map_parallel
from function_app.storage.photo_counts import (
    DELETED,
    DELETED_UP_TO,
    POSITION,
    RESTORED,
    Arrival,
    Count,
    PhotoCounts,
    counts_in,
    days_in,
    deleted_in,
    month_properties,
    new_checkpoint,
    restorations,
    total_deleted,
)
from function_app.storage.row_keys import (
    ALL_COUNTS,
    PHOTOS,
    arrived_at,
    camera_of_count_key,
    checkpoint_key,
    count_up,
    counts_of,
    month_key,
    position_after,
)
from function_app.storage.table_store import (
    MAX_ATTEMPTS,
    PAGE_SIZE,
    ConditionalUpdate,
    Entity,
    TableStore,
    query_all,
)

# The photos of a device with a wrong clock may lie in many months; a transaction takes 100 rows.
MAX_MONTHS = 50
# A photo may be indexed a little after the moment in its position: a request ends within this time.
SETTLE_TIME = timedelta(minutes=5)
# Deleted photos are counted by day for this long.
DELETED_COUNTS_TTL = timedelta(days=400)
_MAX_SAVE_ATTEMPTS = 5
_MAX_REMOVED_MONTHS = 90  # in a transaction

log = logging.getLogger(__name__)


class ArrivalSource(Protocol):
    """What lists the photos of a camera in the order in which they were indexed."""

    def list_arrivals(
        self, camera: str, before: datetime, count: int, after: str = ""
    ) -> list[Arrival]:
        """As PhotoIndex.list_arrivals."""
        ...


class PhotoCounters:
    """Reads and writes the counts in `rows`; `arrivals` lists the photos. All methods raise
    StorageUnavailableError."""

    def __init__(self, rows: TableStore, arrivals: ArrivalSource) -> None:
        self.rows = rows
        self.arrivals = arrivals

    def count(self, cameras: Mapping[str, LastSeen], now: datetime) -> dict[str, PhotoCounts]:
        """Return the counts of each of these cameras at this moment, and save them as far as they
        are settled, so that the next count goes on from there. A camera of which a row is damaged
        is logged and left out.

        It takes one request for each thousand rows that were saved before; and for each camera of
        which something arrived since one to list that, and one to save it. Several cameras at once.
        """
        counts_of = dict.fromkeys(sorted(cameras), PhotoCounts({}))
        for camera, rows in self._saved(*ALL_COUNTS):
            if camera in counts_of:
                try:
                    counts_of[camera] = counts_in(rows, camera)
                except DamagedRecordError as error:
                    _log_damaged(camera, error)
                    del counts_of[camera]
        outdated = [
            camera
            for camera, counts in counts_of.items()
            if counts.position < position_after(cameras[camera].arrived_at)
        ]
        updated = map_parallel(
            lambda camera: self._try_update(camera, counts_of[camera], now), outdated
        )
        all_counts = {**counts_of, **updated}
        return {camera: counts for camera, counts in all_counts.items() if counts is not None}

    def removal_update(
        self, photo: Photo, position: str, is_orphan: bool = False
    ) -> ConditionalUpdate:
        """Return the change to the counts when the photo at this position is removed. A stub, and
        an orphan, a row that belongs to no indexed photo, do not count as deleted photos."""
        camera, day = photo.name.camera, photo.name.captured_at.date()
        checkpoint, key = self._checkpoint(camera), month_key(camera, day)
        deleted_up_to = max(checkpoint.properties.get(DELETED_UP_TO, ""), position)
        properties = {**checkpoint.properties, DELETED_UP_TO: deleted_up_to}
        row = self.rows.get(PHOTOS, key)
        days, deleted = days_in(row, checkpoint), deleted_in(row)
        if position <= checkpoint.properties[POSITION] and day in days:
            days[day] -= Count.of(photo)
        if not is_orphan and not photo.is_stub:
            properties[DELETED] = str(total_deleted(checkpoint) + 1)
            deleted[day] = deleted.get(day, 0) + 1
        remaining = {day: count for day, count in days.items() if count.photos + count.stubs > 0}
        if remaining or deleted:
            month = month_properties(checkpoint, remaining, deleted)
            return ConditionalUpdate(checkpoint, properties, {key: month})
        return ConditionalUpdate(checkpoint, properties, {key: None} if row else {})

    def restoration_update(self, photo: Photo, position: str) -> ConditionalUpdate:
        """Return the change to the counts when a photo that was deleted is indexed again at this
        position. If the counts are not there yet, the next count finds it."""
        camera, day = photo.name.camera, photo.name.captured_at.date()
        checkpoint, key = self._checkpoint(camera), month_key(camera, day)
        row = self.rows.get(PHOTOS, key)
        days, deleted = days_in(row, checkpoint), deleted_in(row)
        if position <= checkpoint.properties[POSITION]:
            days[day] = days.get(day, Count()) + Count.of(photo)
        number = int(not photo.is_stub)  # it was counted as deleted
        deleted[day] = deleted.get(day, 0) - number
        remaining = {day: number for day, number in deleted.items() if number > 0}
        total = max(total_deleted(checkpoint) - number, 0)
        changed = {DELETED: str(total), RESTORED: str(restorations(checkpoint) + 1)}
        properties = {**checkpoint.properties, **changed}
        month = month_properties(checkpoint, days, remaining)
        return ConditionalUpdate(checkpoint, properties, {key: month})

    def change_update(self, before: Photo, after: Photo, position: str) -> ConditionalUpdate:
        """Return the change to the counts when the photo at this position becomes a stub, or a stub
        a photo."""
        camera, day = before.name.camera, before.name.captured_at.date()
        checkpoint, key = self._checkpoint(camera), month_key(camera, day)
        # Written also if it is not counted yet: a count may have listed it as it was.
        changed = {RESTORED: str(restorations(checkpoint) + 1)}
        properties = {**checkpoint.properties, **changed}
        if position > checkpoint.properties[POSITION]:
            return ConditionalUpdate(checkpoint, properties)
        row = self.rows.get(PHOTOS, key)
        days, deleted = days_in(row, checkpoint), deleted_in(row)
        days[day] = days.get(day, Count()) - Count.of(before) + Count.of(after)
        month = month_properties(checkpoint, days, deleted)
        return ConditionalUpdate(checkpoint, properties, {key: month})

    def invalidate(self, camera: str, until: datetime) -> None:
        """Have the next count begin anew. Photos that came before `until` may have been deleted.
        Remove months that have no photos and are older than DELETED_COUNTS_TTL."""
        for _ in range(MAX_ATTEMPTS):
            checkpoint = self._checkpoint(camera)
            properties = {
                **checkpoint.properties,
                **new_checkpoint(),
                DELETED_UP_TO: position_after(until),
            }
            removed = dict.fromkeys(self._expired_months(camera, checkpoint, until.date()))
            if self.rows.rewrite(PHOTOS, ConditionalUpdate(checkpoint, properties, removed)):
                return
        raise StorageUnavailableError(
            f"other instances changed {checkpoint.key} each time before it could be written"
        )

    def _expired_months(self, camera: str, checkpoint: Entity, today: date) -> list[str]:
        """Return the keys of the months that `invalidate` removes."""
        first = month_key(camera, today - DELETED_COUNTS_TTL)
        last = month_key(camera, today + timedelta(days=31))
        months = self.rows.query(PHOTOS, PAGE_SIZE, checkpoint.key, counts_of(camera)[1])
        expired = [row for row in months if not first <= row.key <= last]
        return [row.key for row in expired if not days_in(row, checkpoint)][:_MAX_REMOVED_MONTHS]

    def _try_update(self, camera: str, counts: PhotoCounts, now: datetime) -> PhotoCounts | None:
        """As _update; log and return None if a row of the camera is damaged."""
        try:
            return self._update(camera, counts, now)
        except DamagedRecordError as error:
            _log_damaged(camera, error)
            return None

    def _update(self, camera: str, counts: PhotoCounts, now: datetime) -> PhotoCounts:
        """Return these counts with what arrived since, and save what is settled.

        A camera that was never counted gets an empty checkpoint only: an arrival may be saved only
        by a count that read the checkpoint before it listed the arrival, because a deletion in
        between would have changed the checkpoint. The next count saves.
        """
        end, attempts = count_up(now - SETTLE_TIME), _MAX_SAVE_ATTEMPTS
        while page := self.arrivals.list_arrivals(
            camera, now + SETTLE_TIME, PAGE_SIZE, counts.position
        ):
            is_last = len(page) < PAGE_SIZE
            settled = [arrival for arrival in page if arrival[0] < end]
            if not (settled and attempts):
                counts = counts.with_photos(page)
                if is_last:
                    break
                continue
            saved = _of_few_months(settled)
            saves_all = is_last and len(saved) == len(settled)
            if counts.checkpoint is None:
                self.rows.insert(PHOTOS, checkpoint_key(camera), new_checkpoint())
                is_done = is_last
            elif self._save(camera, counts, saved, saves_all):
                is_done = saves_all
            else:  # another instance counted or deleted meanwhile: read that first
                attempts -= 1
                is_done = False
            if is_done:
                return counts.with_photos(page)
            counts = self._read_camera(camera)
        return counts

    def _save(
        self, camera: str, counts: PhotoCounts, arrivals: list[Arrival], is_last: bool
    ) -> bool:
        """Add these arrivals to the saved counts; return False if the checkpoint was changed since
        it was read. After the last arrivals the position is the end of their millisecond, which
        tells the next count that nothing arrived since."""
        checkpoint = counts.checkpoint
        if checkpoint is None:
            return False
        counts = counts.with_photos(arrivals)
        if is_last:
            counts = replace(counts, position=position_after(arrived_at(counts.position)))
        changed = {month_key(camera, photo.name.captured_at.date()) for _, photo in arrivals}
        days: dict[str, dict[date, Count]] = {key: {} for key in changed}
        deleted: dict[str, dict[date, int]] = {key: {} for key in changed}
        for day, count in counts.days.items():
            if (key := month_key(camera, day)) in changed:
                days[key][day] = count
        for day, number in counts.deleted.items():
            if (key := month_key(camera, day)) in changed:
                deleted[key][day] = number
        months = {key: month_properties(checkpoint, days[key], deleted[key]) for key in changed}
        properties = {**checkpoint.properties, POSITION: counts.position}
        return self.rows.rewrite(PHOTOS, ConditionalUpdate(checkpoint, properties, months))

    def _read_camera(self, camera: str) -> PhotoCounts:
        """Return the saved counts of a camera. Raises DamagedRecordError."""
        for _, rows in self._saved(*counts_of(camera)):
            return counts_in(rows, camera)
        return PhotoCounts({})

    def _saved(self, after: str, end: str) -> Iterator[tuple[str, list[Entity]]]:
        """Yield each camera with its rows that lie between two keys, in the order of the keys."""
        rows = query_all(self.rows, PHOTOS, after=after, end=end)
        for camera, of_camera in groupby(rows, lambda row: camera_of_count_key(row.key)):
            yield camera, list(of_camera)

    def _checkpoint(self, camera: str) -> Entity:
        """Return the camera's checkpoint; write an empty one first if there is none."""
        key = checkpoint_key(camera)
        checkpoint = self.rows.get(PHOTOS, key)
        if checkpoint is None:
            self.rows.insert(PHOTOS, key, new_checkpoint())
            checkpoint = self.rows.get(PHOTOS, key)
        if checkpoint is None:
            raise StorageUnavailableError(f"the row {key} was removed right after it was written")
        return checkpoint


def _log_damaged(camera: str, error: DamagedRecordError) -> None:
    log.warning("count: the figures of %s stay as they are until it is repaired: %s", camera, error)


def _of_few_months(page: list[Arrival]) -> list[Arrival]:
    """Return the first of these arrivals, as many as one transaction can save."""
    months: set[tuple[int, int]] = set()
    for number, (_, photo) in enumerate(page):
        day = photo.name.captured_at.date()
        months.add((day.year, day.month))
        if len(months) > MAX_MONTHS:
            return page[:number]
    return page
