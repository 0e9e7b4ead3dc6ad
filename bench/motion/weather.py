"""What changes the light and the air without anybody being there: clouds, sun, lamps, rain, snow.

A disturbance may change what the scene reflects, the light that falls on it, and what is between
the scene and the lens, in this order. `t` is in seconds since the clip's first frame, and grows
from call to call.
"""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from bench.motion.canvas import COLUMNS, ROWS, Light, spot
from bench.motion.clips import HEIGHT, SECONDS_PER_FRAME, WIDTH, Heat

LEAD = 4.0  # seconds at the beginning of a clip in which nothing happens but noise and weather


class Disturbance:
    """One cause of change. Each kind overrides what it changes."""

    name = ""

    def __init__(self, rng: np.random.Generator, seconds: float, infrared: bool) -> None:
        self.rng, self.seconds, self.infrared = rng, seconds, infrared
        self.prepare()

    def prepare(self) -> None:
        """Choose how it is in this clip."""

    def reflect(self, picture: Light, t: float) -> None:
        """Change what the scene reflects."""

    def light(self, light: Light, t: float) -> None:
        """Change how much light falls on each part."""

    def lens(self, picture: Light, t: float) -> None:
        """Change what is between the scene and the lens."""

    def heat(self) -> tuple[Heat, ...]:
        """Return what a passive infrared sensor may feel of it."""
        return ()

    def moment(self, before_end: float = 1.0) -> float:
        """Return a random moment after the lead."""
        return float(self.rng.uniform(LEAD, self.seconds - before_end))


class Clouds(Disturbance):
    """The shadow of a cloud passes over the scene, with a soft edge; sometimes two."""

    name = "clouds"

    def prepare(self) -> None:
        self.shadows = [self._shadow() for _ in range(int(self.rng.integers(1, 3)))]

    def _shadow(self) -> tuple[float, float, float, float, float, Light]:
        begin = self.moment()
        end = begin + float(self.rng.uniform(3, 15))
        crossing = float(self.rng.uniform(1.5, 6))  # seconds from one side to the other
        width = float(self.rng.uniform(40, 400))  # pixels of the soft edge
        angle = float(self.rng.uniform(0, 2 * np.pi))
        along = (COLUMNS - WIDTH / 2) * np.cos(angle) + (ROWS - HEIGHT / 2) * np.sin(angle)
        return begin, end, crossing, width, float(self.rng.uniform(0.25, 0.65)), along

    def light(self, light: Light, t: float) -> None:
        for begin, end, crossing, width, depth, along in self.shadows:
            way = WIDTH + 2 * width
            darkened = np.zeros_like(light)
            for moment, sign in ((begin, 1), (end, -1)):
                edge = (t - moment) / crossing * way - way / 2
                if abs(edge) < way:
                    darkened += sign / (1 + np.exp(np.clip((along - edge) / width * 4, -30, 30)))
                elif edge > 0:
                    darkened += sign
            light *= (1 - depth * darkened).astype(np.float32)

    def heat(self) -> tuple[Heat, ...]:
        return tuple(Heat("sun", one[0], one[0] + one[2]) for one in self.shadows)


class Sunrise(Disturbance):
    """It gets brighter, and the edge of a house's shadow moves slowly."""

    name = "sunrise"

    def prepare(self) -> None:
        self.growth = float(self.rng.uniform(1.3, 3.0))
        self.contrast = float(self.rng.uniform(0.5, 1.6))
        self.speed = float(self.rng.uniform(-2.5, 2.5))  # pixels a second
        self.slope = float(self.rng.uniform(-0.6, 0.6))
        self.start = float(self.rng.uniform(60, WIDTH - 60))

    def light(self, light: Light, t: float) -> None:
        edge = self.start + self.speed * t + self.slope * (ROWS - HEIGHT / 2)
        sunny = np.clip((COLUMNS - edge) / 5 + 0.5, 0, 1)
        grown = 1 + (self.growth - 1) * t / self.seconds
        light *= (grown * (1 + self.contrast * sunny)).astype(np.float32)

    def heat(self) -> tuple[Heat, ...]:
        return (Heat("sun", 0, self.seconds),)


class SunFlecks(Disturbance):
    """Sunlight falls through moving leaves onto the ground."""

    name = "sun flecks"

    def prepare(self) -> None:
        count = int(self.rng.integers(8, 32))
        x, y = self.rng.uniform(30, WIDTH - 30), self.rng.uniform(140, 210)
        self.spots = [
            (
                spot(
                    float(self.rng.normal(x, 45)),
                    float(self.rng.normal(y, 18)),
                    float(self.rng.uniform(3, 12)),
                    float(self.rng.uniform(2, 5)),
                ),
                float(self.rng.uniform(0.15, 0.9)),  # how often a second
                float(self.rng.uniform(0, 2 * np.pi)),
            )
            for _ in range(count)
        ]
        self.strength = float(self.rng.uniform(0.4, 1.6))

    def light(self, light: Light, t: float) -> None:
        added = np.zeros_like(light)
        for shape, rate, phase in self.spots:
            shine = max(0.0, np.sin(2 * np.pi * rate * t + phase) + 0.3)
            added += shape * np.float32(shine)
        light *= 1 + np.float32(self.strength) * np.minimum(added, 1.3)

    def heat(self) -> tuple[Heat, ...]:
        return (Heat("sun", 0, self.seconds), Heat("wind", 0, self.seconds))


class Headlights(Disturbance):
    """A car outside of the picture turns: its light sweeps over walls and the ground, at night."""

    name = "headlights"

    def prepare(self) -> None:
        self.sweeps = [
            (
                self.moment(3),
                float(self.rng.uniform(1.2, 4.5)),  # seconds
                int(self.rng.choice([-1, 1])),
                float(self.rng.uniform(90, 190)),  # row
                float(self.rng.uniform(22, 90)),  # width
                float(self.rng.uniform(0.8, 4)),  # as many times the other light
            )
            for _ in range(int(self.rng.integers(1, 4)))
        ]

    def light(self, light: Light, t: float) -> None:
        for begin, crossing, direction, row, width, strength in self.sweeps:
            done = (t - begin) / crossing
            if -0.3 < done < 1.3:
                x = WIDTH / 2 + direction * (done - 0.5) * (WIDTH + 2 * width)
                for beam in (-0.35, 0.35):
                    light += np.float32(strength) * spot(x + beam * width, row, width / 2, 26)


class Lamp(Disturbance):
    """A lamp or a lit window is switched on or off, once or twice."""

    name = "lamp"

    def prepare(self) -> None:
        x, y = self.rng.uniform(20, WIDTH - 20), self.rng.uniform(30, 150)
        width = self.rng.uniform(40, 160)
        shape = spot(float(x), float(y), float(width), float(width * self.rng.uniform(0.5, 1)))
        self.shape = shape + np.float32(self.rng.uniform(0, 0.3))
        self.strength = float(self.rng.uniform(0.6, 3))
        self.switches = sorted(self.moment() for _ in range(int(self.rng.integers(1, 3))))
        self.is_on_first = bool(self.rng.random() < 0.5)

    def light(self, light: Light, t: float) -> None:
        if self.is_on_first == (sum(t >= one for one in self.switches) % 2 == 0):
            light += np.float32(self.strength) * self.shape


class Rain(Disturbance):
    """Streaks of rain; in infrared light near drops are bright. Sometimes a drop on the lens."""

    name = "rain"

    def prepare(self) -> None:
        self.count = int(self.rng.integers(60, 500)) // (3 if self.infrared else 1)
        self.brightness = float(self.rng.uniform(0.1, 0.5) if self.infrared else 0.07)
        self.slant = float(self.rng.uniform(-0.35, 0.35))
        has_drop = self.rng.random() < 0.3
        self.drop_at = self.moment() if has_drop else self.seconds + 1
        self.drop = [float(self.rng.uniform(20, WIDTH - 20)), float(self.rng.uniform(20, 180))]
        self.drop_size = float(self.rng.uniform(6, 16))

    def lens(self, picture: Light, t: float) -> None:
        sheet = Image.new("L", (WIDTH, HEIGHT))
        pen = ImageDraw.Draw(sheet)
        near = self.rng.random(self.count) ** 4  # most are far
        tops = self.rng.uniform((-20, -20), (WIDTH, HEIGHT), (self.count, 2))
        for (x, y), nearness in zip(tops, near, strict=True):
            long = 5 + 24 * nearness
            shade = int(90 + 165 * nearness)
            pen.line((x, y, x + self.slant * long, y + long), shade, 1 + int(nearness > 0.6))
        soft = sheet.filter(ImageFilter.BoxBlur(0.6))
        picture += np.asarray(soft, np.float32) / 255 * np.float32(self.brightness)
        if t >= self.drop_at:  # it runs down slowly, then stays
            self.drop[1] += max(0.0, 3 - (t - self.drop_at)) * SECONDS_PER_FRAME * 4
            blurred = spot(self.drop[0], self.drop[1], self.drop_size, self.drop_size * 1.2)
            picture += blurred * (np.float32(picture.mean()) * 1.3 - picture) * np.float32(0.6)

    def heat(self) -> tuple[Heat, ...]:
        return (Heat("rain", 0, self.seconds),)


class Snow(Disturbance):
    """Flakes that fall and drift, far ones small, near ones large and blurred."""

    name = "snow"

    def prepare(self) -> None:
        count = int(self.rng.integers(60, 400))
        self.place = self.rng.uniform((0, 0), (WIDTH, HEIGHT), (count, 2))
        self.near = self.rng.random(count) ** 5
        self.wind = float(self.rng.uniform(-60, 60))  # pixels a second
        self.brightness = float(self.rng.uniform(0.2, 0.8) if self.infrared else 0.25)

    def lens(self, picture: Light, t: float) -> None:
        speed = 25 + 190 * self.near
        drift = self.wind * (0.4 + self.near) + self.rng.normal(0, 12, len(speed))
        self.place[:, 0] = (self.place[:, 0] + drift * SECONDS_PER_FRAME) % WIDTH
        self.place[:, 1] = (self.place[:, 1] + speed * SECONDS_PER_FRAME) % (HEIGHT + 20)
        sheet = Image.new("L", (WIDTH, HEIGHT))
        pen = ImageDraw.Draw(sheet)
        for (x, y), nearness in zip(self.place, self.near, strict=True):
            half = 0.6 + 4 * nearness
            pen.ellipse((x - half, y - half, x + half, y + half), int(210 - 120 * nearness))
        soft = sheet.filter(ImageFilter.GaussianBlur(0.8))
        picture += np.asarray(soft, np.float32) / 255 * np.float32(self.brightness)
