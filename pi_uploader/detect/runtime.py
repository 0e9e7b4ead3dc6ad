"""What runs a model file, whichever library it is: litert.py and onnx_runtime.py beside it."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pi_uploader.detect.errors import ModelError
from pi_uploader.detect.outputs import Array

CHANNELS = 3
NO_SIZE = "it accepts a picture of any size; CAMERA_DETECT_SIZE must be one such as 320x320"


class Runtime(Protocol):
    """A model that is loaded. `size` is that of its picture (width, height); `is_planar`: the three
    colours come one after the other, not in each pixel; `type` is that of its pixels; `names` are
    those of its outputs."""

    size: tuple[int, int]
    is_planar: bool
    type: np.dtype[np.generic]
    names: Sequence[str]

    def run(self, pixels: NDArray[np.generic]) -> Sequence[Array]:
        """Return the outputs for a picture of this size and type. Raises ModelError."""


def shape_of_input(
    shape: Sequence[int | None], size: tuple[int, int] | None
) -> tuple[tuple[int, int], bool]:
    """Return the size (width, height) of the picture that an input of this shape takes, and whether
    it is planar. None in the shape is any number; `size` is for these. Raises ModelError."""
    text = " x ".join("any" if one is None else str(one) for one in shape)
    if len(shape) != 4 or shape[0] not in (None, 1):
        raise ModelError(f"its input is {text}; must be one picture of three colours")
    is_planar = shape[1] == CHANNELS
    if not is_planar and shape[3] != CHANNELS:
        raise ModelError(f"its input is {text}; must have three colours")
    height, width = shape[2:] if is_planar else shape[1:3]
    if (width is None or height is None) and size is None:
        raise ModelError(NO_SIZE)
    chosen = size or (0, 0)
    return (width or chosen[0], height or chosen[1]), is_planar
