"""Photos that come and go, and how many there are, by a look at each."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from function_app.maintenance.counting import update_figures
from function_app.services import Services
from function_app.storage import photo_counters as module
from function_app.storage import table_store
from function_app.storage.models import Photo
from function_app.storage.row_keys import View
from photo_wire.media import Media
from photo_wire.name import parse_name
from tests.support.api import name_of

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
WILD = [datetime(1970, 1, 1, tzinfo=UTC), datetime(2099, 12, 31, 23, 59, tzinfo=UTC)]


def small_steps(patch: pytest.MonkeyPatch) -> None:
    """As if a thousand were three, and a transaction took few records."""
    patch.setattr(module, "PAGE_SIZE", 3)
    patch.setattr(table_store, "PAGE_SIZE", 3)
    patch.setattr(module, "MAX_MONTHS", 2)


def listed(
    backend: Services, taken: datetime, number: int, at: datetime, received: datetime | None = None
) -> Photo:
    """A photo that came at a moment, whenever its device says that it was taken."""
    name = name_of("gate", taken, f"{number:08x}")
    photo = Photo(name, Media.JPEG, "ab" * 32, number + 1, received or at)
    backend.index.add(photo, at)
    return photo


def stored(backend: Services, photo: Photo) -> Photo:
    """Store the bytes of a photo that is indexed."""
    backend.blobs.add(photo, b"bytes")
    return photo


def hours_ago(backend: Services, count: int) -> list[Photo]:
    """Return `count` photos that are old enough to be counted."""
    moments = [NOW - timedelta(hours=30, minutes=-n) for n in range(count)]
    return [listed(backend, at, n, at) for n, at in enumerate(moments)]


def there(backend: Services) -> dict[date, tuple[int, int]]:
    """Photos and bytes by day, by a look at every photo."""
    photos: Counter[date] = Counter()
    sizes: Counter[date] = Counter()
    for photo in backend.index.query(View("gate"), 10_000):
        photos[photo.name.captured_at.date()] += 1
        sizes[photo.name.captured_at.date()] += photo.size
    return {day: (photos[day], sizes[day]) for day in photos}


def counted(backend: Services, now: datetime = NOW) -> dict[date, tuple[int, int]]:
    days = backend.index.count_photos(now)["gate"].days
    return {day: (one.photos, one.size) for day, one in days.items()}


def last_photo(backend: Services, now: datetime = NOW) -> str | None:
    """The camera's last photo, by the figures of a count at this moment."""
    update_figures(backend, now)
    return backend.figures.read(["gate"])["gate"].last_photo


def last_is_there(backend: Services, now: datetime = NOW) -> bool:
    """Whether the camera's last photo is one that is listed, or none if none is."""
    last = last_photo(backend, now)
    if last is None:
        return not backend.index.query(View("gate"), 1)
    return backend.index.get(parse_name(last)) is not None
