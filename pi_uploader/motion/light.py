"""What a still scene would look like in the light of a frame.

Light multiplies: a cloud, a lamp or an exposure makes a part of the picture brighter or darker by a
factor, which is about the same for neighbours. So the factor is taken from the means around each
cell, and what is left are edges that a light does not have.
"""

import numpy as np

from pi_uploader.motion.grid import Floats, blur, cell_means, interpolate

_FLOOR = np.float32(6)  # of 255; keeps the factor of dark parts in reason
_WHITE = np.float32(255)


def relit(background: Floats, points: Floats) -> tuple[Floats, Floats]:
    """Return the background in the light of a frame, and the factor by which that differs."""
    now, before = blur(cell_means(points)), blur(cell_means(background))
    factor = interpolate((now + _FLOOR) / (before + _FLOOR))
    expected: Floats = np.minimum((background + _FLOOR) * factor - _FLOOR, _WHITE)
    return expected, factor
