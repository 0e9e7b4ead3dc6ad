"""The one class of libcamera that is used."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Transform:
    """The rotation of the picture."""

    hflip: bool = False
    vflip: bool = False
    transpose: bool = False
