"""Whether what is followed is motion that a person would want a photo of.

Much else moves or changes: light, branches, rain, the camera itself, insects near the lens. Each
piece of evidence tells things from one of these; what counts is their sum, the log odds. Decisions
148, 159, 165 and 166 have what was tried.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pi_uploader.motion.regions import Region
from pi_uploader.motion.sensitivity import Sensitivity
from pi_uploader.motion.tracks import Track

_MIN_CHANGED = 3.0  # points in each of the last frames: a stain of compression has none
_MIN_EXTENT = 1.5  # cells: a block of a compression has 1
_MIN_STEEPNESS = 0.48  # what is near the lens is out of focus
_FAST, _FAST_SHARE = 1.5, 0.2  # cells a frame, and as a part of the extent
_FAST_SURPRISE = 3.5  # of a match; else it may be another thing
_AFTER_CHANCE = 4  # regions that what is fast needs after that: three drops may be on a line
_AGAIN = 1.8  # log odds that may be missing in each of two matches
_SHAKE = 0.5  # cells of travel that a point of the camera's own movement asks for


@dataclass(frozen=True, slots=True)
class Demands:
    """What a sensitivity asks for: `noises` by which a point has to differ, `points` of a region,
    `travel` in cells, and `log_odds` of motion."""

    noises: float
    points: float
    travel: float
    log_odds: float


DEMANDS = {
    Sensitivity.LOW: Demands(4.0, 20.0, 1.0, 3.0),
    Sensitivity.MEDIUM: Demands(4.0, 5.0, 0.5, 0.4),
    Sensitivity.HIGH: Demands(3.5, 5.0, 0.4, -1.0),
}


@dataclass(frozen=True, slots=True)
class Ramp:
    """What a measurement adds to the log odds: nothing up to `first`, all of `odds` from `last`
    on, and in between in proportion."""

    first: float
    last: float
    odds: float

    def at(self, value: float) -> float:
        """Return what a value adds."""
        share = (value - self.first) / (self.last - self.first)
        return self.odds * min(1.0, max(0.0, share))


# Natural logarithms, as fitted to tracks of people, animals and cars, and of all else
_BASE = -24.4
_OF_SURPRISE = Ramp(1, 9, 1.2)  # natural logarithm
_OF_OTHERS = Ramp(0.1, 1.2, -3.9)  # natural logarithm of their number and one: drops and flakes
_OF_STEEPNESS = Ramp(0.48, 0.75, 6.9)
_OF_SHARPNESS = Ramp(-3, -0.9, 4.6)  # natural logarithm: light has less
_OF_DENSITY = Ramp(0.3, 0.65, 2.8)  # drops, leaves and edges that shake are sparse
_OF_COMPACTNESS = Ramp(0.4, 0.7, 4.8)
_OF_CALM_SHARE = Ramp(0.1, 1, 7.3)  # outside of branches
_OF_ONE_SIDEDNESS = Ramp(0.6, 1, -4.8)  # light and drops are brighter in all of their points
_OF_STRENGTH = Ramp(1.5, 3, 4.8)  # natural logarithm, of 255 levels
_OF_SPEED = Ramp(0.4, 1, -3.2)  # extents a frame: insects near the lens
_OF_SLOPE = Ramp(0, 0.25, -2.3)  # right angles: what falls or rises
_AT_SIDE = 2.9  # as somebody who comes in
_HANGING = -4.0  # as branches do
_IN_RAIN = -1.5


def travels(track: Track, demands: Demands) -> bool:
    """Return whether it is elsewhere than it was, and still changes; who stood still, and walks on,
    did not change in all of the last frames."""
    regions = list(track.regions)
    lately = regions[-2:] if track.is_confirmed else regions[-3:]
    return _net(regions) >= demands.travel and _still_changes(lately)


def is_motion(track: Track, demands: Demands) -> bool:
    """Return whether a track is likely to be of motion by its last match, or nearly so by its last
    two."""
    regions, surprises, others = list(track.regions), list(track.surprises), list(track.others)
    if len(regions) < 2:
        return False
    odds = _log_odds(regions, surprises, others, demands)
    if odds >= demands.log_odds:
        return True
    return (
        len(regions) > 2
        and odds >= demands.log_odds - _AGAIN
        and _log_odds(regions[:-1], surprises[:-1], others[:-1], demands)
        >= demands.log_odds - _AGAIN
    )


def _log_odds(
    regions: Sequence[Region],
    surprises: Sequence[float],
    others: Sequence[float],
    demands: Demands,
) -> float:
    """Return the natural logarithm of the odds that regions which follow each other are of motion;
    minus infinity if they lack what all motion has."""
    if not _may_be_motion(regions, surprises, demands):
        return -math.inf
    before, now = pair = regions[-2:]
    return (
        _BASE
        + _OF_SURPRISE.at(min(surprises))
        + _OF_OTHERS.at(math.log1p(others[-1]))
        + _OF_STEEPNESS.at(_steepness(pair))
        + _OF_SHARPNESS.at(_log(_mean(one.sharpness for one in pair)))
        + _OF_DENSITY.at(_mean(one.density for one in pair))
        + _OF_COMPACTNESS.at(_mean(one.compactness for one in pair))
        + _OF_CALM_SHARE.at(max(_calm_share(pair), _calm_share(regions)))
        + _OF_ONE_SIDEDNESS.at(_mean(one.one_sidedness for one in pair))
        + _OF_STRENGTH.at(_log(_mean(one.strength for one in pair)))
        + _OF_SPEED.at(_net(pair) / _mean_extent(pair))
        + _OF_SLOPE.at(_slope(pair))
        + _AT_SIDE * before.is_at_side
        + _HANGING * now.hangs
        + _IN_RAIN * now.rains
    )


def _may_be_motion(regions: Sequence[Region], surprises: Sequence[float], demands: Demands) -> bool:
    """Return whether the last two regions are large and in focus and change still, and all of them
    have gone far enough since there was one by chance."""
    pair, same = regions[-2:], _since_chance(regions, surprises)
    return (
        len(same) > 1
        and min(one.points for one in pair) >= demands.points
        and _mean_extent(pair) >= _MIN_EXTENT
        and _still_changes(pair)
        and _steepness(pair) >= _MIN_STEEPNESS
        and _net(same) >= demands.travel + _SHAKE * max(one.shaken_by for one in same)
        and not (_is_fast(pair) and len(same) < min(_AFTER_CHANCE, len(regions)))
    )


def _since_chance(regions: Sequence[Region], surprises: Sequence[float]) -> Sequence[Region]:
    """Return the regions after the last step that was fast and no surprise: before it there may
    have been another thing."""
    for number in range(len(regions) - 1, 0, -1):
        is_by_chance = surprises[number - 1] < _FAST_SURPRISE
        if is_by_chance and _is_fast(regions[number - 1 : number + 1]):
            return regions[number:]
    return regions


def _mean(values: Iterable[float]) -> float:
    """Return the mean. Python's statistics would take 0.7 MB of a device's memory for that."""
    numbers = list(values)
    return sum(numbers) / len(numbers)


def _log(value: float) -> float:
    return math.log(max(value, 1e-3))


def _net(regions: Sequence[Region]) -> float:
    """Return how many cells the last region is from the first one."""
    first, last = regions[0], regions[-1]
    return math.hypot(last.x - first.x, last.y - first.y)


def _slope(pair: Sequence[Region]) -> float:
    """Return the angle of the way to the ground, from 0 to 1 for a right one."""
    across, down = pair[1].x - pair[0].x, pair[1].y - pair[0].y
    return math.atan2(abs(down), abs(across)) / (math.pi / 2)


def _steepness(pair: Sequence[Region]) -> float:
    return _mean(one.steepness for one in pair)


def _calm_share(regions: Iterable[Region]) -> float:
    return _mean(one.calm / one.points for one in regions)


def _mean_extent(pair: Sequence[Region]) -> float:
    return _mean(one.extent for one in pair)


def _is_fast(pair: Sequence[Region]) -> bool:
    return _net(pair) > max(_FAST, _FAST_SHARE * _mean_extent(pair))


def _still_changes(regions: Sequence[Region]) -> bool:
    return min(one.changed for one in regions) >= _MIN_CHANGED
