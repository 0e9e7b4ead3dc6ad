"""Draw the clip of a scenario, and find out from the drawing itself what is visible when."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bench.motion.actors import Actor
from bench.motion.backdrops import draw_backdrop, scale
from bench.motion.canvas import Light, spot
from bench.motion.clips import (
    HEIGHT,
    SECONDS_PER_FRAME,
    WIDTH,
    Clip,
    Event,
    Labels,
    Luma,
    Span,
)
from bench.motion.scenarios import DUSK, INFRARED, NIGHT, LightKind, Scenario, scenario
from bench.motion.sensor import Sensor, compress
from pi_uploader.motion.frame import FRAMES_PER_SECOND

VISIBLE_PIXELS = 40  # of 76,800: a person at 25 m
VISIBLE_STEP = 8.0  # values of 0 to 255 by which a pixel has to differ to be visible,
VISIBLE_NOISES = 2.0  # and as many standard deviations of its noise
MIN_EVENT = 0.6  # seconds; what is visible for a shorter time is no event
_MAX_GAP = 1.0  # seconds for which an event may be hidden or stand still, and stays one
_ATTEMPTS = 20  # until an actor stands out from the backdrop
_BEAM = 3.0  # metres from the middle of a car to the middle of its light on the road


class DrawingError(Exception):
    """The actors of a seed cannot be seen; the text says whose."""


def draw_clip(family: str, seed: int) -> Clip:
    """Return the clip of a family and a seed: the same each time. Raises DrawingError."""
    for attempt in range(_ATTEMPTS):
        one = scenario(family, seed, attempt)
        clip = _draw(one)
        if clip.labels.events or not one.actor:
            return clip
    raise DrawingError(f"nobody can see the actor of {family!r}, seed {seed}")


def clip_name(family: str, seed: int) -> str:
    """Return the name of a clip, also of its file."""
    return f"{family.replace(' ', '-')}-{seed:02d}"


def _draw(one: Scenario) -> Clip:
    count = round(one.seconds * FRAMES_PER_SECOND)
    backdrop = draw_backdrop(one.rng)
    sensor = Sensor(one.rng, one.light.target, one.gain, one.reports_gain, one.noise)
    steps = _exposure_steps(one, count)
    lamp_post = _lamp_post(one.rng)
    luma: Luma = np.empty((count, HEIGHT, WIDTH), np.uint8)
    gain = np.ones(count, np.float32)
    visible = np.zeros(count, np.int64)
    for number in range(count):
        t = number * SECONDS_PER_FRAME
        kind = _light_kind(one, t)
        empty = (backdrop.infrared if kind is INFRARED else backdrop.day).copy()
        for disturbance in one.disturbances:
            disturbance.reflect(empty, t)
        full = empty
        if one.actor and one.actor.is_there(t):
            full = empty.copy()
            one.actor.draw(full, t, _lamp(kind))
        light = _light(one, kind, t, lamp_post)
        scene, without = (_hazy(picture * light, kind) for picture in (full, empty))
        sensor.adapt(scene, steps[number])
        if full is not empty:
            change = np.abs(sensor.expose(scene) - sensor.expose(without))
            threshold = max(VISIBLE_STEP, VISIBLE_NOISES * sensor.noise)
            visible[number] = np.count_nonzero(change >= threshold)
        for disturbance in one.disturbances:
            disturbance.lens(scene, t)
        luma[number] = sensor.read(sensor.expose(scene))
        gain[number] = sensor.reported_gain
    at = np.arange(count, dtype=np.float64) * SECONDS_PER_FRAME
    labels = _labels(one, visible)
    name = clip_name(one.family, one.seed)
    return Clip(name, compress(luma, one.compression), at, gain, labels)


# --- light


def _light_kind(one: Scenario, t: float) -> LightKind:
    """Return the light at a moment: an infrared switch changes it."""
    if one.switches_at is None or t < one.switches_at:
        return one.light
    return DUSK if one.light is INFRARED else INFRARED


def _lamp(kind: LightKind) -> Callable[[float], float]:
    """Return how strong the light on an actor is at a distance in metres."""
    if kind is INFRARED:
        return lambda distance: min(1.5, (9 / distance) ** 2) + 0.06
    return lambda _: 1.0


def _lamp_post(rng: np.random.Generator) -> Light:
    """Return the light of a street lamp, which does not reach everything."""
    x, width = float(rng.uniform(60, WIDTH - 60)), float(rng.uniform(90, 170))
    return np.float32(0.12) + spot(x, float(rng.uniform(90, 190)), width, 80)


def _light(one: Scenario, kind: LightKind, t: float, lamp_post: Light) -> Light:
    light = lamp_post.copy() if kind is NIGHT else np.ones((HEIGHT, WIDTH), np.float32)
    for disturbance in one.disturbances:
        disturbance.light(light, t)
    if one.actor and one.actor.are_lights_on and one.actor.is_there(t):
        light += np.float32(2) * spot(_beam(one.actor, t), 150, 34, 14)
    return light


def _beam(car: Actor, t: float) -> float:
    """Return the column of the light that a car throws on the road ahead."""
    across, distance = car.place(t)
    direction = np.sign(car.way[-1].across - car.way[0].across)
    return float(WIDTH / 2 + (across + direction * _BEAM) * scale(distance))


def _hazy(scene: Light, kind: LightKind) -> Light:
    """Take some contrast away."""
    if not kind.haze:
        return scene
    hazy: Light = scene + np.float32(kind.haze) * (scene.mean() - scene)
    return hazy


def _exposure_steps(one: Scenario, count: int) -> NDArray[np.float64]:
    """Return the mistake of the exposure at each frame: jumps where it hunts, and a dark and two
    bright pictures where the camera changes to infrared light."""
    steps = np.ones(count)
    if one.hunting:
        number = int(one.rng.uniform(2, 6) * FRAMES_PER_SECOND)
        while number < count:
            length = int(one.rng.integers(1, 15))
            steps[number : number + length] *= one.rng.uniform(0.7, 1.4)
            number += length + int(one.rng.uniform(1.5, 7) * FRAMES_PER_SECOND)
    if one.switches_at is not None:
        first = int(np.ceil(one.switches_at * FRAMES_PER_SECOND))
        flash = (0.15, 2.2, 1.5)[: count - first]
        steps[first : first + len(flash)] *= flash
    return steps


# --- labels


def _labels(one: Scenario, visible: NDArray[np.int64]) -> Labels:
    moments = np.arange(len(visible)) * SECONDS_PER_FRAME
    events: tuple[Event, ...] = ()
    seen: tuple[Span, ...] = ()
    heat = [heat for disturbance in one.disturbances for heat in disturbance.heat()]
    if one.actor:
        shown = visible > 0
        if one.actor.are_lights_on:
            beams = np.array([_beam(one.actor, float(t)) for t in moments])
            there = np.array([one.actor.is_there(float(t)) for t in moments])
            shown |= there & (beams > -70) & (beams < WIDTH + 70)
        moving = np.array([one.actor.is_moving(float(t)) for t in moments])
        events = tuple(
            Event(one.actor.kind, span.begin, span.end)
            for span in _spans((visible >= VISIBLE_PIXELS) & moving)
            if span.end - span.begin >= MIN_EVENT - SECONDS_PER_FRAME
        )
        seen = tuple(_spans(shown))
        heat.append(one.actor.heat())
    pixels = tuple(visible.tolist()) if one.actor else ()
    return Labels(
        one.family, one.seed, one.seconds, events, seen, one.conditions, tuple(heat), pixels
    )


def _spans(is_set: NDArray[np.bool_]) -> list[Span]:
    """Return from when to when something is set, joined over short gaps."""
    spans: list[Span] = []
    for number in np.flatnonzero(is_set):
        t = float(number) * SECONDS_PER_FRAME
        if spans and t - spans[-1].end <= _MAX_GAP:
            spans[-1] = Span(spans[-1].begin, t)
        else:
            spans.append(Span(t, t))
    return spans
