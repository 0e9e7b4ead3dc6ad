"""The small grey picture in which motion is looked for."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FRAME_SIZE = (320, 240)  # pixels: width and height, whatever the shape of the camera's picture
FRAMES_PER_SECOND = 5


@dataclass(frozen=True, slots=True)
class Frame:
    """A grey picture of FRAME_SIZE: `luma` has a row for each line. `at` is when it was exposed, in
    monotonic seconds; `gain` is how much the sensor amplified, 1 where that is unknown."""

    luma: "NDArray[np.uint8]" = field(repr=False)
    at: float
    gain: float = 1.0
