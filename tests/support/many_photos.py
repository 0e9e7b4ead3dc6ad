"""An Azurite whose index lists as many photos as one likes, at once.

Azurite looks through all rows of a table for each row that it is given: a hundred thousand photos
take it hours. Here it gets a few through the front door and is stopped; the others are written
beside them into its file, in the same form; and it is started again.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from function_app.services import connect
from function_app.settings import Settings
from function_app.storage.azure.photo_table import TABLE, indexed_row, photo_rows
from function_app.storage.models import Photo, StoredAlert
from local.azurite import ACCOUNT, Azurite
from photo_wire.alert import LOSS, Alert
from photo_wire.headers import Trigger
from photo_wire.media import Media
from photo_wire.name import PhotoName, new_name
from tests.support.api import MOMENT

CAMERAS = ("gate", "entry", "drive", "yard")
FILE = "__azurite_db_table__.json"


def azurite_with(count: int, folder: Path) -> AbstractContextManager[Azurite]:
    """Return such an Azurite, with a hundred alerts of each camera, too. It has its data in
    `folder`: for a hundred thousand photos 400 MB and half a minute."""
    return azurite_listing(photos(count), folder)


@contextmanager
def azurite_listing(all_photos: Iterator[Photo], folder: Path) -> Iterator[Azurite]:
    """The same with these photos; the first four are of the four cameras."""
    azurite = Azurite(folder)
    with azurite:
        _list_by_door(azurite, islice(all_photos, len(CAMERAS)))  # each writes its camera's note
    _list_in_file(folder / FILE, all_photos)
    with azurite:
        yield azurite


def photos(count: int) -> Iterator[Photo]:
    """So many photos of four cameras, a minute apart; one in a hundred was taken on demand."""
    for number in range(count):
        camera = CAMERAS[number % len(CAMERAS)]
        name = new_name(camera, MOMENT - timedelta(minutes=number), f"{number:08x}")
        trigger = Trigger.DEMAND if number % 100 == 0 else Trigger.MOTION
        yield Photo(name, Media.JPEG, "ab" * 32, 500_000, name.captured_at, trigger)


def _list_by_door(azurite: Azurite, first: Iterable[Photo]) -> None:
    backend = connect(Settings(azurite.connection_string))
    for photo in first:
        backend.index.add(photo, photo.received_at)
        lost = [Alert(_older(photo, minutes), LOSS, "no-room") for minutes in range(100)]
        backend.alerts.add([StoredAlert(alert, photo.received_at) for alert in lost])
    for _ in range(2):  # as the hourly timer has done on any backend that has run for two hours
        backend.alerts.index_by_camera()


def _older(photo: Photo, minutes: int) -> PhotoName:
    """The name of another photo of its camera, so many minutes older."""
    return new_name(photo.name.camera, photo.name.captured_at - timedelta(minutes=minutes), "a" * 8)


def _list_in_file(file: Path, others: Iterable[Photo]) -> None:
    """Write their rows as those that are there: with a number of its own each, and in the table's
    two indices, which name the rows' places in the order of a key."""
    kept = json.loads(file.read_text())
    (table,) = (one for one in kept["collections"] if one["name"] == f"{ACCOUNT}${TABLE}")
    rows: list[dict[str, Any]] = table["data"]
    example = rows[0]
    added = {name: value for name, value in example["properties"].items() if "Timestamp" in name}
    for photo in others:
        for row in [*photo_rows(photo, photo.received_at), indexed_row(photo)]:
            keys = {key: row[key] for key in table["binaryIndices"]}
            rows.append({**example, **keys, "properties": {**row, **added}, "$loki": len(rows) + 1})
    table["maxId"] = len(rows)
    for key, index in table["binaryIndices"].items():
        index["values"] = sorted(range(len(rows)), key=lambda number: str(rows[number][key]))
    file.write_text(json.dumps(kept, separators=(",", ":")))
