"""What moves without being an event: branches in the wind, and insects near the lens."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from bench.motion.canvas import Layer, Light, paste, shifted, to_light
from bench.motion.clips import HEIGHT, WIDTH, Heat
from bench.motion.weather import Disturbance


class Branches(Disturbance):
    """Twigs with leaves that sway in gusts: some far, often one near."""

    name = "branches"

    def prepare(self) -> None:
        self.gusts = self.rng.uniform((0.05, 0), (0.25, 2 * np.pi), (3, 2))
        near = self.rng.random() < 0.5
        sizes = [int(self.rng.integers(22, 60)) for _ in range(int(self.rng.integers(2, 6)))]
        sizes += [int(self.rng.integers(80, 140))] if near else []
        wind = float(self.rng.uniform(0.03, 0.12))  # of a twig's size, at each side
        self.twigs = [
            (
                _twig(size, self.rng, self.infrared),
                self._place(size),
                size * wind,
                float(self.rng.uniform(0.35, 1.4)) * (60 / (size + 30)),  # times a second
                float(self.rng.uniform(0, 2 * np.pi)),
            )
            for size in sizes
        ]

    def _place(self, size: int) -> tuple[float, float]:
        """Return the left upper corner: a large twig grows in from an edge."""
        if size >= 80:
            side = float(self.rng.choice([-0.35 * size, WIDTH - 0.65 * size]))
            return side, float(self.rng.uniform(-0.3 * size, HEIGHT * 0.6))
        return float(self.rng.uniform(0, WIDTH - size)), float(self.rng.uniform(20, 130))

    def reflect(self, picture: Light, t: float) -> None:
        gust = float(np.mean(np.sin(2 * np.pi * self.gusts[:, 0] * t + self.gusts[:, 1])))
        gust = max(0.15, 0.5 + gust)
        for twig, (left, top), reach, rate, phase in self.twigs:
            turn = 2 * np.pi * rate * t + phase
            across = reach * gust * (np.sin(turn) + 0.35 * np.sin(2.7 * turn + 1))
            down = 0.4 * reach * gust * np.sin(1.3 * turn + 2)
            moved = Layer(
                shifted(twig.light, across % 1, down % 1), shifted(twig.cover, across % 1, down % 1)
            )
            paste(picture, moved, left + np.floor(across), top + np.floor(down))

    def heat(self) -> tuple[Heat, ...]:
        return () if self.infrared else (Heat("wind", 0, self.seconds),)


def _twig(size: int, rng: np.random.Generator, infrared: bool) -> Layer:
    """Return a bundle of leaves with gaps, with an empty margin of a pixel."""
    sheet = Image.new("LA", (size, size))
    pen = ImageDraw.Draw(sheet)
    middle = size / 2
    shades = (110, 215) if infrared else (28, 120)
    for _ in range(5):
        x, y = rng.normal(middle, size / 5, 2)
        pen.line((middle, size - 2, x, y), (40, 255), 1 + size // 50)
    for _ in range(int(40 + size * 0.8)):
        x, y = np.clip(rng.normal(middle, size / 6, 2), size * 0.12, size * 0.88)
        half = rng.uniform(0.02, 0.055) * size + 0.7
        flat = half * rng.uniform(0.4, 1)
        shade = int(rng.integers(*shades))
        pen.ellipse((x - half, y - flat, x + half, y + flat), (shade, 255))
    soft = sheet.filter(ImageFilter.GaussianBlur(0.5))
    cover = np.asarray(soft.getchannel("A"), np.float32) / np.float32(255)
    cover[:, [0, -1]] = cover[[0, -1]] = 0
    return Layer(to_light(soft.getchannel("L")), cover)


class Insects(Disturbance):
    """Moths and flies near the lens, bright and blurred in infrared light; sometimes a spider that
    walks over the lens."""

    name = "insects"

    def prepare(self) -> None:
        self.flights = [self._flight() for _ in range(int(self.rng.integers(2, 8)))]
        is_spider = self.rng.random() < 0.25
        self.spider_at = self.moment(4) if is_spider else self.seconds + 1
        self.spider = (
            float(self.rng.choice([-20, WIDTH + 20])),
            float(self.rng.uniform(0, HEIGHT)),
            float(self.rng.uniform(10, 35)),  # pixels a second
            float(self.rng.uniform(9, 22)),  # pixels from its middle to its edge
        )

    def _flight(self) -> tuple[float, float, Light, float, float]:
        """Return begin, seconds, the way in 30 steps a second, radius and brightness."""
        begin, seconds = self.moment(), float(self.rng.uniform(0.3, 2.5))
        steps = int(seconds * 30) + 4
        speed = self.rng.uniform(60, 420) / 30
        turn = np.cumsum(self.rng.normal(0, 0.28, steps)) + self.rng.uniform(0, 2 * np.pi)
        way = np.cumsum(np.stack([np.cos(turn), np.sin(turn)], 1) * speed, axis=0)
        start = self.rng.uniform((0, 0), (WIDTH, HEIGHT))
        radius, brightness = float(self.rng.uniform(1.5, 9)), float(self.rng.uniform(0.15, 0.9))
        return begin, seconds, (way + start).astype(np.float32), radius, brightness

    def lens(self, picture: Light, t: float) -> None:
        for begin, seconds, way, radius, brightness in self.flights:
            if begin <= t < begin + seconds:
                step = int((t - begin) * 30)
                self._add(picture, way[step : step + 3], radius, brightness)
        if t >= self.spider_at:
            x, y, speed, radius = self.spider
            walked = speed * (t - self.spider_at) * (1 if x < 0 else -1)
            wobble = 6 * np.sin(2 * t)
            self._add(picture, np.array([[x + walked, y + wobble]], np.float32), radius, 0.35)

    def _add(self, picture: Light, way: Light, radius: float, brightness: float) -> None:
        """Add the blurred streak of what flies this way while the shutter is open."""
        sheet = Image.new("L", (WIDTH, HEIGHT))
        pen = ImageDraw.Draw(sheet)
        for x, y in way:
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), 255)
        if len(way) > 1:
            pen.line([(float(x), float(y)) for x, y in way], 255, max(1, int(2 * radius)))
        soft = sheet.filter(ImageFilter.GaussianBlur(radius * 0.4 + 0.5))
        shape = np.asarray(soft, np.float32) / 255
        if self.infrared:
            picture += shape * np.float32(brightness)
        else:  # dark in front of the bright scene
            picture *= 1 - shape * np.float32(0.6 * brightness)
