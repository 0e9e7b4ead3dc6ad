"""How many new cameras may come. A function key may store photos and tell alerts under any camera's
name, and whoever has stolen one could make so many that nobody finds theirs.

A camera is known when a photo of it was listed, or when an alert of it came in. When that first
happened is recorded until the camera is removed.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from function_app.problems import HTTPProblemError
from function_app.services import Services

MAX_CAMERAS = 2000
MAX_NEW_CAMERAS = 1000  # in PERIOD
PERIOD = timedelta(days=1)
RETRY_AFTER = 600  # seconds


def refused_cameras(cameras: Collection[str], services: Services, now: datetime) -> dict[str, str]:
    """Return those of these cameras that are new and too many, each with the reason. A known camera
    is never refused. It costs no request here; the first time in a process one, if it has sent a
    photo. Only for others all cameras are read. Raises StorageUnavailableError."""
    new = _unknown(cameras, services)
    if not new:
        return {}
    came = services.index.first_seen()
    known = came.keys() | services.index.cameras().keys()
    services.known_cameras.add(known)
    lately = sum(now - at < PERIOD for at in came.values())
    left = min(MAX_CAMERAS - len(known), MAX_NEW_CAMERAS - lately)
    refused = sorted(new - known)[max(left, 0) :]
    limit = (
        f"{len(known)} cameras have sent something, and {MAX_CAMERAS} may"
        if len(known) >= MAX_CAMERAS
        else f"{MAX_NEW_CAMERAS} cameras a day may be new, and so many were"
    )
    return dict.fromkeys(refused, limit)


def _unknown(cameras: Collection[str], services: Services) -> set[str]:
    """Return those of these cameras that are not known, also by a look at the row that a photo
    leaves, if that is cheaper than reading all cameras."""
    unknown = services.known_cameras.unknown(cameras)
    if len(unknown) != 1 or not services.index.last_seen(*unknown):
        return unknown
    services.known_cameras.add(unknown)
    return set()


def check_camera_is_allowed(camera: str, services: Services, now: datetime) -> None:
    """Return if this camera is known, or may be new. Raises HTTPProblemError (429)."""
    if limit := refused_cameras([camera], services, now).get(camera):
        raise too_many(camera, limit)


def too_many(camera: str, limit: str) -> HTTPProblemError:
    """The reply to what comes from a new camera too many. 429 is not about the photo, so that its
    device keeps it."""
    return HTTPProblemError(
        429,
        f"The camera {camera} is new here: {limit}. What it sends waits on its device and may come "
        "later. If these are not your cameras, replace the key of the device that makes them; "
        "an owner removes a camera with DELETE /api/cameras/NAME.",
        {"Retry-After": f"{RETRY_AFTER}"},
    )


def note_cameras(cameras: Iterable[str], services: Services, now: datetime) -> None:
    """Note that something of these cameras was kept, if they are new. Raises
    StorageUnavailableError."""
    for camera in sorted(services.known_cameras.unknown(cameras)):
        services.index.record_first_seen(camera, now)
        services.known_cameras.add([camera])
