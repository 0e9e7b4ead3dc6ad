"""The lists of photos in the index: of all cameras, of one, or of some, and of arrivals."""

from collections.abc import Collection
from datetime import datetime
from itertools import chain

from function_app.storage.azure.errors import call
from function_app.storage.azure.photo_table import (
    TABLE,
    PhotoTable,
    parse_photo_row,
    parse_times,
)
from function_app.storage.azure.queries import (
    MAX_NAMED_CAMERAS,
    PAGE_SIZE,
    Query,
    between_filter,
    cameras_filter,
    key_range,
)
from function_app.storage.models import Photo, PhotoTimes
from function_app.storage.parallel import map_parallel
from function_app.storage.photo_counts import Arrival
from function_app.storage.row_keys import PHOTOS, View, arrivals_of, count_up
from photo_wire.name import PhotoName


class PhotoLists(PhotoTable):
    """The methods of PhotoIndex that list photos."""

    def query(self, view: View, count: int, after: PhotoName | None = None) -> list[Photo]:
        rows = self._list(*view.keys(after), count, parse_photo_row)
        return [photo for _, photo in rows]

    def query_some(self, view: View, cameras: Collection[str], count: int) -> list[Photo] | None:
        names, step = sorted(cameras), MAX_NAMED_CAMERAS
        parts = [names[first : first + step] for first in range(0, len(names), step)]
        if len(parts) > 1:  # those who belong together often have names that do
            found = self._first_of(view, names, count, between_filter(names))
            if found is not None:
                return found
        lists = map_parallel(
            lambda part: self._first_of(view, part, count, cameras_filter(part)),
            [tuple(part) for part in parts],
        )
        all_found = [one for one in lists.values() if one is not None]
        if len(all_found) < len(parts):
            return None
        return sorted(chain(*all_found), key=lambda photo: view.key(photo.name))[:count]

    def _first_of(
        self, view: View, cameras: Collection[str], count: int, where: str
    ) -> list[Photo] | None:
        """Return the first `count` photos of these cameras in a view by one request, which filters
        them, perhaps less strictly; None if it does not find them all."""
        query = Query(TABLE, f"{key_range(PHOTOS, *view.keys(None))} and {where}", PAGE_SIZE)
        page, is_whole = call(lambda: self._queries.first_page(query))
        photos = [row[1] for row in map(parse_photo_row, page) if row]
        found = [photo for photo in photos if photo.name.camera in cameras]
        return found[:count] if is_whole or len(found) >= count else None

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
