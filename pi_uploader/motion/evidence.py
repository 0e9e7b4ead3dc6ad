"""Whether what is followed is motion that a person would want a photo of.

Each rule stands for something that moves without being one: light, branches, rain, the camera
itself, or insects near the lens. Decisions 148, 159 and 165 have what each was tried for.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median

from pi_uploader.motion.regions import Region
from pi_uploader.motion.sensitivity import Sensitivity
from pi_uploader.motion.tracks import Track

_MIN_REGIONS = 3
_MIN_CHANGED = 3.0  # points in each of the last three frames: a stain of compression has none
_MIN_SHARPNESS, _MIN_SHARPNESS_LARGE = 0.12, 0.2  # light and what is out of focus has less
_LARGE = 40.0  # points
_MIN_CALM_POINTS, _MIN_CALM_SHARE = 3.0, 0.35  # outside of branches
_SMALL, _MIN_CALM_SHARE_SMALL = 25.0, 0.4  # points, and the same for what is smaller
_TINY, _TINY_REGIONS = 16.0, 4  # points; drops and flakes are as small,
_TINY_OTHERS, _TINY_OTHERS_FALLING = 1.5, 0.5  # are many, and fall
_MIN_EXTENT = 1.5  # cells: a block of a compression has 1
_MIN_STEEPNESS = 0.48  # what is near the lens is out of focus
_MAX_OTHERS = 3.0  # regions of such a size in a frame
_SURPRISE_OF_OTHERS = 2.0  # that each of them asks for
_MIN_STRAIGHTNESS = 0.6
_SHAKE = 0.5  # cells of travel that a point of the camera's own movement asks for
_FAST, _FAST_SHARE = 1.5, 0.2  # cells a frame, and as a part of the extent
_FAST_SURPRISE = 3.5  # of each match; else it may be another thing in each frame
_FAST_REGIONS, _FAST_STRAIGHT, _FAST_SLOPE = 4, 0.96, 20.0  # what is fast goes along the ground
_ANY_WAY_REGIONS, _ANY_WAY_STRAIGHT = 6, 0.98  # or straight, for longer,
_MAX_FALLING = 40.0  # points, unless it is small and falls

_CLEAR_STEEPNESS = {2: 0.7, 3: 0.5}  # by the number of regions that decide
_CLEAR_OTHERS = {2: 2.0, 3: 3.0}
_CLEAR_FIRST = {2: 1.0, 3: 0.5}  # of the points that the last region needs
_CLEAR_SURPRISE = 2.0  # in natural logarithms, for each match
_CLEAR_DENSITY = 0.35  # drops, flakes, leaves and edges that shake are sparse
_MAX_RISE = 1  # cells up or down

# The log odds of a match, as fitted to tracks of people, animals and cars, and of all else
_BASE = -16.4
_OF_SURPRISE, _MAX_SURPRISE = 0.6, 12.0
_OF_STEEPNESS, _STEEPNESSES = 8.5, (0.3, 1.0)  # beyond these limits more or less says nothing
_OF_SHARPNESS, _SHARPNESSES = 1.5, (0.05, 1.0)
_OF_DENSITY, _DENSITIES = 9.5, (0.1, 0.6)
_OF_CALM_SHARE, _MAX_CALM_SHARE = 4.0, 0.7
_OF_SIDE = 1.8
_OF_OTHERS = -1.3
_OF_SLOPE = -2.3


@dataclass(frozen=True, slots=True)
class Demands:
    """What a sensitivity asks for: `noises` by which a point has to differ, `points` of a region,
    `travel` in cells, and `surprise` in natural logarithms; `clear_points` of a region that two or
    three frames suffice for; `log_odds` of motion in the last two matches of a track."""

    noises: float
    points: float
    travel: float
    surprise: float
    clear_points: dict[int, float]
    log_odds: float


DEMANDS = {
    Sensitivity.LOW: Demands(4.0, 20.0, 1.0, 10.0, {2: 80.0, 3: 50.0}, 5.0),
    Sensitivity.MEDIUM: Demands(4.0, 5.0, 0.5, 8.0, {2: 35.0, 3: 20.0}, 2.5),
    Sensitivity.HIGH: Demands(3.5, 5.0, 0.4, 6.0, {2: 25.0, 3: 15.0}, 2.0),
}


def travels(track: Track, demands: Demands) -> bool:
    """Return whether it is elsewhere than it was, and still changes; who stood still, and walks on,
    did not change in all of the last frames."""
    regions = list(track.regions)
    lately = regions[-2:] if track.is_confirmed else regions[-3:]
    return _net(regions) >= demands.travel and _still_changes(lately)


def is_motion(track: Track, demands: Demands) -> bool:
    """Return whether a track is motion: clear by its last two or three regions, likely by them, or
    proven by all that are remembered."""
    return (
        any(_is_clear(track, count, demands) for count in (2, 3))
        or _is_likely(track, demands)
        or _is_proven(track, demands)
    )


def _is_clear(track: Track, count: int, demands: Demands) -> bool:
    """Return whether something large and in focus has come into the picture at its edge, and moves
    along the ground. Neither insects nor branches, drops or light do all of that."""
    if len(track.regions) < count:
        return False
    regions = list(track.regions)[-count:]
    others = max(list(track.others)[1 - count :])
    surprise = sum(list(track.surprises)[1 - count :])
    least = demands.clear_points[count]
    return (
        regions[0].is_at_side
        and regions[-1].points >= least
        and min(one.points for one in regions) >= _CLEAR_FIRST[count] * least
        and _steepness(regions) >= _CLEAR_STEEPNESS[count]
        and _sharpness(regions) >= _MIN_SHARPNESS_LARGE
        and fmean(one.density for one in regions) >= _CLEAR_DENSITY
        and _rise(regions) <= _MAX_RISE
        and others <= _CLEAR_OTHERS[count]
        and surprise >= (_CLEAR_SURPRISE + others) * (count - 1)
        and _still_changes(regions)
        and _calm_share(regions) >= _MIN_CALM_SHARE
        and _net(regions) >= demands.travel + _SHAKE * _shaken_by(regions)
        and _straightness(regions) >= _MIN_STRAIGHTNESS
    )


def _is_likely(track: Track, demands: Demands) -> bool:
    """Return whether the evidence of the last match, and of the one before if that speaks for
    motion, makes it likely: little of each kind of evidence may be enough together."""
    regions = list(track.regions)
    if len(regions) < 2:
        return False
    pair = regions[-2:]
    now = _log_odds(pair, track.surprises[-1], track.others[-1])
    before = (
        _log_odds(regions[-3:-1], track.surprises[-2], track.others[-2])
        if len(regions) > 2
        else 0.0
    )
    return (
        now > 0
        and now + max(0.0, before) >= demands.log_odds
        and min(one.points for one in pair) >= demands.points
        and _steepness(pair) >= _MIN_STEEPNESS
        and fmean(one.extent for one in pair) >= _MIN_EXTENT
        and _still_changes(pair)
        and not (_is_fast(pair) and _falls(pair))
        and _net(pair) >= demands.travel + _SHAKE * _shaken_by(pair)
    )


def _log_odds(pair: Sequence[Region], surprise: float, others: float) -> float:
    """Return the natural logarithm of the odds that two regions which follow each other are of
    motion, by all that is known of them but their size."""
    return (
        _BASE
        + _OF_SURPRISE * min(surprise, _MAX_SURPRISE)
        + _OF_STEEPNESS * _limited(_steepness(pair), _STEEPNESSES)
        + _OF_SHARPNESS * math.log(_limited(fmean(one.sharpness for one in pair), _SHARPNESSES))
        + _OF_DENSITY * _limited(fmean(one.density for one in pair), _DENSITIES)
        + _OF_CALM_SHARE * min(_calm_share(pair), _MAX_CALM_SHARE)
        + _OF_SIDE * pair[0].is_at_side
        + _OF_OTHERS * math.log1p(others)
        + _OF_SLOPE * _slope(pair) / 90
    )


def _limited(value: float, limits: tuple[float, float]) -> float:
    return min(max(value, limits[0]), limits[1])


def _is_proven(track: Track, demands: Demands) -> bool:
    """Return whether all that is remembered of a track is what only motion does."""
    regions = list(track.regions)
    if len(regions) < _MIN_REGIONS or not travels(track, demands):
        return False
    others = max(track.others)
    points = [one.points for one in regions]
    is_small = fmean(points) < _SMALL
    is_tiny = fmean(points) < _TINY
    return (
        min(points) >= demands.points
        and sum(track.surprises) >= demands.surprise + _SURPRISE_OF_OTHERS * others
        and others <= (_TINY_OTHERS if is_tiny else _MAX_OTHERS)
        and not (is_tiny and len(regions) < _TINY_REGIONS)
        and not (is_tiny and others > _TINY_OTHERS_FALLING and _falls(regions))
        and _sharpness(regions)
        >= (_MIN_SHARPNESS_LARGE if min(points) > _LARGE else _MIN_SHARPNESS)
        and _steepness(regions) >= _MIN_STEEPNESS
        and fmean(one.calm for one in regions) >= _MIN_CALM_POINTS
        and _calm_share(regions) >= (_MIN_CALM_SHARE_SMALL if is_small else _MIN_CALM_SHARE)
        and fmean(one.extent for one in regions) >= _MIN_EXTENT
        and _net(regions) >= demands.travel + _SHAKE * _shaken_by(regions)
        and _straightness(regions) >= _MIN_STRAIGHTNESS
        and (
            not _is_fast(regions)
            or (_goes_straight(regions) and min(track.surprises) >= _FAST_SURPRISE)
        )
    )


def _net(regions: Sequence[Region]) -> float:
    first, last = regions[0], regions[-1]
    return math.hypot(last.x - first.x, last.y - first.y)


def _path(regions: Sequence[Region]) -> float:
    return sum(math.hypot(b.x - a.x, b.y - a.y) for a, b in pairwise(regions))


def _straightness(regions: Sequence[Region]) -> float:
    return _net(regions) / max(_path(regions), 0.01)


def _steepness(regions: Sequence[Region]) -> float:
    return fmean(one.steepness for one in regions)


def _sharpness(regions: Sequence[Region]) -> float:
    """Return what most regions have: the edge of a shadow is sharp in single frames."""
    return median(one.sharpness for one in regions)


def _calm_share(regions: Sequence[Region]) -> float:
    return fmean(one.calm / one.points for one in regions)


def _shaken_by(regions: Sequence[Region]) -> float:
    return max(one.shaken_by for one in regions)


def _still_changes(regions: Sequence[Region]) -> bool:
    return min(one.changed for one in regions) >= _MIN_CHANGED


def _rise(regions: Sequence[Region]) -> int:
    """Return by how many cells all of it is higher or lower than before; what grows is not."""
    first, last = regions[0], regions[-1]
    top, bottom = last.top - first.top, last.bottom - first.bottom
    return min(abs(top), abs(bottom)) if top * bottom > 0 else 0


def _is_fast(regions: Sequence[Region]) -> bool:
    """Return whether it moves as insects near the lens do: far, for its size."""
    step = _path(regions) / (len(regions) - 1)
    return step > _FAST and step > _FAST_SHARE * fmean(one.extent for one in regions)


def _falls(regions: Sequence[Region]) -> bool:
    """Return whether it goes down more than to the side."""
    first, last = regions[0], regions[-1]
    return last.y - first.y > abs(last.x - first.x)


def _slope(regions: Sequence[Region]) -> float:
    """Return the angle of the way to the ground in degrees, from 0 to 90."""
    across, down = regions[-1].x - regions[0].x, regions[-1].y - regions[0].y
    return math.degrees(math.atan2(abs(down), abs(across)))


def _goes_straight(regions: Sequence[Region]) -> bool:
    slope, straight, count = _slope(regions), _straightness(regions), len(regions)
    if _falls(regions) and fmean(one.points for one in regions) < _MAX_FALLING:
        return False
    return (count >= _FAST_REGIONS and straight > _FAST_STRAIGHT and slope < _FAST_SLOPE) or (
        count >= _ANY_WAY_REGIONS and straight > _ANY_WAY_STRAIGHT
    )
