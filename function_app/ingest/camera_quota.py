"""The quota of new cameras. A function key may store photos and report alerts under any camera
name. Whoever stole one could create thousands of cameras and hide the real ones among them.

A camera is known once a photo of it was indexed, or an alert of it arrived. The time of that is
stored until the camera is removed.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from function_app.problems import HTTPProblemError
from function_app.services import Services

MAX_CAMERAS = 2000
MAX_NEW_CAMERAS = 1000  # within NEW_CAMERA_PERIOD
NEW_CAMERA_PERIOD = timedelta(days=1)
RETRY_AFTER_SECONDS = 600


def rejected_cameras(cameras: Collection[str], services: Services, now: datetime) -> dict[str, str]:
    """Return those of these cameras that are new and exceed the quota, each with the reason. A
    known camera is never rejected. Raises StorageUnavailableError.

    A camera that this process knows takes no request; another one that has sent a photo takes one.
    Only for the rest all cameras are read.
    """
    new = _unknown(cameras, services)
    if not new:
        return {}
    first_seen = services.index.first_seen()
    known = first_seen.keys() | services.index.cameras().keys()
    services.known_cameras.add(known)
    recent = sum(now - at < NEW_CAMERA_PERIOD for at in first_seen.values())
    remaining = min(MAX_CAMERAS - len(known), MAX_NEW_CAMERAS - recent)
    rejected = sorted(new - known)[max(remaining, 0) :]
    reason = (
        f"the limit of {MAX_CAMERAS} cameras is reached"
        if len(known) >= MAX_CAMERAS
        else f"the daily limit of {MAX_NEW_CAMERAS} new cameras is reached"
    )
    return dict.fromkeys(rejected, reason)


def check_camera_quota(camera: str, services: Services, now: datetime) -> None:
    """Raise HTTPProblemError (429) if this camera is new and exceeds the quota."""
    if reason := rejected_cameras([camera], services, now).get(camera):
        raise quota_problem(camera, reason)


def quota_problem(camera: str, reason: str) -> HTTPProblemError:
    """Return the problem for a camera that exceeds the quota. 429 does not blame the photo, so the
    device keeps it."""
    return HTTPProblemError(
        429,
        f"The camera {camera} is new here: {reason}. What it sends stays on its device, "
        "which tries again later. If these are not your cameras, rotate the key of the device that "
        "sends them; an owner removes a camera with DELETE /api/cameras/NAME.",
        {"Retry-After": f"{RETRY_AFTER_SECONDS}"},
    )


def record_cameras(cameras: Iterable[str], services: Services, now: datetime) -> None:
    """Record that these cameras sent something, if they are new. Raises
    StorageUnavailableError."""
    for camera in sorted(services.known_cameras.unknown(cameras)):
        services.index.record_first_seen(camera, now)
        services.known_cameras.add([camera])


def _unknown(cameras: Collection[str], services: Services) -> set[str]:
    """Return those of these cameras that are not known. A single one is looked up by the row that
    its photos leave, which is cheaper than reading all cameras."""
    unknown = services.known_cameras.unknown(cameras)
    if len(unknown) != 1 or not services.index.last_seen(*unknown):
        return unknown
    services.known_cameras.add(unknown)
    return set()
