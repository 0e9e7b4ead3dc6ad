"""Which region of a frame is that of the frame before, and how surprising that is.

Rain makes new regions everywhere, so that some are by chance where an old one was expected. How
unlikely that was, given how many regions of such a size there are, is the surprise of a match.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pi_uploader.motion.grid import CELL_COLUMNS, CELL_ROWS
from pi_uploader.motion.regions import Region

WINDOW = 6  # regions by which a track is judged

_MAX_REGIONS = 16  # of a frame that are followed, the largest
_MAX_FIRST_STEP = 14.0  # cells between two frames
_MAX_ERROR, _MAX_ERROR_SHARE = 1.5, 0.8  # cells, and as a part of the extent
_MAX_GROWTH, _MAX_GROWTH_AT_EDGE = 1.6, 3.5  # natural logarithms of a ratio of points
_MAX_MISSED = 1  # frames
_MAX_GAP = 1.0  # seconds without a frame, after which nothing is followed further
_REMEMBERED = 25  # frames, of the sizes of other regions
_MIN_DISTANCE = 0.6  # cells: no match is more exact
_MIN_OTHERS = 0.02  # regions a frame


@dataclass
class Track:
    """One thing that is followed: its last regions, oldest first. `begin`: the last frame without
    it. `others`: how many other regions of at least half its size a frame had, at each match."""

    regions: deque[Region]
    moments: deque[float]
    begin: float
    moved_at: float
    length: int = 1
    missed: int = 0
    is_confirmed: bool = False
    surprises: deque[float] = field(default_factory=lambda: deque(maxlen=WINDOW - 1))
    others: deque[float] = field(default_factory=lambda: deque(maxlen=4))

    @property
    def last(self) -> Region:
        return self.regions[-1]

    def add(self, region: Region, at: float, distance: float, others: float) -> None:
        chance = others / (CELL_COLUMNS * CELL_ROWS) * math.pi * max(distance, _MIN_DISTANCE) ** 2
        self.surprises.append(-math.log(min(1.0, chance)))
        self.others.append(others)
        self.regions.append(region)
        self.moments.append(at)
        self.length += 1
        self.missed = 0

    def distance(self, region: Region, at: float) -> float | None:
        """Return how many cells from where it was expected a region is; None if it is another
        thing."""
        last = self.last
        direct = math.hypot(region.x - last.x, region.y - last.y)
        if direct > _MAX_FIRST_STEP:
            return None
        growth = abs(math.log(region.points / last.points))
        if growth > _MAX_GROWTH and (
            growth > _MAX_GROWTH_AT_EDGE or not (region.touches_edge or last.touches_edge)
        ):
            return None
        if len(self.regions) < 2:
            return direct
        before = self.regions[-2]
        ratio = (at - self.moments[-1]) / max(self.moments[-1] - self.moments[-2], 0.01)
        error = math.hypot(
            region.x - last.x - (last.x - before.x) * ratio,
            region.y - last.y - (last.y - before.y) * ratio,
        )
        nearest = min(direct, error)
        extent = max(last.extent, region.extent)
        return nearest if nearest <= _MAX_ERROR + _MAX_ERROR_SHARE * extent else None


class Tracker:
    """Follows the regions from frame to frame."""

    def __init__(self) -> None:
        self.tracks: list[Track] = []
        self._sizes: deque[NDArray[np.float64]] = deque(maxlen=_REMEMBERED)
        self._at = -math.inf

    def forget(self) -> None:
        """Follow nothing that was seen before."""
        self.tracks = []

    def update(self, regions: Sequence[Region], at: float) -> list[Track]:
        """Follow the regions of a frame; return the tracks that it continues or begins."""
        before = self._at
        if not 0 < at - before <= _MAX_GAP:
            self.forget()
            before = at
        self._at = at
        sizes = np.sort([one.points for one in regions])
        sizes_before = np.sort(np.concatenate(self._sizes)) if self._sizes else np.zeros(0)
        largest = sorted(regions, key=lambda one: -one.points)[:_MAX_REGIONS]
        fresh = dict(enumerate(largest))
        followed: set[int] = set()
        for _, distance, number, track in self._matches(largest, at):
            if number not in fresh or id(track) in followed:
                continue
            region = fresh.pop(number)
            followed.add(id(track))
            track.add(region, at, distance, self._others(region, sizes, sizes_before))
        for track in self.tracks:
            if id(track) not in followed:
                track.missed += 1
        self.tracks = [one for one in self.tracks if one.missed <= _MAX_MISSED]
        self.tracks += [
            Track(deque([one], WINDOW), deque([at], WINDOW), before, at) for one in fresh.values()
        ]
        current = [one for one in self.tracks if not one.missed]
        known = {id(one.last) for one in current if one.length >= 3}
        self._sizes.append(np.array([one.points for one in largest if id(one) not in known]))
        return current

    def _matches(
        self, regions: Sequence[Region], at: float
    ) -> list[tuple[float, float, int, Track]]:
        """Return the possible matches, the best first."""
        matches = []
        for track in self.tracks:
            for number, region in enumerate(regions):
                distance = track.distance(region, at)
                if distance is not None:
                    extent = max(track.last.extent, region.extent)
                    growth = abs(math.log(region.points / track.last.points))
                    cost = distance / (1 + 0.5 * extent) + growth
                    matches.append((cost, distance, number, track))
        return sorted(matches, key=lambda one: one[0])

    def _others(
        self, region: Region, sizes: NDArray[np.float64], sizes_before: NDArray[np.float64]
    ) -> float:
        """Return how many other regions of at least half this size a frame has, now or usually."""
        half = 0.5 * region.points
        now = len(sizes) - int(np.searchsorted(sizes, half)) - 1
        before = len(sizes_before) - int(np.searchsorted(sizes_before, half))
        return max(now, (before + 0.5) / (len(self._sizes) + 1), _MIN_OTHERS)
