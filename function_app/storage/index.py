"""The index of the photos in Table Storage: two rows for each, so that every list is one walk.

Rows can be walked in the order of their keys within a partition, and only upwards. So all photos
share a partition, and the keys count the time down (docs/decisions/0002-one-partition.md).
"""

import logging
from functools import partial
from itertools import islice
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableServiceClient, TableTransactionError, TransactionOperation

from function_app.storage.away import ask, error_code
from function_app.storage.records import (
    Claim,
    DamagedRecordError,
    Photo,
    StorageAwayError,
    countdown,
    parse_photo,
)
from function_app.storage.tables import create_table
from photo_wire.moment import format_time, parse_time
from photo_wire.name import PhotoName, parse_name

TABLE = "photos"
PHOTOS = "photos"  # the partition of the photos' rows
CLAIMS = "claims"  # the partition of the names that were given here
_AFTER_ALL_DIGITS = ":"  # the character that follows 9

log = logging.getLogger(__name__)


class AzurePhotoIndex:
    """PhotoIndex in one table, which is created when it is first missed."""

    def __init__(self, service: TableServiceClient) -> None:
        self._service = service
        self._table = service.get_table_client(TABLE)

    def add(self, photo: Photo) -> Photo | None:
        if self._insert(
            [_row(photo, _key(photo.name, view)) for view in (None, photo.name.camera)]
        ):
            return None
        listed = self.get(photo.name)
        if listed is None:
            raise StorageAwayError(f"the row of {photo.name} was there and is gone")
        return listed

    def get(self, name: PhotoName) -> Photo | None:
        row = self._find(PHOTOS, _key(name, None))
        return parse_photo(row) if row else None

    def newest(self, count: int, camera: str | None, after: PhotoName | None) -> list[Photo]:
        view = _prefix(camera)

        def walk() -> list[Photo]:
            rows = self._table.query_entities(
                "PartitionKey eq @photos and RowKey gt @after and RowKey lt @end",
                parameters={
                    "photos": PHOTOS,
                    "after": _key(after, camera) if after else view,
                    "end": view + _AFTER_ALL_DIGITS,
                },
                results_per_page=count,
            )
            try:
                return list(islice(filter(None, map(_readable, rows)), count))
            except ResourceNotFoundError:
                return []  # no table yet, so no photo

        return ask(walk)

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

    def _insert(self, rows: list[dict[str, str]]) -> bool:
        """Insert all rows in one transaction, or none; False if one of them is there already."""

        def insert() -> bool:
            try:
                self._table.submit_transaction([(TransactionOperation.CREATE, row) for row in rows])
            except TableTransactionError as error:
                if error_code(error) != "EntityAlreadyExists":
                    raise
                return False
            return True

        return ask(insert, partial(create_table, self._service, TABLE))

    def _find(self, partition: str, key: str) -> dict[str, Any] | None:
        def get() -> dict[str, Any] | None:
            try:
                return self._table.get_entity(partition, key)
            except ResourceNotFoundError:  # the row, or the whole table
                return None

        return ask(get)


def _prefix(camera: str | None) -> str:
    """How the keys of a view begin: all photos, or those of one camera."""
    return "t~" if camera is None else f"c~{camera}~"


def _key(name: PhotoName, camera: str | None) -> str:
    """The photo's key in a view. The newest photo has the lowest."""
    return f"{_prefix(camera)}{countdown(name)}~{name}"


def _row(photo: Photo, key: str) -> dict[str, str]:
    return {"PartitionKey": PHOTOS, "RowKey": key, **photo.to_words()}


def _readable(row: dict[str, Any]) -> Photo | None:
    """One row that someone changed by hand must not close the whole list."""
    try:
        return parse_photo(row)
    except DamagedRecordError as error:
        log.warning("left out of a list: %s", error)
        return None
