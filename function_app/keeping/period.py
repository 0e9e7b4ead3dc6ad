"""How long photos are kept, as the setting RETENTION says it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

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
    for one in others:
        camera, is_given, duration = one.partition("=")
        if not is_given:
            raise ValueError(_EXPECTED)
        of_camera[camera.strip()] = _duration(duration.strip())
    return Retention(_duration(usual), of_camera)


def _duration(text: str) -> timedelta | None:
    if text == "forever":
        return None
    match = _DAYS.fullmatch(text)
    if match is None:
        raise ValueError(_EXPECTED)
    return timedelta(days=int(match[1]))
