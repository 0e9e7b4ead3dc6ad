"""Who passes by: people, animals and cars, with their way through the scene."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from PIL import Image

from bench.motion.backdrops import feet, scale
from bench.motion.canvas import Layer, Light, layer, paste, spot
from bench.motion.clips import WIDTH, Heat
from pi_uploader.cameras.simulated import visitors

PHASES = 8  # of a stride
_HEIGHT = {"person": 1.75, "cat": 0.38, "dog": 0.7, "fox": 0.5, "car": 1.5}  # metres
_STRIDE = {"person": 1.5, "cat": 0.5, "dog": 0.9, "fox": 0.7, "car": 2.0}  # metres, two steps


@dataclass(frozen=True, slots=True)
class Waypoint:
    """Where an actor is at a moment: metres to the right of the middle, and from the camera."""

    at: float
    across: float
    distance: float


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who walks from waypoint to waypoint. `looks` chooses the clothes, fur or paint."""

    kind: str
    way: tuple[Waypoint, ...]
    looks: int
    shutter: float = 1 / 60  # seconds
    are_lights_on: bool = False

    def place(self, t: float) -> tuple[float, float]:
        """Return metres across and from the camera at a moment."""
        at = [one.at for one in self.way]
        across = np.interp(t, at, [one.across for one in self.way])
        distance = np.interp(t, at, [one.distance for one in self.way])
        return float(across), float(distance)

    def is_there(self, t: float) -> bool:
        """Tell whether the actor is on the way, in the picture or beside it."""
        return self.way[0].at <= t <= self.way[-1].at

    def is_moving(self, t: float) -> bool:
        """Tell whether the actor walks, not stands, in the 0.2 s up to a moment."""
        return self.place(t) != self.place(t - 0.2)

    def draw(self, picture: Light, t: float, lamp: Callable[[float], float]) -> None:
        """Draw the actor. `lamp` returns how strong the light is at a distance, 1 by day."""
        across, distance = self.place(t)
        before = self.place(t - 0.1)
        speed = (across - before[0]) / 0.1
        walked = float(np.hypot(across - self.way[0].across, distance - self.way[0].distance))
        phase = int(walked / _STRIDE[self.kind] * PHASES) % PHASES
        sprite = _sprite(self.kind, self.looks, phase, self.are_lights_on)
        metre = scale(distance)
        high = _HEIGHT[self.kind] * metre
        wide = high * sprite.width / sprite.height
        drawn = layer(sprite, (round(wide), round(high)), abs(speed) * metre * self.shutter)
        left = WIDTH / 2 + across * metre - drawn.cover.shape[1] / 2
        if speed < 0:
            drawn = Layer(drawn.light[:, ::-1], drawn.cover[:, ::-1])
        picture *= 1 - np.float32(0.35) * spot(
            left + drawn.cover.shape[1] / 2, feet(distance), wide * 0.45 + 1, high * 0.04 + 1
        )
        lit = Layer(drawn.light * np.float32(lamp(distance)), drawn.cover)
        paste(picture, lit, left, feet(distance) - high)

    def heat(self) -> Heat:
        """Return what a passive infrared sensor feels of the actor: nearest, and how fast there."""
        moments = np.arange(self.way[0].at, self.way[-1].at, 0.1)
        places = [self.place(float(t)) for t in moments]
        inside = [
            number
            for number, (across, distance) in enumerate(places)
            if abs(across) * scale(distance) < WIDTH / 2
        ] or [0]
        nearest = min(inside, key=lambda number: places[number][1])
        steps = [np.hypot(*np.subtract(b, a)) / 0.1 for a, b in pairwise(places)]
        speed = float(max(steps[min(number, len(steps) - 1)] for number in inside))
        begin, end = float(moments[inside[0]]), float(moments[inside[-1]])
        return Heat(self.kind, begin, end, places[nearest][1], speed)


@cache
def _sprite(kind: str, looks: int, phase: int, are_lights_on: bool) -> Image.Image:
    """Return an actor that looks to the right, without an empty margin."""
    stride = phase / PHASES
    rng = np.random.default_rng(looks)
    first, second = (int(value) for value in rng.integers(18, 215, 2))
    colour, other = (first, first, first), (second, second, second)
    return {
        "person": lambda: visitors.pedestrian(stride, colour, other),
        "fox": lambda: visitors.fox(stride),
        "cat": lambda: visitors.quadruped(stride, colour),
        "dog": lambda: visitors.quadruped(stride, colour),
        "car": lambda: visitors.car(colour, are_lights_on),
    }[kind]()
