"""The table of the photos' rows: how they are read and changed."""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableEntity

from function_app.storage.azure.account import Account
from function_app.storage.azure.errors import Answer, ask, error_code
from function_app.storage.azure.tables import create_table, insert
from function_app.storage.azure.transactions import Change, Operation, TransactionError
from function_app.storage.models import DamagedRecordError, Photo, Seen, State, parse_photo
from function_app.storage.row_keys import PHOTOS, all_keys, arrival_key, seen_key, state_key
from photo_wire.errors import WireError
from photo_wire.media import Media
from photo_wire.moment import format_time, parse_time
from photo_wire.name import PhotoName, parse_name

TABLE = "photos"
_CHANGED = "UpdateConditionNotSatisfied"
GONE = ("ResourceNotFound", "TableNotFound")


class PhotoTable:
    """The table, which is created when it is first missed."""

    def __init__(self, account: Account) -> None:
        self._table = account.tables.get_table_client(TABLE)
        self._submit = partial(account.transactions.submit, TABLE)
        self._create = partial(create_table, account.tables, TABLE)

    def _try(self, changes: list[Change], tag: str) -> str:
        """Make all of these changes, if the first row has this tag; returns why not, if one of
        their rows was changed or is gone."""

        def submit() -> str:
            try:
                self._submit(changes, tag)
            except TransactionError as error:
                if (code := error_code(error)) in (_CHANGED, *GONE):
                    return code
                raise
            return ""

        return ask(submit)

    def _read(
        self,
        first: str,
        end: str,
        count: int,
        read_row: Callable[[dict[str, Any]], Answer | None],
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
                return list(islice(filter(None, map(read_row, rows)), count))
            except ResourceNotFoundError:
                return []  # no table yet, so no photo

        return ask(read)

    def _insert(self, rows: list[dict[str, str]], *notes: dict[str, str]) -> bool:
        """Insert all rows and write the notes, in one transaction, or nothing; False if one of the
        rows is there already."""
        changes: list[Change] = [(Operation.INSERT, row) for row in rows]
        changes += [(Operation.PUT, note) for note in notes]
        return insert(self._submit, changes, self._create)

    def _find(self, partition: str, key: str) -> TableEntity | None:
        def get() -> TableEntity | None:
            try:
                return self._table.get_entity(partition, key)
            except ResourceNotFoundError:  # the row, or the whole table
                return None

        return ask(get)


log = logging.getLogger(__name__)


def photo_rows(photo: Photo, now: datetime) -> list[dict[str, str]]:
    """The photo's rows in all orders, the first that of all photos, newest first."""
    properties = {**photo.to_properties(), "listed_at": format_time(now)}
    keys = [*all_keys(photo.name), arrival_key(photo.name, now)]
    return [{"PartitionKey": PHOTOS, "RowKey": key, **properties} for key in keys]


def state_row(name: PhotoName, state: State, sha256: str, media: Media | None) -> dict[str, str]:
    """What is known of a photo's id. It stays when the photo goes."""
    return {
        "PartitionKey": PHOTOS,
        "RowKey": state_key(name),
        "state": state,
        "sha256": sha256,
        "content_type": media.content_type if media else "",
    }


def seen(row: dict[str, Any]) -> tuple[str, Seen] | None:
    try:
        last = parse_name(row["last"])
        waiting = row.get("waiting", "")
        listed_at = parse_time(row["listed_at"])
        return last.camera, Seen(last, listed_at, int(waiting) if waiting else None)
    except (KeyError, TypeError, ValueError) as error:
        log.warning("left out of the cameras: %s: %s", row.get("RowKey"), error)
        return None


def note_row(name: PhotoName, now: datetime, waiting: int | None = None) -> dict[str, str]:
    """What is noted of a camera with each of its photos."""
    return {
        "PartitionKey": PHOTOS,
        "RowKey": seen_key(name.camera),
        "last": str(name),
        "listed_at": format_time(now),
        "waiting": "" if waiting is None else str(waiting),
    }


def readable(row: dict[str, Any]) -> tuple[str, Photo] | None:
    """One row that someone changed by hand must not close the whole list."""
    try:
        return row["RowKey"], parse_photo(row)
    except DamagedRecordError as error:
        log.warning("left out of a list: %s", error)
        return None


def moment(row: dict[str, Any]) -> tuple[str, PhotoName, datetime] | None:
    try:
        return row["RowKey"], parse_name(row["id"]), parse_time(row["listed_at"])
    except (KeyError, TypeError, WireError) as error:
        log.warning("left out of a list: %s: %s", row["RowKey"], error)
        return None
