"""A store with a thousand photos of thirty days."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from function_app.media import previews
from function_app.services import connect
from function_app.settings import Settings
from function_app.storage.models import Photo
from photo_wire.headers import Trigger
from photo_wire.media import Media
from photo_wire.name import PhotoName, new_name
from tests.support.backend import Backend
from tests.support.many_photos import CAMERAS, azurite_listing

NEWEST = datetime(2026, 11, 20, 23, 58, 30, tzinfo=UTC)
PHOTOS, DAYS, BURST = 1000, 30, 4
BETWEEN = timedelta(days=DAYS) / (PHOTOS / BURST)  # two triggers
IN_BURST = timedelta(seconds=5)
SHOWN = (0, 8, 9, 15, 16)  # days before the newest photo


@dataclass(frozen=True)
class Archive:
    """A backend, and the photos in it, the newest first."""

    backend: Backend
    names: list[PhotoName]

    def of_day(self, day: datetime, camera: str | None = None) -> list[PhotoName]:
        """Return the photos of a day (UTC), or those of one camera."""
        of_day = [one for one in self.names if one.captured_at.date() == day.date()]
        return [one for one in of_day if camera in (None, one.camera)]

    def before(self, name: PhotoName) -> PhotoName:
        """Return the photo of the same camera that was taken before another."""
        own = [one for one in self.names if one.camera == name.camera]
        return own[own.index(name) + 1]


@contextmanager
def thirty_days(folder: Path, body: bytes) -> Iterator[tuple[str, list[PhotoName]]]:
    """Run such a store; yield its connection string and the photos' names, the newest first. Those
    of the days that SHOWN names have bytes, all the same."""
    photos = [_photo(number, body) for number in range(PHOTOS)]
    with azurite_listing(iter(photos), folder) as azurite, ThreadPoolExecutor(4) as pool:
        blobs = connect(Settings(azurite.connection_string)).blobs
        ages = ((one, (NEWEST.date() - one.name.captured_at.date()).days) for one in photos)
        list(pool.map(lambda one: blobs.add(one, body), [one for one, age in ages if age in SHOWN]))
        yield azurite.connection_string, [one.name for one in photos]


def _photo(number: int, body: bytes) -> Photo:
    """Return the photo of this number: the newest is 0. The first four are of the four cameras;
    each further burst is of the next camera."""
    burst, place = divmod(number, BURST)
    at = NEWEST - burst * BETWEEN - place * IN_BURST
    return Photo(
        new_name(CAMERAS[(burst or place) % len(CAMERAS)], at, f"{number:08x}"),
        Media.JPEG,
        hashlib.sha256(body).hexdigest(),
        len(body),
        received_at=at,
        trigger=Trigger.MOTION,
        clock="synced",
        preview=previews.find(body),
    )
