"""The table `photos`: how its rows are read and changed, and what is in the rows of a photo."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import TypeVar

from azure.core.exceptions import HttpResponseError

from function_app.storage.azure.account import Account
from function_app.storage.azure.errors import call, error_code
from function_app.storage.azure.filters import key_range
from function_app.storage.azure.queries import NOT_FOUND, Query
from function_app.storage.azure.tables import create_table, insert
from function_app.storage.azure.transactions import Change, Operation
from function_app.storage.errors import DamagedRecordError
from function_app.storage.models import LastSeen, Photo, PhotoTimes, State, parse_photo
from function_app.storage.row_keys import (
    PHOTOS,
    View,
    all_keys,
    arrival_key,
    camera_of_last_seen_key,
    last_seen_key,
    state_key,
)
from function_app.storage.table_store import PAGE_SIZE, Entity
from photo_wire.errors import WireError
from photo_wire.media import Media
from photo_wire.moment import format_time, parse_time
from photo_wire.name import PhotoName, parse_name

TABLE = "photos"
STUB_AT = "stub_at"  # in the row with what was last seen of a camera
BLOB_ONLY = ("signature_input", "signature")  # lists need no signatures, and each row is paid for
_CHANGED, EXISTS = "UpdateConditionNotSatisfied", "EntityAlreadyExists"

Row = dict[str, str]
Value = TypeVar("Value")

log = logging.getLogger(__name__)


class PhotoTable:
    """The table, which is created when it is first missed. All methods raise
    StorageUnavailableError."""

    def __init__(self, account: Account) -> None:
        self._queries = account.queries
        self._table = account.tables.get_table_client(TABLE)
        self._submit = partial(account.transactions.submit, TABLE)
        self._create = partial(create_table, account.tables, TABLE)

    def _try_submit(self, changes: list[Change], etag: str = "") -> str:
        """Make all of these changes, if the first row has this etag. Return the error code if one
        of the rows was changed, does not exist, or exists although it is to be inserted; else
        ""."""

        def submit() -> str:
            try:
                self._submit(changes, etag)
            except HttpResponseError as error:
                if (code := error_code(error)) in (_CHANGED, EXISTS, *NOT_FOUND):
                    return code
                raise
            return ""

        return call(submit)

    def _insert(self, rows: list[Row], *replaced: Row, merged: Sequence[Row] = ()) -> bool:
        """Insert `rows`, write the `replaced` ones and the columns of the `merged` ones, in one
        transaction; return False, and change nothing, if one of `rows` exists already."""
        changes: list[Change] = [(Operation.INSERT, row) for row in rows]
        changes += [(Operation.PUT, row) for row in replaced]
        changes += [(Operation.MERGE, row) for row in merged]
        return insert(self._submit, changes, self._create)

    def _find(self, partition: str, key: str) -> Entity | None:
        return call(lambda: self._queries.get(TABLE, partition, key))

    def _find_row(self, name: PhotoName, is_stub: bool = False) -> Entity | None:
        """Return the first of a photo's rows, if it is indexed. One request for a photo, or with
        `is_stub` for a stub; two otherwise."""
        kinds = (is_stub, not is_stub)
        found = (self._find(PHOTOS, View(stubs=kind).key(name)) for kind in kinds)
        return next((row for row in found if row), None)

    def _list(
        self,
        after: str,
        end: str,
        count: int,
        parse: Callable[[Entity], Value | None],
        columns: Sequence[str] | None = None,
    ) -> list[Value]:
        """Return up to `count` parsed rows between two keys, both excluded: one request up to 1,000
        rows. Rows that `parse` returns None for are left out."""
        query = Query(TABLE, key_range(PHOTOS, after, end), min(count, PAGE_SIZE), columns)
        return call(
            lambda: list(islice(filter(None, map(parse, self._queries.rows(query))), count))
        )


def photo_rows(photo: Photo, indexed_at: datetime) -> list[Row]:
    """Return the photo's rows in all orders, the first that of all photos, newest first. The column
    `listed_at` has the time at which it was indexed."""
    properties = row_properties(photo, indexed_at)
    keys = [*all_keys(photo.name, photo.is_stub), arrival_key(photo.name, indexed_at)]
    return [{"PartitionKey": PHOTOS, "RowKey": key, **properties} for key in keys]


def row_properties(photo: Photo, indexed_at: datetime) -> dict[str, str]:
    """Return the columns of a photo's rows, without their keys."""
    properties = {**photo.to_properties(), "listed_at": format_time(indexed_at)}
    return {name: value for name, value in properties.items() if name not in BLOB_ONLY}


def state_row(name: PhotoName, state: State, sha256: str, media: Media | None) -> Row:
    """Return the row with what is known of a photo's id, which stays when the photo is deleted."""
    return {
        "PartitionKey": PHOTOS,
        "RowKey": state_key(name),
        "state": state,
        "sha256": sha256,
        "content_type": media.content_type if media else "",
    }


def indexed_row(photo: Photo) -> Row:
    """Return the row that says that a photo of this id is indexed."""
    return state_row(photo.name, State.LISTED, photo.sha256, photo.media)


def last_seen_row(name: PhotoName, indexed_at: datetime, waiting: int | None = None) -> Row:
    """Return the row with what was last seen of a camera."""
    return {
        "PartitionKey": PHOTOS,
        "RowKey": last_seen_key(name.camera),
        "last": str(name),
        "listed_at": format_time(indexed_at),
        "waiting": "" if waiting is None else str(waiting),
    }


def stub_seen_row(name: PhotoName, indexed_at: datetime, waiting: int | None = None) -> Row:
    """Return the columns of that row which a stub changes: the last photo stays."""
    return {
        "PartitionKey": PHOTOS,
        "RowKey": last_seen_key(name.camera),
        STUB_AT: format_time(indexed_at),
        "waiting": "" if waiting is None else str(waiting),
    }


# A row that somebody changed by hand must not close the whole list: it is left out.


def parse_last_seen(row: Entity) -> tuple[str, LastSeen] | None:
    """Return the camera and what was last seen of it."""
    columns = row.properties
    try:
        last = parse_name(columns["last"]) if STUB_AT not in columns or "last" in columns else None
        waiting = int(columns["waiting"]) if columns.get("waiting") else None
        stub_at = parse_time(columns[STUB_AT]) if STUB_AT in columns else None
        indexed_at = parse_time(columns["listed_at"]) if last or stub_at is None else stub_at
        return camera_of_last_seen_key(row.key), LastSeen(last, indexed_at, waiting, stub_at)
    except (KeyError, ValueError) as error:  # WireError is a ValueError
        log.warning("left out of the cameras: %s: %s", row.key, error)
        return None


def parse_photo_row(row: Entity) -> tuple[str, Photo] | None:
    """Return the row's key and the photo."""
    try:
        return row.key, parse_photo(row.properties)
    except DamagedRecordError as error:
        log.warning("left out of a list: %s", error)
        return None


def parse_times(row: Entity) -> PhotoTimes | None:
    """Return when the photo whose row in some order this is was taken and received."""
    try:
        name = parse_name(row.key.rpartition("~")[2])
        clock = row.properties.get("clock")
        return PhotoTimes(name, parse_time(row.properties["received_at"]), clock)
    except (KeyError, WireError) as error:
        log.warning("left out of a list: %s: %s", row.key, error)
        return None


def parse_state_row(camera: str, row: Entity) -> tuple[PhotoName, State] | None:
    """Return the id of which this row of a camera says what is known, and that."""
    try:
        name = parse_name(f"{camera}-{row.key.rpartition('~')[2]}")
        return name, State(row.properties["state"])
    except (KeyError, ValueError) as error:  # WireError is a ValueError
        log.warning("left out of what is known of ids: %s: %s", row.key, error)
        return None


def parse_listing(row: Entity) -> tuple[str, PhotoName, datetime] | None:
    """Return the row's key, whose it is, and when that photo was indexed."""
    try:
        listed_at = parse_time(row.properties["listed_at"])
        return row.key, parse_name(row.properties["id"]), listed_at
    except (KeyError, WireError) as error:
        log.warning("left out of a list: %s: %s", row.key, error)
        return None
