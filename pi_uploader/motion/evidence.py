"""Whether what is followed is motion that a person would want a photo of.

Each rule stands for something that moves without being one: light, branches, rain, the camera
itself, or insects near the lens. Decision 148 has what each was tried for.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from pi_uploader.motion.sensitivity import Sensitivity
from pi_uploader.motion.tracks import Track

_MIN_REGIONS = 3
_MIN_CHANGED = 3.0  # points in each of the last three frames: a stain of compression has none
_MIN_SHARPNESS, _MIN_SHARPNESS_LARGE = 0.12, 0.2  # light and what is out of focus has less
_LARGE = 40.0  # points
_MIN_CALM_POINTS, _MIN_CALM_SHARE = 3.0, 0.35  # outside of branches
_MIN_EXTENT = 1.5  # cells: a block of a compression has 1
_MAX_OTHERS = 3.0  # regions of such a size in a frame
_SURPRISE_OF_OTHERS = 2.0  # that each of them asks for
_MIN_STRAIGHTNESS = 0.6
_SHAKE = 0.5  # cells of travel that a point of the camera's own movement asks for
_FAST, _FAST_SHARE = 1.5, 0.2  # cells a frame, and as a part of the extent
_FAST_REGIONS, _FAST_STRAIGHT, _FAST_SLOPE = 4, 0.96, 20.0  # what is fast goes along the ground
_ANY_WAY_REGIONS, _ANY_WAY_STRAIGHT = 6, 0.98  # or straight, for longer


@dataclass(frozen=True, slots=True)
class Demands:
    """What a sensitivity asks for: `noises` by which a point has to differ, `points` of a region,
    `travel` in cells, and `surprise` in natural logarithms."""

    noises: float
    points: float
    travel: float
    surprise: float


DEMANDS = {
    Sensitivity.LOW: Demands(noises=5.0, points=12.0, travel=0.8, surprise=10.0),
    Sensitivity.MEDIUM: Demands(noises=4.0, points=5.0, travel=0.5, surprise=8.0),
    Sensitivity.HIGH: Demands(noises=3.5, points=5.0, travel=0.4, surprise=6.0),
}


def travels(track: Track, demands: Demands) -> bool:
    """Return whether it is elsewhere than it was, and still changes."""
    changed = min(one.changed for one in list(track.regions)[-3:])
    return _net(track) >= demands.travel and changed >= _MIN_CHANGED


def is_motion(track: Track, demands: Demands) -> bool:
    """Return whether a track is motion."""
    regions = list(track.regions)
    if len(regions) < _MIN_REGIONS or not travels(track, demands):
        return False
    others = max(track.others)
    points = min(one.points for one in regions)
    sharpness = fmean(one.sharpness for one in regions)
    calm = fmean(one.calm for one in regions)
    shaken_by = max(one.shaken_by for one in regions)
    return (
        points >= demands.points
        and sum(track.surprises) >= demands.surprise + _SURPRISE_OF_OTHERS * others
        and others <= _MAX_OTHERS
        and sharpness >= (_MIN_SHARPNESS_LARGE if points > _LARGE else _MIN_SHARPNESS)
        and calm >= _MIN_CALM_POINTS
        and fmean(one.calm / one.points for one in regions) >= _MIN_CALM_SHARE
        and fmean(one.extent for one in regions) >= _MIN_EXTENT
        and _net(track) >= demands.travel + _SHAKE * shaken_by
        and _straightness(track) >= _MIN_STRAIGHTNESS
        and (not _is_fast(track) or _goes_straight(track))
    )


def _net(track: Track) -> float:
    first, last = track.regions[0], track.regions[-1]
    return math.hypot(last.x - first.x, last.y - first.y)


def _path(track: Track) -> float:
    return sum(math.hypot(b.x - a.x, b.y - a.y) for a, b in pairwise(track.regions))


def _straightness(track: Track) -> float:
    return _net(track) / max(_path(track), 0.01)


def _is_fast(track: Track) -> bool:
    """Return whether it moves as insects near the lens do: far, for its size."""
    step = _path(track) / (len(track.regions) - 1)
    return step > _FAST and step > _FAST_SHARE * fmean(one.extent for one in track.regions)


def _goes_straight(track: Track) -> bool:
    first, last = track.regions[0], track.regions[-1]
    slope = math.degrees(math.atan2(abs(last.y - first.y), abs(last.x - first.x)))
    straight, count = _straightness(track), len(track.regions)
    return (count >= _FAST_REGIONS and straight > _FAST_STRAIGHT and slope < _FAST_SLOPE) or (
        count >= _ANY_WAY_REGIONS and straight > _ANY_WAY_STRAIGHT
    )
