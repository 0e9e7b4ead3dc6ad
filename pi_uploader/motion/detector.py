"""Find motion in the frames of one camera (decision 148)."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from photo_wire.motion import Box
from pi_uploader.motion.background import AGAIN_FRAMES, Background, Comparison
from pi_uploader.motion.clutter import Clutter
from pi_uploader.motion.dither import Dither
from pi_uploader.motion.evidence import DEMANDS, is_motion, travels
from pi_uploader.motion.frame import FRAME_SIZE, FRAMES_PER_SECOND, Frame
from pi_uploader.motion.grid import (
    CELL_COLUMNS,
    CELL_ROWS,
    COLUMNS,
    ROWS,
    Floats,
    Mask,
    halve,
    spread,
)
from pi_uploader.motion.regions import Region, find_regions
from pi_uploader.motion.sensitivity import Sensitivity
from pi_uploader.motion.tracks import Track, Tracker
from pi_uploader.motion.zones import EVERYWHERE, Zones

_NEW_SCENE = 2.6  # times as different as usual: another light, or the infrared lamp
_SUDDEN = 1.5  # times as different as the frame before
_CHANGED = np.float32(2.5)  # noises between two frames
_HELD_SECONDS = 120.0  # in which who stands still does not become background
_FEW_FRAMES_ODDS = -3.2  # log odds that are added, and
_FEW_FRAMES = 3  # frames that are asked for, where nobody knows yet what is restless
_TOLERANCE = 0.5 / FRAMES_PER_SECOND  # seconds; frames do not come exactly in time
_MIN_GAIN, _MAX_GAIN = 0.1, 1000.0


class MotionDetector:
    """Looks at the frames of one camera in their order. Motion counts once it has lasted
    `min_seconds`. Raises ValueError for frames of another size."""

    def __init__(
        self, sensitivity: Sensitivity, zones: Zones = EVERYWHERE, min_seconds: float = 0.4
    ) -> None:
        self._demands = DEMANDS[sensitivity]
        self._watched = _points_of(zones)
        self._min_seconds = min_seconds
        self._background: Background | None = None
        self._before: Floats | None = None
        self._commotion = 1.0
        self._clutter = Clutter()
        self._dither = Dither()
        self._tracker = Tracker()

    def look(self, frame: Frame) -> Box | None:
        """Return where something moves in this frame; None while nothing does."""
        points, gain = self._dither.add(_points(frame)), _gain(frame)
        if self._background is None:
            self._begin(Background(points, gain), points)
            return None
        seen = self._background.compare(points, gain)
        if seen.commotion > max(_NEW_SCENE, _SUDDEN * self._commotion):
            self._commotion = seen.commotion
            self._begin(Background(points, gain, AGAIN_FRAMES), points)
            return None
        is_ready = self._background.starts_next
        self._commotion = seen.commotion if is_ready else min(seen.commotion, 1.5)
        mask = self._clutter.filter(
            seen.noises, self._demands.noises, self._watched, is_counted=is_ready
        )
        moving = self._follow(mask, seen, frame.at) if is_ready else []
        self._background.learn(seen, gain, self._held(frame.at))
        self._before = points
        return _box(moving)

    def _begin(self, background: Background, points: Floats) -> None:
        self._background, self._before = background, points
        self._tracker.forget()

    def _follow(self, mask: Mask, seen: Comparison, at: float) -> list[Region]:
        """Return the regions of this frame that are motion."""
        assert self._background is not None
        assert self._before is not None
        regions = find_regions(
            mask,
            seen,
            _changed(self._before, seen),
            self._background.restlessness(),
            rains=self._clutter.is_heavy,
        )
        moving = []
        for track in self._tracker.update(regions, at):
            if travels(track, self._demands):
                track.moved_at = at
            lasted = at - track.begin >= self._min_seconds - _TOLERANCE
            if lasted and is_motion(track, self._demands):
                track.is_confirmed = True
                moving.append(track.last)
        return moving

    def _held(self, at: float) -> Mask | None:
        """Return the points that belong to something that has moved a short time ago."""
        held = [one for one in self._tracker.tracks if self._is_held(one, at)]
        if not held:
            return None
        cells = np.zeros(CELL_ROWS * CELL_COLUMNS, np.bool_)
        for track in held:
            cells[track.last.cells] = True
        return spread(cells.reshape(CELL_ROWS, CELL_COLUMNS))

    @staticmethod
    def _is_held(track: Track, at: float) -> bool:
        return track.is_confirmed and not track.missed and at - track.moved_at < _HELD_SECONDS


def saw_motion(
    frames: Sequence[Frame],
    sensitivity: Sensitivity = Sensitivity.MEDIUM,
    zones: Zones = EVERYWHERE,
) -> Box | None:
    """Return where something moves in a few frames around a trigger, None if nothing does. What
    most of them show is the background, so that none has to be learned before. Raises ValueError
    for frames of another size."""
    if len(frames) < 3:
        return None
    demands, watched = DEMANDS[sensitivity], _points_of(zones)
    demands = replace(demands, log_odds=demands.log_odds + _FEW_FRAMES_ODDS)
    dither = Dither()
    pictures = [dither.add(_points(frame)) for frame in frames]
    background = Background.between(pictures, float(np.median([_gain(one) for one in frames])))
    restlessness = np.ones((CELL_ROWS, CELL_COLUMNS), np.float32)  # too few frames to know it
    tracker, before, moved = Tracker(), pictures[0], 0
    for frame, points in zip(frames, pictures, strict=True):
        seen = background.compare(points, _gain(frame))
        mask = (seen.noises > demands.noises) & watched
        regions = find_regions(mask, seen, _changed(before, seen), restlessness, rains=False)
        moving = [one.last for one in tracker.update(regions, frame.at) if is_motion(one, demands)]
        moved += bool(moving)
        if moved == _FEW_FRAMES:
            return _box(moving)
        before = points
    return None


def _points(frame: Frame) -> Floats:
    """Return the points of a frame. Raises ValueError if it is no frame of this size."""
    if frame.luma.shape != FRAME_SIZE[::-1] or frame.luma.dtype != np.uint8:
        raise ValueError(
            f"a frame must have 240 lines of 320 bytes, not {frame.luma.shape} {frame.luma.dtype}"
        )
    return halve(frame.luma)


def _gain(frame: Frame) -> float:
    gain = frame.gain if math.isfinite(frame.gain) else 1.0
    return min(_MAX_GAIN, max(_MIN_GAIN, gain))


def _points_of(zones: Zones) -> Mask:
    """Return the points in which motion counts."""
    mask: Mask = np.frombuffer(zones.rasterized(COLUMNS, ROWS), np.uint8).reshape(ROWS, COLUMNS) > 0
    return mask


def _changed(before: Floats, seen: Comparison) -> Mask:
    """Return the points that changed since the frame before."""
    limit = np.sqrt(seen.variance) * (_CHANGED * np.float32(seen.commotion))
    changed: Mask = np.abs(seen.points - before) > limit
    return changed


def _box(regions: Sequence[Region]) -> Box | None:
    """Return the box around the largest region."""
    if not regions:
        return None
    one = max(regions, key=lambda region: region.points)
    return Box(
        one.left / CELL_COLUMNS,
        one.top / CELL_ROWS,
        (one.right - one.left) / CELL_COLUMNS,
        (one.bottom - one.top) / CELL_ROWS,
    )
