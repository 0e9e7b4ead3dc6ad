"""The index of the photos in Table Storage: a row for each order, so that every list is one walk.

All rows share a partition (docs/decisions/0002-one-partition.md), and those of a photo are written
in one transaction, together with what is noted of its camera.
"""

import threading
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from datetime import datetime
from functools import partial

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableEntity, UpdateMode

from function_app.storage.azure.account import Account
from function_app.storage.azure.errors import ask
from function_app.storage.azure.photo_table import (
    GONE,
    moment,
    note_row,
    photo_rows,
    readable,
    seen,
    state_row,
)
from function_app.storage.azure.photo_table import TABLE as TABLE
from function_app.storage.azure.states import LastSeen, Note, PhotoStates
from function_app.storage.azure.tables import changes_of
from function_app.storage.azure.transactions import Operation
from function_app.storage.interfaces import Uncount
from function_app.storage.models import (
    NameReservation,
    Photo,
    PhotoStateError,
    Relisted,
    Seen,
    State,
    StorageUnavailableError,
    parse_photo,
)
from function_app.storage.row_keys import (
    PHOTOS,
    View,
    all_keys,
    arrival_key,
    arrival_place,
    arrivals_of,
    count_up,
    seen_key,
    state_key,
    tallies_of,
)
from function_app.storage.table_store import ConditionalUpdate
from photo_wire.media import Media
from photo_wire.moment import format_time, parse_time
from photo_wire.name import PhotoName, parse_name

CLAIMS = "claims"  # the partition of the names that were given here

_TRIES = 20  # at a removal; each that fails means that another instance's was made


class AzurePhotoIndex(PhotoStates):
    """PhotoIndex in one table, which is created when it is first missed."""

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self._uncounting: dict[str, threading.Lock] = {}  # by camera
        self._last_seen = LastSeen()

    def add(self, photo: Photo, now: datetime, waiting: int | None = None) -> Photo | None:
        if self._list(_rows(photo, now), note_row(photo.name, now, waiting)):
            return None
        if listed := self.get(photo.name):
            return listed
        row = self._find(PHOTOS, state_key(photo.name))
        if row and row["state"] in (State.LOST, State.DELETED):
            media = Media.of_content_type(row["content_type"]) or photo.media
            raise PhotoStateError(photo.name, State(row["state"]), media)
        return self.add_anyway(photo, now, waiting)

    def add_anyway(self, photo: Photo, now: datetime, waiting: int | None = None) -> Photo | None:
        note = note_row(photo.name, now, waiting)
        if self._list(photo_rows(photo, now), note, _listed_row(photo)):
            return None
        listed = self.get(photo.name)
        if listed is None:
            raise StorageUnavailableError(f"the row of {photo.name} was there and is gone")
        return listed

    def _list(self, rows: list[Note], note: Note, *others: Note) -> bool:
        """Insert a photo's rows together with the note of its camera; False if they are there."""
        return self._last_seen.write(note, lambda newest: self._insert(rows, *others, newest))

    def get(self, name: PhotoName) -> Photo | None:
        row = self._find(PHOTOS, View().key(name))
        return parse_photo(row) if row else None

    def query(self, view: View, count: int, after: PhotoName | None = None) -> list[Photo]:
        return [photo for _, photo in self._rows(*view.keys(after), count)]

    def arrived(
        self, camera: str, before: datetime, count: int, after: str = ""
    ) -> list[tuple[str, Photo]]:
        prefix = arrivals_of(camera)
        found = self._rows(prefix + after, f"{prefix}{count_up(before)}", count)
        return [(key.removeprefix(prefix), photo) for key, photo in found]

    def place(self, name: PhotoName) -> str | None:
        row = self._find(PHOTOS, View().key(name))
        return arrival_place(name, parse_time(row["listed_at"])) if row else None

    def strays(self, camera: str) -> Iterator[str]:
        listed = self._all(*View(camera, oldest_first=True).keys(None))
        own = {arrival_place(name, listed_at) for _, name, listed_at in listed}
        prefix = arrivals_of(camera)
        for key, name, _ in self._all(prefix, prefix + ":"):
            place = key.removeprefix(prefix)
            if place not in own and self.place(name) != place:  # it may have come since
                yield place

    def forget(self, camera: str, place: str, uncount: Uncount | None = None) -> None:
        self._remove_counted([arrivals_of(camera) + place], camera, place, uncount)

    def relist(self, photo: Photo) -> Relisted:
        for _ in range(_TRIES):
            row = self._find(PHOTOS, View().key(photo.name))
            if row is None:
                if self._insert(photo_rows(photo, photo.received_at), _listed_row(photo)):
                    return Relisted.ADDED
            elif row["content_type"] != photo.media.content_type:
                return Relisted.OTHER_FORMAT
            elif self._rewrite(photo, row):
                return Relisted.REWRITTEN
        raise StorageUnavailableError(
            f"others were faster each time when {photo.name} was to be listed"
        )

    def _rewrite(self, photo: Photo, row: TableEntity) -> bool:
        """Write the photo's rows in place of those that are there; False if this one, the first of
        them, was changed or removed meanwhile."""
        rows = [*photo_rows(photo, parse_time(row["listed_at"])), _listed_row(photo)]
        refusal = self._try([(Operation.PUT, one) for one in rows], row.metadata["etag"] or "")
        return not refusal

    def note(self, photo: Photo) -> None:
        note = note_row(photo.name, photo.received_at)
        for _ in range(_TRIES):
            row = self._find(PHOTOS, note["RowKey"])
            if row is None:
                if self._insert([note]):
                    return
                continue
            known = seen(row)
            if known and known[1].listed_at >= photo.received_at:
                return
            if not self._try([(Operation.PUT, note)], row.metadata["etag"] or ""):
                return
        raise StorageUnavailableError(
            f"others were faster each time when {photo.name} was to be noted"
        )

    def note_waiting(self, camera: str, waiting: int) -> None:
        change = {"PartitionKey": PHOTOS, "RowKey": seen_key(camera), "waiting": str(waiting)}

        def merge() -> None:
            with suppress(ResourceNotFoundError):  # no photo of this camera was ever listed
                self._table.update_entity(change, UpdateMode.MERGE)

        ask(merge)

    def forget_camera(self, camera: str) -> None:
        first = tallies_of(camera)
        keys = self._read(first, f"{first}~", 1000, lambda row: str(row["RowKey"]), ["RowKey"])
        for key in (seen_key(camera), *keys):
            ask(partial(self._table.delete_entity, PHOTOS, key))  # one that is gone is no error
        self._last_seen.forget(seen_key(camera))

    def remove(
        self, photo: Photo, uncount: Uncount | None = None, state: State = State.EXPIRED
    ) -> None:
        keys = all_keys(photo.name)
        row = self._find(PHOTOS, keys[0])
        listed_at = parse_time(row["listed_at"]) if row else photo.received_at
        arrival = arrival_key(photo.name, listed_at)
        place = arrival.removeprefix(arrivals_of(photo.name.camera))
        known = state_row(photo.name, state, photo.sha256, photo.media)
        self._remove_counted([*keys, arrival], photo.name.camera, place, uncount, known)

    def _remove_counted(
        self,
        keys: list[str],
        camera: str,
        place: str,
        uncount: Uncount | None,
        known: dict[str, str] | None = None,
    ) -> None:
        """Remove those of these rows that are there, and note what is `known` of the photo's id
        then; what is at this place is counted out."""
        arrival = arrivals_of(camera) + place
        # Threads of ours that delete at once would only make each other's tags worthless.
        lock = self._uncounting.setdefault(camera, threading.Lock())
        with lock if uncount else nullcontext():
            for _ in range(_TRIES):
                rewrite = uncount(place) if uncount and arrival in keys else None
                refusal = self._remove(keys, rewrite, known)
                if refusal in GONE:  # another deletion's work, or one that was stopped long ago
                    keys = [key for key in keys if self._find(PHOTOS, key)]
                if not refusal or not keys:
                    return
        raise StorageUnavailableError(
            f"others were faster each time when {arrival} was to be removed"
        )

    def _remove(
        self, keys: list[str], rewrite: ConditionalUpdate | None, known: dict[str, str] | None
    ) -> str:
        """Remove all of these rows together with the rewrite; returns why that was refused."""
        changes = changes_of(PHOTOS, rewrite) if rewrite else []
        changes += [(Operation.DELETE, {"PartitionKey": PHOTOS, "RowKey": key}) for key in keys]
        if known:
            changes.append((Operation.PUT, known))
        return self._try(changes, rewrite.row.etag if rewrite else "")

    def last_seen(self, camera: str) -> Seen | None:
        row = self._find(PHOTOS, seen_key(camera))
        found = seen(row) if row else None
        return found[1] if found else None

    def cameras(self) -> dict[str, Seen]:
        def read() -> dict[str, Seen]:
            rows = self._table.query_entities(
                "PartitionKey eq @photos and RowKey gt 'm~' and RowKey lt 'm~~'",
                parameters={"photos": PHOTOS},
            )
            try:
                return dict(filter(None, map(seen, rows)))
            except ResourceNotFoundError:
                return {}

        return ask(read)

    def claim(self, claim: NameReservation) -> NameReservation:
        key = f"{claim.name.camera}~{claim.sha256}"
        kept = {"id": str(claim.name), "received_at": format_time(claim.received_at)}
        if self._insert([{"PartitionKey": CLAIMS, "RowKey": key, **kept}]):
            return claim
        row = self._find(CLAIMS, key)
        if row is None:
            raise StorageUnavailableError(f"the claim {key} was there and is gone")
        return NameReservation(parse_name(row["id"]), claim.sha256, parse_time(row["received_at"]))

    def check(self) -> None:
        self._find(PHOTOS, "none")

    def _rows(self, first: str, end: str, count: int) -> list[tuple[str, Photo]]:
        """Up to `count` rows between two keys, each with its key: one request up to 1,000."""
        return self._read(first, end, count, readable)

    def _all(self, first: str, end: str) -> Iterator[tuple[str, PhotoName, datetime]]:
        """Of all rows between two keys: the key, which photo's it is, and when that was listed."""
        while found := self._read(first, end, 1000, moment, ["RowKey", "id", "listed_at"]):
            yield from found
            first = found[-1][0]


def _rows(photo: Photo, now: datetime) -> list[dict[str, str]]:
    """What is inserted for a photo that comes: also what says that it did, so that of a listing and
    the report of its loss one is refused."""
    return [*photo_rows(photo, now), _listed_row(photo)]


def _listed_row(photo: Photo) -> dict[str, str]:
    return state_row(photo.name, State.LISTED, photo.sha256, photo.media)
