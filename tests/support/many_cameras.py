"""Many cameras with photos and losses, stored fast; and services that count their requests."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any

from function_app.services import Services
from function_app.storage.models import Photo, StoredAlert
from function_app.storage.photo_counts import POSITION, Count, month_properties, new_checkpoint
from function_app.storage.row_keys import PHOTOS, checkpoint_key, month_key, position_after
from function_app.storage.table_store import PAGE_SIZE
from photo_wire.alert import LOSS, Alert
from photo_wire.media import Media
from tests.support.api import name_of
from tests.support.services import count_rows, wrapped


def fill(
    services: Services, cameras: int, photos: int, losses: int, now: datetime, hours: int = 24
) -> None:
    """Store `photos` and `losses` in all, shared out among cameras `camera-0000`, ... The photos
    arrived over the last `hours` and were taken then, the losses all at `now`."""
    for number in range(photos):
        add_photo(services, number % cameras, now - timedelta(hours=hours) * (number / photos))
    names = [
        name_of(_camera(number % cameras), now - timedelta(seconds=number + 0.5), f"{number:08x}")
        for number in range(losses)
    ]
    for first in range(0, losses, 100):
        some = [Alert(name, LOSS, "no-room") for name in names[first : first + 100]]
        services.alerts.add([StoredAlert(alert, now) for alert in some])
        services.index.record_losses({alert.name: "" for alert in some})


def add_photo(services: Services, camera: int, at: datetime) -> None:
    """Index a photo of the camera of this number, which was taken and arrived at this moment."""
    name = name_of(_camera(camera), at, f"{camera:08x}")
    services.index.add(Photo(name, Media.JPEG, "ab" * 32, 500_000, name.captured_at), at, waiting=1)


def add_days(services: Services, cameras: int, days: int, now: datetime) -> None:
    """Save counts of each camera, as if it had 150 photos on each of the last `days`; the last
    arrived at `now`. The next count computes its figures."""
    rows = count_rows(services)
    today = now.date()
    dates = [today - timedelta(days=number) for number in range(days)]
    for number in range(cameras):
        camera = _camera(number)
        add_photo(services, number, now)
        rows.upsert(PHOTOS, checkpoint_key(camera), new_checkpoint())
        checkpoint = rows.get(PHOTOS, checkpoint_key(camera))
        assert checkpoint
        counted = {**checkpoint.properties, POSITION: position_after(now)}
        rows.upsert(PHOTOS, checkpoint.key, counted)
        for key, of_month in groupby(dates, partial(month_key, camera)):
            counts = dict.fromkeys(of_month, Count(150, 75_000_000))
            rows.upsert(PHOTOS, key, month_properties(checkpoint, counts, {}))


def _camera(number: int) -> str:
    return f"camera-{number:04}"


class Requests:
    """Counts the requests that services make, one for each thousand rows of a list.
    `before_request` is called at each."""

    def __init__(self, before_request: Callable[[], None] = lambda: None) -> None:
        self.count = 0
        self._before_request = before_request

    def of(self, services: Services) -> Services:
        """Return services whose requests are counted."""
        return wrapped(services, lambda store: _Counted(store, self._record))

    def _record(self, requests: int) -> None:
        self.count += requests
        for _ in range(requests):
            self._before_request()


class _Counted:
    """A store whose calls are counted."""

    def __init__(self, store: object, record: Callable[[int], None]) -> None:
        self._store = store
        self._record = record

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._store, name)

        def counted(*args: Any, **kwargs: Any) -> Any:
            answer = call(*args, **kwargs)
            rows = len(answer) if isinstance(answer, list | dict) else 1
            self._record(max(1, -(-rows // PAGE_SIZE)))
            return answer

        return counted
