"""The index of the photos in Table Storage: a row for each order, so that every list is one walk.

All rows share a partition (docs/decisions/0002-one-partition.md), and those of a photo are written
in one transaction, together with what is noted of its camera.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

from azure.core.exceptions import ResourceNotFoundError

from function_app.storage.account import Account
from function_app.storage.away import Answer, ask, error_code
from function_app.storage.azure_rows import changes_of
from function_app.storage.records import (
    Claim,
    DamagedRecordError,
    Photo,
    Seen,
    StorageAwayError,
    Uncount,
    parse_photo,
)
from function_app.storage.rows import Rewrite
from function_app.storage.tables import create_table, insert
from function_app.storage.transactions import Operation, TransactionError
from function_app.storage.views import (
    PHOTOS,
    View,
    all_keys,
    arrival_key,
    arrival_place,
    arrivals_of,
    count_up,
    seen_key,
)
from photo_wire.errors import WireError
from photo_wire.moment import format_time, parse_time
from photo_wire.name import PhotoName, parse_name

TABLE = "photos"
CLAIMS = "claims"  # the partition of the names that were given here

_TRIES = 20  # at a removal; each that fails means that another instance's was made
_CHANGED = "UpdateConditionNotSatisfied"
_GONE = ("ResourceNotFound", "TableNotFound")

log = logging.getLogger(__name__)


class AzurePhotoIndex:
    """PhotoIndex in one table, which is created when it is first missed."""

    def __init__(self, account: Account) -> None:
        self._table = account.tables.get_table_client(TABLE)
        self._submit = partial(account.transactions.submit, TABLE)
        self._create = partial(create_table, account.tables, TABLE)
        self._uncounting: dict[str, threading.Lock] = {}  # by camera

    def add(self, photo: Photo, now: datetime, waiting: int | None = None) -> Photo | None:
        if self._insert(_rows(photo, now), _note(photo.name, now, waiting)):
            return None
        listed = self.get(photo.name)
        if listed is None:
            raise StorageAwayError(f"the row of {photo.name} was there and is gone")
        return listed

    def get(self, name: PhotoName) -> Photo | None:
        row = self._find(PHOTOS, View().key(name))
        return parse_photo(row) if row else None

    def walk(self, view: View, count: int, after: PhotoName | None = None) -> list[Photo]:
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

    def relist(self, photo: Photo) -> bool:
        if self._insert(_rows(photo, photo.received_at)):
            return True
        row = self._find(PHOTOS, View().key(photo.name))
        if row and row["content_type"] != photo.media.content_type:
            return False
        listed_at = parse_time(row["listed_at"]) if row else photo.received_at
        changes = [(Operation.PUT, row) for row in _rows(photo, listed_at)]
        ask(lambda: self._submit(changes))
        return True

    def note(self, photo: Photo) -> None:
        note = _note(photo.name, photo.received_at)
        ask(lambda: self._table.upsert_entity(note), self._create)

    def remove(self, photo: Photo, uncount: Uncount | None = None) -> None:
        keys = all_keys(photo.name)
        row = self._find(PHOTOS, keys[0])
        listed_at = parse_time(row["listed_at"]) if row else photo.received_at
        arrival = arrival_key(photo.name, listed_at)
        place = arrival.removeprefix(arrivals_of(photo.name.camera))
        self._remove_counted([*keys, arrival], photo.name.camera, place, uncount)

    def _remove_counted(
        self, keys: list[str], camera: str, place: str, uncount: Uncount | None
    ) -> None:
        """Remove those of these rows that are there; what is at this place is counted out."""
        arrival = arrivals_of(camera) + place
        # Threads of ours that delete at once would only make each other's tags worthless.
        lock = self._uncounting.setdefault(camera, threading.Lock())
        with lock if uncount else nullcontext():
            for _ in range(_TRIES):
                refusal = self._remove(
                    keys, uncount(place) if uncount and arrival in keys else None
                )
                if refusal in _GONE:  # another deletion's work, or one that was stopped long ago
                    keys = [key for key in keys if self._find(PHOTOS, key)]
                if not refusal or not keys:
                    return
        raise StorageAwayError(f"others were faster each time when {arrival} was to be removed")

    def _remove(self, keys: list[str], rewrite: Rewrite | None) -> str:
        """Remove all of these rows together with the rewrite; returns why that was refused."""
        changes = changes_of(PHOTOS, rewrite) if rewrite else []
        changes += [(Operation.DELETE, {"PartitionKey": PHOTOS, "RowKey": key}) for key in keys]

        def remove() -> str:
            try:
                self._submit(changes, rewrite.row.tag if rewrite else "")
            except TransactionError as error:
                if (code := error_code(error)) in (_CHANGED, *_GONE):
                    return code
                raise
            return ""

        return ask(remove)

    def cameras(self) -> dict[str, Seen]:
        def read() -> dict[str, Seen]:
            rows = self._table.query_entities(
                "PartitionKey eq @photos and RowKey gt 'm~' and RowKey lt 'm~~'",
                parameters={"photos": PHOTOS},
            )
            try:
                return dict(filter(None, map(_seen, rows)))
            except ResourceNotFoundError:
                return {}

        return ask(read)

    def claim(self, claim: Claim) -> Claim:
        key = f"{claim.name.camera}~{claim.sha256}"
        kept = {"id": str(claim.name), "received_at": format_time(claim.received_at)}
        if self._insert([{"PartitionKey": CLAIMS, "RowKey": key, **kept}]):
            return claim
        row = self._find(CLAIMS, key)
        if row is None:
            raise StorageAwayError(f"the claim {key} was there and is gone")
        return Claim(parse_name(row["id"]), claim.sha256, parse_time(row["received_at"]))

    def check(self) -> None:
        self._find(PHOTOS, "none")

    def _rows(self, first: str, end: str, count: int) -> list[tuple[str, Photo]]:
        """Up to `count` rows between two keys, each with its key: one request up to 1,000."""
        return self._read(first, end, count, _readable)

    def _all(self, first: str, end: str) -> Iterator[tuple[str, PhotoName, datetime]]:
        """Of all rows between two keys: the key, which photo's it is, and when that was listed."""
        while found := self._read(first, end, 1000, _moment, ["RowKey", "id", "listed_at"]):
            yield from found
            first = found[-1][0]

    def _read(
        self,
        first: str,
        end: str,
        count: int,
        readable: Callable[[dict[str, Any]], Answer | None],
        select: list[str] | None = None,
    ) -> list[Answer]:
        def read() -> list[Answer]:
            rows = self._table.query_entities(
                "PartitionKey eq @photos and RowKey gt @first and RowKey lt @end",
                parameters={"photos": PHOTOS, "first": first, "end": end},
                results_per_page=min(count, 1000),
                select=select,
            )
            try:
                return list(islice(filter(None, map(readable, rows)), count))
            except ResourceNotFoundError:
                return []  # no table yet, so no photo

        return ask(read)

    def _insert(self, rows: list[dict[str, str]], note: dict[str, str] | None = None) -> bool:
        """Insert all rows and write the note, in one transaction, or nothing; False if one of the
        rows is there already."""
        changes = [(Operation.INSERT, row) for row in rows]
        if note:
            changes.append((Operation.PUT, note))
        return insert(self._submit, changes, self._create)

    def _find(self, partition: str, key: str) -> dict[str, Any] | None:
        def get() -> dict[str, Any] | None:
            try:
                return self._table.get_entity(partition, key)
            except ResourceNotFoundError:  # the row, or the whole table
                return None

        return ask(get)


def _rows(photo: Photo, now: datetime) -> list[dict[str, str]]:
    words = {**photo.to_words(), "listed_at": format_time(now)}
    keys = [*all_keys(photo.name), arrival_key(photo.name, now)]
    return [{"PartitionKey": PHOTOS, "RowKey": key, **words} for key in keys]


def _seen(row: dict[str, Any]) -> tuple[str, Seen] | None:
    try:
        last = parse_name(row["last"])
        waiting = row.get("waiting", "")
        listed_at = parse_time(row["listed_at"])
        return last.camera, Seen(last, listed_at, int(waiting) if waiting else None)
    except (KeyError, TypeError, ValueError) as error:
        log.warning("left out of the cameras: %s: %s", row.get("RowKey"), error)
        return None


def _note(name: PhotoName, now: datetime, waiting: int | None = None) -> dict[str, str]:
    """What is noted of a camera with each of its photos."""
    return {
        "PartitionKey": PHOTOS,
        "RowKey": seen_key(name.camera),
        "last": str(name),
        "listed_at": format_time(now),
        "waiting": "" if waiting is None else str(waiting),
    }


def _readable(row: dict[str, Any]) -> tuple[str, Photo] | None:
    """One row that someone changed by hand must not close the whole list."""
    try:
        return row["RowKey"], parse_photo(row)
    except DamagedRecordError as error:
        log.warning("left out of a list: %s", error)
        return None


def _moment(row: dict[str, Any]) -> tuple[str, PhotoName, datetime] | None:
    try:
        return row["RowKey"], parse_name(row["id"]), parse_time(row["listed_at"])
    except (KeyError, TypeError, WireError) as error:
        log.warning("left out of a list: %s: %s", row["RowKey"], error)
        return None
