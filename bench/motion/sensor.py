"""The camera: exposure, noise by gain, shake, and the blocks of a strong compression."""

import subprocess
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image

from bench.motion.canvas import Light, shifted, to_grey
from bench.motion.clips import HEIGHT, WIDTH, Luma
from bench.motion.weather import Disturbance
from pi_uploader.motion.frame import FRAMES_PER_SECOND

NOISE = 0.9  # of a pixel at gain 1, in values of 0 to 255
MAX_GAIN = 16.0


@dataclass(frozen=True, slots=True)
class Compression:
    """`codec` is none, jpeg or h264; `strength` is JPEG's quality, or x264's CRF."""

    codec: str = "none"
    strength: int = 0


class Sensor:
    """Turns light into pixels. The exposure follows the light with some delay, as a camera's does:
    first by time, then by gain. Where `reports_gain` is off, as of network cameras, each frame has
    gain 1. `noise` is how much of its noise is left by what the camera does against it."""

    def __init__(
        self,
        rng: np.random.Generator,
        target: float,
        gain: float,
        reports_gain: bool,
        noise: float = 1.0,
    ) -> None:
        self._rng = rng
        self._target = np.float32(target)  # the mean light of a good picture
        self._gain, self._reports_gain = gain, reports_gain
        self._noise = NOISE * noise
        self._exposure, self._initial = 0.0, 0.0
        self._is_adapting = False
        self._bank = _noise_bank(rng)
        self._lag = float(rng.uniform(0.15, 0.6))  # of the way in each frame

    @property
    def noise(self) -> float:
        """The standard deviation of a pixel's noise. It depends on the gain alone: after a tone
        curve that is a square root, shot noise is the same in bright and dark parts."""
        return self._noise * float(np.sqrt(self._actual_gain()))

    @property
    def reported_gain(self) -> float:
        return self._actual_gain() if self._reports_gain else 1.0

    def _actual_gain(self) -> float:
        change = self._exposure / self._initial if self._initial else 1.0
        return float(np.clip(self._gain * (change if self._gain > 1.5 else 1), 1, MAX_GAIN))

    def adapt(self, light: Light, step: float) -> None:
        """Follow the light of a picture; `step` is a mistake of the exposure, such as 1.2."""
        mean = float(light.mean()) + 1e-6
        wanted = float(self._target) / mean
        if not self._initial:
            self._exposure = self._initial = wanted
        error = wanted / self._exposure
        self._is_adapting = abs(np.log(error)) > (0.03 if self._is_adapting else 0.15)
        if self._is_adapting:
            self._exposure *= error**self._lag
        self._step = step

    def expose(self, light: Light) -> Light:
        """Return the values of pixels, without noise."""
        return to_grey(light * np.float32(self._exposure * self._step))

    def read(self, grey: Light) -> Luma:
        """Return what the sensor reads: with noise, and saturated."""
        x, y = self._rng.integers(0, (WIDTH, HEIGHT))
        noise = self._bank[y : y + HEIGHT, x : x + WIDTH]
        return np.clip(grey + noise * np.float32(self.noise) + 0.5, 0, 255).astype(np.uint8)


def _noise_bank(rng: np.random.Generator) -> Light:
    """Return noise twice as wide and high as a picture, from which each frame cuts a part. Some of
    it is shared by neighbours, as scaling and a camera's own filters leave it."""
    white = rng.standard_normal((2 * HEIGHT, 2 * WIDTH), np.float32)
    shared = (white + np.roll(white, 1, 0) + np.roll(white, 1, 1) + np.roll(white, 1, (0, 1))) / 2
    fresh = rng.standard_normal(white.shape, np.float32)
    return (0.8 * fresh + 0.6 * shared).astype(np.float32)


class Shake(Disturbance):
    """The camera moves: in gusts, or once by a knock, after which it may look elsewhere."""

    name = "shake"

    def prepare(self) -> None:
        self.is_knock = self.rng.random() < 0.5
        self.at = self.moment(3)
        self.reach = float(self.rng.uniform(2, 8) if self.is_knock else self.rng.uniform(0.4, 2.5))
        self.rates = self.rng.uniform(0.6, 4, 4)
        self.rest = self.rng.uniform(-4, 4, 2) * (self.rng.random() < 0.6)

    def offset(self, t: float) -> tuple[float, float]:
        """Return by how many pixels the picture is moved, across and down."""
        swing = np.sin(2 * np.pi * self.rates * t)
        if not self.is_knock:
            gust = max(0.0, np.sin(2 * np.pi * 0.11 * t + self.at)) * self.reach
            return float(gust * (swing[0] + swing[1]) / 2), float(gust * (swing[2] + swing[3]) / 2)
        if t < self.at:
            return 0.0, 0.0
        fading = self.reach * np.exp(-(t - self.at) * 1.8)
        across, down = self.rest + fading * swing[:2]
        return float(across), float(down)

    def lens(self, picture: Light, t: float) -> None:
        across, down = self.offset(t)
        if across or down:
            picture[:] = shifted(picture, across, down)


def compress(luma: Luma, compression: Compression) -> Luma:
    """Return a clip as it is after its compression."""
    if compression.codec == "jpeg":
        return np.stack([_through_jpeg(one, compression.strength) for one in luma])
    if compression.codec == "h264":
        return _through_h264(luma, compression.strength)
    return luma


def _through_jpeg(picture: Luma, quality: int) -> Luma:
    file = BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def _through_h264(luma: Luma, crf: int) -> Luma:
    """Encode a clip as a cheap network camera's second stream: few bits, a keyframe every 4 s."""
    size, rate = f"{WIDTH}x{HEIGHT}", f"{FRAMES_PER_SECOND}"
    raw = ["-f", "rawvideo", "-pix_fmt", "gray", "-s", size, "-r", rate]
    ffmpeg = ["ffmpeg", "-v", "error", "-threads", "1"]
    encode = [*ffmpeg, *raw, "-i", "-", "-c:v", "libx264", "-preset", "veryfast", "-crf", f"{crf}"]
    encode += ["-pix_fmt", "yuv420p", "-g", f"{4 * FRAMES_PER_SECOND}", "-bf", "0", "-threads", "1"]
    coded = subprocess.run(
        [*encode, "-f", "h264", "-"], input=luma.tobytes(), stdout=subprocess.PIPE, check=True
    ).stdout
    decode = [*ffmpeg, "-f", "h264", "-i", "-", "-fps_mode", "passthrough"]
    decode += ["-f", "rawvideo", "-pix_fmt", "gray"]
    pixels = subprocess.run([*decode, "-"], input=coded, stdout=subprocess.PIPE, check=True).stdout
    return np.frombuffer(pixels, np.uint8).reshape(luma.shape)
