"""How long photos are kept, as the setting RETENTION says it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from photo_wire.errors import WireError
from photo_wire.name import check_camera

_DAYS = re.compile(r"([1-9][0-9]{0,4})d")
_EXPECTED = "is not like 120d, or forever, or 120d, gate=30d"


@dataclass(frozen=True, slots=True)
class Retention:
    """How long photos are kept after they were received, by camera; None is for ever."""

    usual: timedelta | None
    of_camera: Mapping[str, timedelta | None] = field(default_factory=dict)

    def of(self, camera: str) -> timedelta | None:
        return self.of_camera.get(camera, self.usual)


def parse_retention(text: str) -> Retention:
    """`120d`, `forever`, or with cameras of their own: `120d, gate=30d, site=forever`. Raises
    ValueError with what is wrong."""
    usual, *others = [part.strip() for part in text.split(",")]
    of_camera: dict[str, timedelta | None] = {}
    for number, one in enumerate(others, 1):
        name, is_given, duration = one.partition("=")
        if not is_given:
            raise ValueError(_EXPECTED)
        camera = _camera(name.strip(), number)
        if camera in of_camera:
            raise ValueError(f"names the camera of its exception {number} a second time")
        of_camera[camera] = _duration(duration.strip())
    return Retention(_duration(usual), of_camera)


def _camera(name: str, number: int) -> str:
    """Without the name in the error: settings repeat no value."""
    try:
        check_camera(name)
    except WireError:
        raise ValueError(
            f"has no camera's name in its exception {number}: that is 1 to 32 of a-z, 0-9 and '-', "
            "in lower case, as in gate=30d"
        ) from None
    return name


def _duration(text: str) -> timedelta | None:
    if text == "forever":
        return None
    match = _DAYS.fullmatch(text)
    if match is None:
        raise ValueError(_EXPECTED)
    return timedelta(days=int(match[1]))
