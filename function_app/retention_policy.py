"""How long photos are kept: the policy that the setting RETENTION gives."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from photo_wire.errors import WireError
from photo_wire.name import check_camera

_DAYS = re.compile(r"([1-9][0-9]{0,4})d")
_EXPECTED = "must be like 120d, or forever, or 120d, gate=30d"


@dataclass(frozen=True, slots=True)
class RetentionPolicy:
    """How long photos are kept after the backend received them; None means for ever. `by_camera`
    has the cameras that differ from the default."""

    default: timedelta | None
    by_camera: Mapping[str, timedelta | None] = field(default_factory=dict)

    def for_camera(self, camera: str) -> timedelta | None:
        """Return how long photos of this camera are kept; None means for ever."""
        return self.by_camera.get(camera, self.default)

    def is_expired(self, camera: str, received_at: datetime, now: datetime) -> bool:
        """Return whether a photo of this camera, received at that moment, is due for deletion."""
        kept = self.for_camera(camera)
        return kept is not None and received_at < now - kept


def parse_retention(text: str) -> RetentionPolicy:
    """Parse `120d`, `forever`, or a default with exceptions: `120d, gate=30d, site=forever`. Raises
    ValueError that says what is wrong."""
    default, *exceptions = [part.strip() for part in text.split(",")]
    by_camera: dict[str, timedelta | None] = {}
    for number, exception in enumerate(exceptions, 1):
        name, has_duration, duration = exception.partition("=")
        if not has_duration:
            raise ValueError(_EXPECTED)
        camera = _parse_camera(name.strip(), number)
        if camera in by_camera:
            raise ValueError(f"names the camera of its exception {number} a second time")
        by_camera[camera] = _parse_duration(duration.strip())
    return RetentionPolicy(_parse_duration(default), by_camera)


def _parse_camera(name: str, number: int) -> str:
    """Return the name if it is valid. The error leaves it out: settings never repeat a value."""
    try:
        check_camera(name)
    except WireError:
        raise ValueError(
            f"has no valid camera name in its exception {number}: use 1 to 32 of a-z, 0-9 and '-', "
            "in lower case, as in gate=30d"
        ) from None
    return name


def _parse_duration(text: str) -> timedelta | None:
    if text == "forever":
        return None
    match = _DAYS.fullmatch(text)
    if match is None:
        raise ValueError(_EXPECTED)
    return timedelta(days=int(match[1]))
