"""The rows that tell of a photo, and how they are read."""

import logging
from datetime import datetime
from typing import Any

from function_app.storage.models import DamagedRecordError, Photo, Seen, parse_photo
from function_app.storage.photo_state import State
from function_app.storage.row_keys import PHOTOS, all_keys, arrival_key, seen_key, state_key
from photo_wire.errors import WireError
from photo_wire.media import Media
from photo_wire.moment import format_time, parse_time
from photo_wire.name import PhotoName, parse_name

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
