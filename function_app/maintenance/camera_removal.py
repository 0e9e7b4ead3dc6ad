"""A camera is removed: its photos, its alerts, and all that is known of it."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from function_app.maintenance.deletion import delete
from function_app.services import Services
from function_app.storage.row_keys import View
from photo_wire.moment import to_milliseconds

SECONDS = 120.0  # of a request, which the platform ends after 230
_STEP = 100
_THREADS = 8


@dataclass(frozen=True, slots=True)
class Removal:
    """How many photos and alerts were deleted; `more`: the time was over before all were."""

    photos: int
    alerts: int
    more: bool


def is_camera(camera: str, services: Services) -> bool:
    """Whether anything of this camera is kept. Raises StorageUnavailableError."""
    return (
        services.index.last_seen(camera) is not None
        or services.index.is_first_seen_known(camera)
        or bool(services.alerts.newest_of(camera, 1, None))
    )


def remove_camera(
    camera: str,
    services: Services,
    now: datetime,
    seconds: float = SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> Removal:
    """Delete the camera's photos, as a person deletes them, then its alerts, then what is counted
    and noted of it. It may be stopped at any point and run again; when `seconds` are over by
    `clock`, it stops by itself. If the camera sends something, it is a new one. Raises
    StorageUnavailableError."""
    end = clock() + seconds
    photos = alerts = 0
    marked_at = to_milliseconds(now)
    with ThreadPoolExecutor(_THREADS) as pool:
        while found := services.index.query(View(camera), _STEP):
            if clock() >= end:
                return Removal(photos, alerts, more=True)
            list(pool.map(lambda photo: delete(photo, services, marked_at), found))
            photos += len(found)
    while removed := services.alerts.remove_some_of(camera):
        alerts += removed
        if clock() >= end:
            return Removal(photos, alerts, more=True)
    services.loss_counts.forget(camera)
    services.index.forget_camera(camera)
    services.known_cameras.remove(camera)
    return Removal(photos, alerts, more=False)
