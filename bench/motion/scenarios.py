"""What the clips show: families of scenarios, each with as many clips as it has seeds.

All that varies in a family (place, light, distance, speed, weather) is chosen by the seed.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from bench.motion.actors import Actor, Waypoint
from bench.motion.backdrops import scale
from bench.motion.clips import WIDTH
from bench.motion.sensor import Compression, Shake
from bench.motion.weather import (
    LEAD,
    Clouds,
    Disturbance,
    Headlights,
    Lamp,
    Rain,
    Snow,
    SunFlecks,
    Sunrise,
)
from bench.motion.wind import Branches, Insects

TAIL = 4.0  # seconds at the end of a clip, after an actor has left
EMPTY_SECONDS = 30.0  # of a clip without an actor


@dataclass(frozen=True, slots=True)
class LightKind:
    """The light of a scene. `gains`: of the sensor, from and to. `target`: the mean light of a well
    exposed picture. `haze`: how much contrast is lost."""

    name: str
    gains: tuple[float, float]
    target: float
    shutter: float
    haze: float = 0.0


DAY = LightKind("day", (1, 1.5), 0.18, 1 / 100)
DUSK = LightKind("dusk", (5, 12), 0.10, 1 / 20, haze=0.45)
NIGHT = LightKind("night", (8, 16), 0.06, 1 / 12)
INFRARED = LightKind("infrared", (3, 12), 0.08, 1 / 25)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One clip to be drawn. `switches_at`: when the camera changes to infrared light, or back.
    `hunting`: the exposure jumps now and then. `noise`: how much of the sensor's noise the camera
    leaves, 1 for all of it."""

    family: str
    seed: int
    seconds: float
    light: LightKind
    gain: float
    reports_gain: bool
    compression: Compression
    disturbances: tuple[Disturbance, ...]
    actor: Actor | None
    rng: np.random.Generator
    switches_at: float | None = None
    hunting: bool = False
    noise: float = 1.0

    @property
    def conditions(self) -> tuple[str, ...]:
        """Name what disturbs the picture."""
        extra = ["infrared switch"] * (self.switches_at is not None)
        extra += ["exposure steps"] * self.hunting
        extra += ["denoised"] * (self.noise < 1)
        return (self.light.name, *(one.name for one in self.disturbances), *extra)


MakeActor = Callable[[np.random.Generator], Actor]
Kind = type[Disturbance]


@dataclass(frozen=True, slots=True)
class Family:
    """A kind of scenario: who passes by, in which light, and what disturbs the picture."""

    actor: MakeActor | None = None
    lights: tuple[LightKind, ...] = (DAY, DAY, DUSK, INFRARED)
    disturbances: tuple[Kind, ...] = ()
    switches: bool = False
    hunting: bool = False
    blocks: bool = False
    denoised: bool = False
    gains: tuple[float, float] | None = field(default=None)


def scenario(name: str, seed: int, attempt: int = 0) -> Scenario:
    """Return the scenario of a family and a seed; another one for each attempt."""
    family = FAMILIES[name]
    rng = np.random.default_rng([zlib.crc32(name.encode()), seed, attempt])
    light = family.lights[int(rng.integers(len(family.lights)))]
    gain = float(rng.uniform(*(family.gains or light.gains)))
    actor = family.actor(rng) if family.actor else None
    if actor:
        actor = replace(actor, shutter=light.shutter)
    seconds = round(actor.way[-1].at + TAIL, 1) if actor else EMPTY_SECONDS
    source = rng.choice(["pi", "usb", "network"], p=[0.5, 0.2, 0.3])
    codec, low, high = {"pi": ("none", 0, 1), "usb": ("jpeg", 70, 92), "network": ("h264", 23, 31)}[
        str(source)
    ]
    if family.blocks:
        codec, low, high = ("jpeg", 8, 25) if rng.random() < 0.4 else ("h264", 31, 38)
    noise = 1.0
    if family.denoised:
        codec, low, high = ("none", 0, 1) if rng.random() < 0.3 else ("h264", 24, 36)
        noise = max(0.0, float(rng.uniform(-0.1, 0.2)))  # a third has none at all
    infrared = light is INFRARED
    made = tuple(kind(rng, seconds, infrared) for kind in family.disturbances)
    return Scenario(
        name,
        seed,
        seconds,
        light,
        gain,
        bool(source == "pi"),
        Compression(codec, int(rng.integers(low, high))),
        made,
        actor,
        rng,
        float(rng.uniform(LEAD, seconds - 3)) if family.switches else None,
        family.hunting,
        noise,
    )


# --- who passes by


def _crossing(kind: str, distances: tuple[float, float], speeds: tuple[float, float]) -> MakeActor:
    """Return a way from one side of the picture to the other, at about the same distance."""

    def make(rng: np.random.Generator) -> Actor:
        distance, speed = float(rng.uniform(*distances)), float(rng.uniform(*speeds))
        side = float(rng.choice([-1, 1]))
        drift = float(rng.uniform(0.9, 1.1))
        start, end = _outside(kind, distance), _outside(kind, distance * drift)
        begin = LEAD + float(rng.uniform(0, 3))
        seconds = (start + end) / speed
        way = (
            Waypoint(begin, -side * start, distance),
            Waypoint(begin + seconds, side * end, distance * drift),
        )
        return Actor(kind, way, int(rng.integers(1_000_000)))

    return make


def _outside(kind: str, distance: float) -> float:
    """Return how many metres from the middle an actor is just outside of the picture."""
    return WIDTH / 2 / scale(distance) + {"person": 0.5, "car": 2.4}.get(kind, 0.6)


def _stops(rng: np.random.Generator) -> Actor:
    """A person walks in, stands for some seconds, and walks on or back."""
    distance, speed = float(rng.uniform(3, 12)), float(rng.uniform(0.7, 1.5))
    side, edge = float(rng.choice([-1, 1])), _outside("person", distance)
    place = float(rng.uniform(-0.5, 0.5)) * edge
    arrives = LEAD + float(rng.uniform(0, 3)) + abs(place + edge) / speed
    leaves = arrives + float(rng.uniform(3, 10))
    goes_to = float(rng.choice([-1, 1])) * edge
    way = (
        Waypoint(arrives - abs(place + edge) / speed, -side * edge, distance),
        Waypoint(arrives, side * place, distance),
        Waypoint(leaves, side * place, distance),
        Waypoint(leaves + abs(goes_to - side * place) / speed, goes_to, distance),
    )
    return Actor("person", way, int(rng.integers(1_000_000)))


def _at_the_edge(rng: np.random.Generator) -> Actor:
    """A person who is seen in part only, for one or two seconds, at one side."""
    distance, side = float(rng.uniform(2.5, 9)), float(rng.choice([-1, 1]))
    edge, begin = WIDTH / 2 / scale(distance), LEAD + float(rng.uniform(0, 4))
    inside = edge - float(rng.uniform(0.15, 0.5))
    turn = float(rng.uniform(0.8, 1.6))
    way = (
        Waypoint(begin, side * (edge + 0.6), distance),
        Waypoint(begin + turn, side * inside, distance * 1.03),
        Waypoint(begin + 2 * turn, side * (edge + 0.6), distance * 1.06),
    )
    return Actor("person", way, int(rng.integers(1_000_000)))


def _comes_closer(rng: np.random.Generator) -> Actor:
    """A person who comes in far away, walks to the camera, and passes it."""
    far, near = float(rng.uniform(12, 20)), float(rng.uniform(2.2, 3.2))
    side, begin = float(rng.choice([-1, 1])), LEAD + float(rng.uniform(0, 2))
    speed, place = float(rng.uniform(1.1, 1.7)), float(rng.uniform(-0.3, 0.6))
    turns = begin + (_outside("person", far) - place) / speed
    passes = turns + (far - near) / speed
    way = (
        Waypoint(begin, side * _outside("person", far), far),
        Waypoint(turns, side * place, far * 0.95),
        Waypoint(passes, side * place, near),
        Waypoint(passes + 2, -side * _outside("person", near), near),
    )
    return Actor("person", way, int(rng.integers(1_000_000)))


def _comes_again(make: MakeActor) -> MakeActor:
    """Return the way there and, after half a minute, back: by then a picture without noise has
    shown nothing else for a while but who passed."""

    def again(rng: np.random.Generator) -> Actor:
        actor = make(rng)
        pause = float(rng.uniform(20, 40))
        leaves = actor.way[-1].at
        way = [
            Waypoint(2 * leaves - one.at + pause, one.across, one.distance)
            for one in reversed(actor.way)
        ]
        return replace(actor, way=(*actor.way, *way))

    return again


def _one_of(*makers: MakeActor) -> MakeActor:
    return lambda rng: makers[int(rng.integers(len(makers)))](rng)


def _with_lights(make: MakeActor) -> MakeActor:
    return lambda rng: replace(make(rng), are_lights_on=True)


_WALKER = _crossing("person", (3, 12), (0.8, 1.8))
_STROLLER = _crossing("person", (2.5, 6), (0.25, 0.8))
_RUNNER = _crossing("person", (2.5, 6), (2.2, 3.6))
_ANIMAL = _one_of(
    _crossing("cat", (3, 7), (0.5, 2)),
    _crossing("dog", (3, 10), (0.8, 3)),
    _crossing("fox", (3, 8), (0.8, 2.5)),
)
_CAR = _crossing("car", (8, 18), (4, 11))
_ANYONE = _one_of(_WALKER, _WALKER, _RUNNER, _ANIMAL)
_DARK = (INFRARED, NIGHT)
_NATURAL = (DAY, DAY, DUSK)

FAMILIES: dict[str, Family] = {
    "person near and slow": Family(_crossing("person", (2.3, 5), (0.4, 1.0))),
    "person near and fast": Family(_RUNNER),
    "person in the middle": Family(_crossing("person", (5, 12), (0.8, 1.8))),
    "person far": Family(_crossing("person", (12, 22), (1.0, 2.5)), (DAY, DAY, DUSK)),
    "person stops": Family(_stops),
    "person at the edge": Family(_at_the_edge),
    "person at dusk": Family(_crossing("person", (3, 14), (0.8, 1.8)), (DUSK,)),
    "person at night": Family(_crossing("person", (3, 10), (0.8, 1.8)), (NIGHT,)),
    "person in infrared": Family(_crossing("person", (3, 12), (0.8, 1.8)), (INFRARED,)),
    "person comes closer": Family(_comes_closer),
    "animal by day": Family(_ANIMAL, _NATURAL),
    "animal in infrared": Family(_ANIMAL, (INFRARED,)),
    "car by day": Family(_CAR, _NATURAL),
    "car at night": Family(_with_lights(_CAR), (NIGHT,)),
    "quiet": Family(lights=(DAY, DUSK, NIGHT, INFRARED)),
    "noise": Family(lights=(DUSK, NIGHT), gains=(13, 16)),
    "branches": Family(disturbances=(Branches,)),
    "rain": Family(lights=(DAY, DUSK, INFRARED), disturbances=(Rain,)),
    "snow": Family(lights=(DAY, DUSK, INFRARED), disturbances=(Snow,)),
    "insects": Family(lights=(INFRARED, INFRARED, INFRARED, DAY), disturbances=(Insects,)),
    "headlights": Family(lights=_DARK, disturbances=(Headlights,)),
    "clouds": Family(lights=(DAY,), disturbances=(Clouds,)),
    "sunrise": Family(lights=_NATURAL, disturbances=(Sunrise,)),
    "sun flecks": Family(lights=(DAY,), disturbances=(SunFlecks,)),
    "lamp": Family(lights=(NIGHT, DUSK, INFRARED), disturbances=(Lamp,)),
    "infrared switch": Family(lights=(DUSK, INFRARED), switches=True),
    "shake": Family(disturbances=(Shake,)),
    "blocks": Family(blocks=True),
    "exposure steps": Family(hunting=True),
    "branches and sun": Family(lights=(DAY,), disturbances=(Branches, SunFlecks, Clouds)),
    "storm": Family(lights=(DAY, DUSK), disturbances=(Branches, Rain, Shake)),
    "night rain": Family(lights=(INFRARED,), disturbances=(Branches, Rain, Insects)),
    "branches in blocks": Family(disturbances=(Branches,), blocks=True),
    "denoised": Family(lights=(DAY, DUSK, NIGHT, INFRARED), denoised=True),
    "branches denoised": Family(disturbances=(Branches,), denoised=True),
    "clouds denoised": Family(lights=(DAY,), disturbances=(Clouds,), denoised=True),
    "person and branches": Family(_ANYONE, disturbances=(Branches,)),
    "person and rain": Family(_ANYONE, (DAY, DUSK, INFRARED), (Rain,)),
    "person and snow": Family(_ANYONE, (DAY, DUSK, INFRARED), (Snow,)),
    "person and insects": Family(_ANYONE, (INFRARED,), (Insects,)),
    "person and headlights": Family(_ANYONE, _DARK, (Headlights,)),
    "person and clouds": Family(_ANYONE, (DAY,), (Clouds,)),
    "person and sun flecks": Family(_ANYONE, (DAY,), (SunFlecks,)),
    "person and infrared switch": Family(_ANYONE, (DUSK, INFRARED), switches=True),
    "person and shake": Family(_ANYONE, disturbances=(Shake,)),
    "person and exposure steps": Family(_ANYONE, hunting=True),
    "person in blocks": Family(_one_of(_WALKER, _RUNNER), blocks=True),
    "person denoised": Family(
        _comes_again(_one_of(_WALKER, _STROLLER, _RUNNER, _ANIMAL)), denoised=True
    ),
    "person and branches denoised": Family(_ANYONE, disturbances=(Branches,), denoised=True),
    "person in a storm": Family(_WALKER, (DAY, DUSK), (Branches, Rain, Shake)),
    "car in rain": Family(_CAR, _NATURAL, (Rain,)),
}
