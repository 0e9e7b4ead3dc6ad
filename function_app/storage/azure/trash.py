"""The list of the trash: two rows for each photo in it, with the columns of the photo's own rows.
They are written and removed in the transactions of the index. And what retention passes over."""

from datetime import datetime

from function_app.storage.azure.photo_table import (
    Row,
    parse_photo_row,
    row_properties,
    state_row,
)
from function_app.storage.azure.states import States
from function_app.storage.azure.tables import insert
from function_app.storage.azure.transactions import Change, Operation
from function_app.storage.models import Photo, State
from function_app.storage.photo_counts import POSITION
from function_app.storage.row_keys import (
    ALL_RETENTION,
    PHOTOS,
    camera_of_retention_key,
    retention_key,
    state_key,
    trash_keys,
    trash_of,
)
from function_app.storage.table_store import Entity, query_all
from photo_wire.moment import format_time, parse_time
from photo_wire.name import PhotoName

_TRASHED_AT = "trashed_at"  # in the row with what is known of an id: by it the others are found


class Trash(States):
    """The methods of PhotoIndex that concern the trash and retention alone."""

    def get_trashed(self, name: PhotoName) -> Photo | None:
        row = self._trashed_row(name)
        parsed = parse_photo_row(row) if row else None
        return parsed[1] if parsed else None

    def list_trash(self, count: int, after: str = "", camera: str | None = None) -> list[Photo]:
        prefix = trash_of(camera)
        rows = self._list(prefix + after, prefix + ":", count, parse_photo_row)
        return [photo for _, photo in rows]

    def forget_trashed(self, photo: Photo) -> None:
        keys = trash_keys(photo.name, photo.deleted_at) if photo.deleted_at else []
        if keys and self._try_submit(
            [(Operation.DELETE, {"PartitionKey": PHOTOS, "RowKey": key}) for key in keys]
        ):  # one of them was removed already
            for key in keys:
                self._rows.remove(PHOTOS, key)

    def _list_in_trash(self, photo: Photo) -> bool:
        """List a photo that is not indexed in the trash, in place of an earlier row of it. Return
        False, and change nothing, if something became of it meanwhile."""
        state = self._find(PHOTOS, state_key(photo.name))
        earlier, listed_at = self._trashed_row(photo.name), photo.received_at
        if self._find_photo(photo):
            return False
        if earlier:
            listed_at = parse_time(earlier.properties["listed_at"])
        *rows, new_state = trashed_rows(photo, listed_at)
        if earlier and earlier.key == rows[-1]["RowKey"]:
            return True
        changes: list[Change] = [(Operation.PUT if state else Operation.INSERT, new_state)]
        changes += [(Operation.PUT, row) for row in rows]
        if not self._insert_or_change(changes, state.etag if state else ""):
            return False
        if earlier and (before := parse_photo_row(earlier)):
            self.forget_trashed(before[1])
        return True

    def _insert_or_change(self, changes: list[Change], etag: str) -> bool:
        if etag:
            return not self._try_submit(changes, etag)
        return insert(self._submit, changes, self._create)

    def _find_photo(self, photo: Photo) -> Entity | None:
        """Return the first of the photo's rows, if it is indexed, in this format."""
        row = self._find_row(photo.name, photo.is_stub)
        same = row and row.properties["content_type"] == photo.media.content_type
        return row if same else None

    def _trashed_row(self, name: PhotoName) -> Entity | None:
        """Return the row of a photo in the list of the trash."""
        state = self._find(PHOTOS, state_key(name))
        deleted_at = state.properties.get(_TRASHED_AT) if state else None
        if not deleted_at:
            return None
        return self._find(PHOTOS, trash_keys(name, parse_time(deleted_at))[-1])

    def retention_positions(self) -> dict[str, Entity]:
        after, end = ALL_RETENTION
        rows = query_all(self._rows, PHOTOS, after=after, end=end)
        return {camera_of_retention_key(row.key): row for row in rows}

    def save_retention_position(self, camera: str, position: str, read: Entity | None) -> bool:
        properties = {POSITION: position}
        if read is None:
            return self._rows.insert(PHOTOS, retention_key(camera), properties)
        return self._rows.replace(PHOTOS, read, properties)


def trashed_rows(photo: Photo, listed_at: datetime) -> list[Row]:
    """Return the rows of a photo in the trash, the last with what is known of its id. `listed_at`
    is when it was indexed."""
    if photo.deleted_at is None:
        raise ValueError(f"{photo.name} is not in the trash")
    properties = row_properties(photo, listed_at)
    rows: list[Row] = [
        {"PartitionKey": PHOTOS, "RowKey": key, **properties}
        for key in trash_keys(photo.name, photo.deleted_at)
    ]
    state = state_row(photo.name, State.DELETED, photo.sha256, photo.media)
    return [*rows, {**state, _TRASHED_AT: format_time(photo.deleted_at)}]


def restart_retention(camera: str) -> Row:
    """Return the row after which retention looks at all photos of a camera again, because one that
    it may have passed is to be deleted."""
    return {"PartitionKey": PHOTOS, "RowKey": retention_key(camera), POSITION: ""}
