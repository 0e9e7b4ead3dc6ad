"""The one name of libcamera that is used."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Transform:
    """How the picture is turned."""

    hflip: bool = False
    vflip: bool = False
    transpose: bool = False
