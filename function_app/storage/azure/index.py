"""The index of the photos in Table Storage: a row for each order, so that every list is one walk.

All rows share a partition (docs/decisions/0002-one-partition.md), and those of a photo are written
in one transaction, together with what was last seen of its camera. The transaction that removes
them subtracts the photo from the counts (docs/decisions/0014-counted-in-one-transaction.md).
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from datetime import datetime

from function_app.storage.azure.account import Account
from function_app.storage.azure.photo_lists import PhotoLists
from function_app.storage.azure.photo_table import (
    EXISTS,
    Row,
    indexed_row,
    last_seen_row,
    parse_listing,
    parse_photo_row,
    photo_rows,
    state_row,
    stub_seen_row,
)
from function_app.storage.azure.queries import NOT_FOUND
from function_app.storage.azure.tables import changes_of
from function_app.storage.azure.transactions import Operation
from function_app.storage.azure.trash import Trash, restart_retention, trashed_rows
from function_app.storage.errors import StorageUnavailableError
from function_app.storage.models import (
    LastSeen,
    NameReservation,
    Photo,
    PhotoStateError,
    Reindexed,
    State,
    parse_photo,
)
from function_app.storage.photo_counters import PhotoCounters
from function_app.storage.photo_counts import PhotoCounts
from function_app.storage.row_keys import (
    NEW_CAMERAS,
    PHOTOS,
    RESERVED_NAMES,
    View,
    all_keys,
    arrival_position,
    arrivals_of,
    counts_of,
    reserved_name_key,
    retention_key,
    state_key,
    trash_keys,
)
from function_app.storage.table_store import MAX_ATTEMPTS, PAGE_SIZE, ConditionalUpdate, Entity
from photo_wire.media import Media
from photo_wire.moment import format_time, parse_time
from photo_wire.name import PhotoName, parse_name


class AzurePhotoIndex(PhotoLists, Trash):
    """PhotoIndex in one table, which is created when it is first missed."""

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self._counters = PhotoCounters(self._rows, self)
        self._counting: dict[str, threading.Lock] = {}  # by camera

    def add(self, photo: Photo, now: datetime, waiting: int | None = None) -> Photo | None:
        # The state is inserted too, so that either the upload or the report of its loss fails.
        rows = [*photo_rows(photo, now), indexed_row(photo)]
        if self._index(photo, rows, now, waiting):
            return None
        if indexed := self.get(photo.name):
            return indexed
        row = self._find(PHOTOS, state_key(photo.name))
        if row and row.properties["state"] in (State.LOST, State.DELETED):
            media = Media.of_content_type(row.properties["content_type"]) or photo.media
            raise PhotoStateError(photo.name, State(row.properties["state"]), media)
        return self.add_anyway(photo, now, waiting)

    def add_anyway(self, photo: Photo, now: datetime, waiting: int | None = None) -> Photo | None:
        if self._index(photo, photo_rows(photo, now), now, waiting, indexed_row(photo)):
            return None
        indexed = self.get(photo.name)
        if indexed is None:
            raise StorageUnavailableError(
                f"{photo.name} was removed from the index during its upload"
            )
        return indexed

    def _index(
        self, photo: Photo, rows: list[Row], now: datetime, waiting: int | None, *replaced: Row
    ) -> bool:
        """Insert a photo's rows together with what was last seen of its camera; return False if one
        of them exists already."""
        if photo.is_stub:
            return self._last_seen.write_stub(
                stub_seen_row(photo.name, now, waiting),
                lambda newest: self._insert(rows, *replaced, merged=[newest]),
            )
        return self._last_seen.write(
            last_seen_row(photo.name, now, waiting),
            lambda newest: self._insert(rows, *replaced, newest),
        )

    def reindex(self, photo: Photo) -> Reindexed:
        for _ in range(MAX_ATTEMPTS):
            row = self._find_row(photo.name, photo.is_stub)
            if row is None:
                rows = photo_rows(photo, photo.received_at)
                restart = restart_retention(photo.name.camera)
                if self._insert(rows, indexed_row(photo), restart):
                    return Reindexed.ADDED
            elif row.properties["content_type"] != photo.media.content_type:
                return Reindexed.OTHER_FORMAT
            elif self._replace(photo, row):
                return Reindexed.REWRITTEN
        raise StorageUnavailableError(f"other instances changed {photo.name} each time")

    def _replace(self, photo: Photo, row: Entity) -> bool:
        """Write the photo's rows in place of those that exist; return False if this one, the first
        of them, was changed or removed meanwhile."""
        if _is_stub(row) is not photo.is_stub:
            return self._move(photo, row)
        rows = [*photo_rows(photo, parse_time(row.properties["listed_at"])), indexed_row(photo)]
        if _is_protected(row) and not photo.is_protected:
            rows.append(restart_retention(photo.name.camera))
        return not self._try_submit([(Operation.PUT, one) for one in rows], row.etag)

    def _move(self, photo: Photo, row: Entity) -> bool:
        """Move a stub among the photos, or a photo among the stubs, and in the counts as well;
        return False if another instance changed it, or the counts, meanwhile."""
        name, listed_at = photo.name, parse_time(row.properties["listed_at"])
        *rows, arrival = photo_rows(photo, listed_at)
        with self._counting.setdefault(name.camera, threading.Lock()):
            position, before = arrival_position(name, listed_at), parse_photo(row.properties)
            update = self._counters.change_update(before, photo, position)
            changes = changes_of(PHOTOS, update)
            keys = all_keys(name, not photo.is_stub)
            changes += [(Operation.DELETE, {"PartitionKey": PHOTOS, "RowKey": key}) for key in keys]
            changes += [(Operation.INSERT, one) for one in rows]
            changes += [(Operation.PUT, one) for one in (arrival, indexed_row(photo))]
            if _is_protected(row) and not photo.is_protected:
                changes.append((Operation.PUT, restart_retention(name.camera)))
            return not self._try_submit(changes, update.row.etag)

    def update(self, photo: Photo) -> None:
        for _ in range(MAX_ATTEMPTS):
            row = self._find_photo(photo)
            is_same = row and _is_protected(row) == photo.is_protected
            if row is None or (is_same and _is_stub(row) is photo.is_stub):
                return
            if self._replace(photo, row):
                return
        raise StorageUnavailableError(f"other instances changed {photo.name} each time")

    def remove(self, photo: Photo, state: State) -> None:
        self._remove_photo(photo, state, counted=photo)

    def unindex(self, photo: Photo, state: State) -> None:
        self._remove_photo(photo, state, counted=None)

    def _remove_photo(self, photo: Photo, state: State, counted: Photo | None) -> None:
        row = self._find_row(photo.name, photo.is_stub)
        indexed_at = parse_time(row.properties["listed_at"]) if row else photo.received_at
        position = arrival_position(photo.name, indexed_at)
        new_state = state_row(photo.name, state, photo.sha256, photo.media)
        self._remove(position, photo, counted, [new_state])

    def remove_orphan(self, camera: str, position: str, counted: Photo | None = None) -> None:
        key = arrivals_of(camera) + position
        with self._counting.setdefault(camera, threading.Lock()):
            for _ in range(MAX_ATTEMPTS):
                update = self._counters.removal_update(counted, position, True) if counted else None
                row = self._find(PHOTOS, key)
                # It may just be restored there, which writes the counts and this row anew. So look
                # for the photo after both were read, and remove the row only if they are unchanged.
                if row is None or self.position(parse_name(row.properties["id"])) == position:
                    return
                if not self._submit_removal([key], update, [], row.etag):
                    return
        raise StorageUnavailableError(f"other instances changed {key} each time")

    def trash(self, photo: Photo) -> None:
        for _ in range(MAX_ATTEMPTS):
            row = self._find_photo(photo)
            if row:
                listed_at = parse_time(row.properties["listed_at"])
                position, rows = (
                    arrival_position(photo.name, listed_at),
                    trashed_rows(photo, listed_at),
                )
                self._remove(position, photo, photo, rows)
                return
            if self._list_in_trash(photo):
                return
        raise StorageUnavailableError(f"other instances changed {photo.name} each time")

    def restore(self, photo: Photo) -> bool:
        camera = photo.name.camera
        with self._counting.setdefault(camera, threading.Lock()):
            for _ in range(MAX_ATTEMPTS):
                row = self._trashed_row(photo.name)
                trashed = parse_photo_row(row) if row else None
                if not row or not trashed:
                    return False
                same = trashed[1].sha256 == photo.sha256
                code = self._submit_restoration(photo, trashed[1], row) if same else EXISTS
                if not code:
                    return True
                if code == EXISTS:  # it is indexed already, or has other bytes
                    self.forget_trashed(trashed[1])
                    return False
        raise StorageUnavailableError(f"other instances changed {photo.name} each time")

    def _submit_restoration(self, photo: Photo, trashed: Photo, row: Entity) -> str:
        """Index a photo again, count it, and remove it from the list of the trash, in which `row`
        is. Return the error code if that failed since a row was changed, exists or does not exist,
        else ""."""
        camera, listed_at = photo.name.camera, parse_time(row.properties["listed_at"])
        position = arrival_position(photo.name, listed_at)
        update = self._counters.restoration_update(photo, position)
        changes = changes_of(PHOTOS, update)
        changes += [(Operation.INSERT, one) for one in photo_rows(photo, listed_at)]
        changes += [(Operation.PUT, indexed_row(photo)), (Operation.PUT, restart_retention(camera))]
        keys = trash_keys(photo.name, trashed.deleted_at or listed_at)
        changes += [(Operation.DELETE, {"PartitionKey": PHOTOS, "RowKey": key}) for key in keys]
        return self._try_submit(changes, update.row.etag)

    def _remove(
        self, position: str, photo: Photo, counted: Photo | None, written: list[Row]
    ) -> None:
        """Remove the arrival at this position and the rows of the photo, as far as they exist, and
        write the `written` rows, with the new state of the photo's id; together with them subtract
        the `counted` photo."""
        camera = photo.name.camera
        arrival = arrivals_of(camera) + position
        left = [*all_keys(photo.name, photo.is_stub), arrival]
        # Threads that delete at once would only make each other's etags worthless.
        lock = self._counting.setdefault(camera, threading.Lock())
        with lock if counted else nullcontext():
            for _ in range(MAX_ATTEMPTS):
                update = None
                if counted and arrival in left:
                    update = self._counters.removal_update(counted, position)
                code = self._submit_removal(left, update, written)
                if code in NOT_FOUND:  # another deletion removed some, perhaps long ago
                    row = self._find_row(photo.name)
                    if row and _is_stub(row) is not photo.is_stub:  # it was moved
                        photo = parse_photo(row.properties)
                        counted = counted and photo
                        left = [*all_keys(photo.name, photo.is_stub), arrival]
                    left = [key for key in left if self._find(PHOTOS, key)]
                if not code or not left:
                    return
        raise StorageUnavailableError(f"other instances changed {arrival} each time")

    def _submit_removal(
        self,
        keys: list[str],
        update: ConditionalUpdate | None,
        written: list[Row],
        etag: str = "",
    ) -> str:
        """Remove all of these rows and write others, together with the update, or if there is none,
        only if the first row has this etag, if one is given. Return the error code if that failed
        since one of the rows was changed or does not exist, else ""."""
        changes = changes_of(PHOTOS, update) if update else []
        changes += [(Operation.DELETE, {"PartitionKey": PHOTOS, "RowKey": key}) for key in keys]
        changes += [(Operation.PUT, row) for row in written]
        return self._try_submit(changes, update.row.etag if update else etag)

    def get(self, name: PhotoName) -> Photo | None:
        row = self._find_row(name)
        return parse_photo(row.properties) if row else None

    def position(self, name: PhotoName) -> str | None:
        row = self._find_row(name)
        return arrival_position(name, parse_time(row.properties["listed_at"])) if row else None

    def list_orphans(self, camera: str) -> Iterator[str]:
        positions = {
            arrival_position(name, indexed_at)
            for stubs in (False, True)
            for _, name, indexed_at in self._indexed(
                *View(camera, oldest_first=True, stubs=stubs).keys(None)
            )
        }
        prefix = arrivals_of(camera)
        for key, name, _ in self._indexed(prefix, prefix + ":"):
            position = key.removeprefix(prefix)
            # The photo may have been indexed since.
            if position not in positions and self.position(name) != position:
                yield position

    def _indexed(self, after: str, end: str) -> Iterator[tuple[str, PhotoName, datetime]]:
        """Yield the key, the photo's name and the moment of its listing of all rows between two
        keys."""
        columns = ["id", "listed_at"]
        while rows := self._list(after, end, PAGE_SIZE, parse_listing, columns):
            yield from rows
            after = rows[-1][0]

    def count_photos(
        self, now: datetime, cameras: Mapping[str, LastSeen] | None = None
    ) -> dict[str, PhotoCounts]:
        return self._counters.count(self.cameras() if cameras is None else cameras, now)

    def invalidate_counts(self, camera: str, until: datetime) -> None:
        self._counters.invalidate(camera, until)

    def forget_camera(self, camera: str) -> None:
        keys = self._list(*counts_of(camera), PAGE_SIZE, lambda row: row.key)
        self._forget_last_seen(camera)
        for key in keys:
            self._rows.remove(PHOTOS, key)
        self._rows.remove(PHOTOS, retention_key(camera))
        self._rows.remove(NEW_CAMERAS, camera)

    def reserve_name(self, reservation: NameReservation) -> NameReservation:
        name, sha256 = reservation.name, reservation.sha256
        key = reserved_name_key(name.camera, sha256)
        kept = {"id": str(name), "received_at": format_time(reservation.received_at)}
        if self._rows.insert(RESERVED_NAMES, key, kept):
            return reservation
        row = self._find(RESERVED_NAMES, key)
        if row is None:
            raise StorageUnavailableError(f"the reservation {key} was removed meanwhile")
        received_at = parse_time(row.properties["received_at"])
        return NameReservation(parse_name(row.properties["id"]), sha256, received_at)

    def check(self) -> None:
        self._find(PHOTOS, "none")


def _is_protected(row: Entity) -> bool:
    return parse_photo(row.properties).is_protected


def _is_stub(row: Entity) -> bool:
    return parse_photo(row.properties).is_stub
