"""The lists of photos in the index: of all cameras, of one, or of some, and of arrivals."""

from collections.abc import Collection
from datetime import datetime

from function_app.storage.azure.errors import call
from function_app.storage.azure.filters import key_range
from function_app.storage.azure.photo_table import (
    TABLE,
    PhotoTable,
    parse_photo_row,
    parse_times,
)
from function_app.storage.azure.queries import Query
from function_app.storage.models import Photo, PhotoTimes
from function_app.storage.photo_counts import Arrival
from function_app.storage.row_keys import PHOTOS, View, arrivals_of, count_up
from function_app.storage.table_store import PAGE_SIZE
from photo_wire.name import PhotoName


class PhotoLists(PhotoTable):
    """The methods of PhotoIndex that list photos."""

    def query(self, view: View, count: int, after: PhotoName | None = None) -> list[Photo]:
        rows = self._list(*view.keys(after), count, parse_photo_row)
        return [photo for _, photo in rows]

    def query_some(self, view: View, cameras: Collection[str], count: int) -> list[Photo] | None:
        query = Query(TABLE, key_range(PHOTOS, *view.keys(None)), min(count, PAGE_SIZE))
        first_of = self._queries.first_of_cameras
        rows = call(lambda: first_of(query, cameras, count, parse_photo_row))
        return None if rows is None else [photo for _, photo in rows]

    def query_times(
        self, view: View, count: int, after: PhotoName | None = None
    ) -> list[PhotoTimes]:
        columns = ["received_at", "clock"]
        return self._list(*view.keys(after), count, parse_times, columns)

    def list_arrivals(
        self, camera: str, before: datetime, count: int, after: str = ""
    ) -> list[Arrival]:
        prefix = arrivals_of(camera)
        rows = self._list(prefix + after, prefix + count_up(before), count, parse_photo_row)
        return [(key.removeprefix(prefix), photo) for key, photo in rows]
