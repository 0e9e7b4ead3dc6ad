"""A clip: what a camera saw, and what really happened meanwhile."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from pi_uploader.motion.frame import FRAME_SIZE, FRAMES_PER_SECOND, Frame

Luma = NDArray[np.uint8]
WIDTH, HEIGHT = FRAME_SIZE
SECONDS_PER_FRAME = 1 / FRAMES_PER_SECOND


class ClipError(Exception):
    """A file is not a clip; the text says which one, and why."""


@dataclass(frozen=True, slots=True)
class Span:
    """From `begin` to `end`, in seconds since the clip's first frame."""

    begin: float
    end: float


@dataclass(frozen=True, slots=True)
class Event:
    """Somebody or something that a camera should take a photo of: the first and the last moment
    at which enough of it is visible."""

    kind: str
    begin: float
    end: float


@dataclass(frozen=True, slots=True)
class Heat:
    """What a passive infrared sensor may react to, such as a person at a `distance` in metres who
    crosses at a `speed` in metres a second, or warm wind."""

    kind: str
    begin: float
    end: float
    distance: float = 0.0
    speed: float = 0.0


@dataclass(frozen=True, slots=True)
class Labels:
    """What happened in a clip. `visible`: when any part of somebody is in the picture, also
    standing still; an alarm then is not false. `conditions`: what disturbs the picture. `pixels`:
    how many pixels of somebody are visible in each frame, which only a drawing knows."""

    family: str
    seed: int
    seconds: float
    events: tuple[Event, ...] = ()
    visible: tuple[Span, ...] = ()
    conditions: tuple[str, ...] = ()
    heat: tuple[Heat, ...] = ()
    pixels: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Clip:
    """Frames with their labels. `luma` has one picture for each frame, `at` its moment, and `gain`
    how much the sensor amplified."""

    name: str
    luma: Luma
    at: NDArray[np.float64]
    gain: NDArray[np.float32]
    labels: Labels

    def frames(self) -> Iterator[Frame]:
        for luma, at, gain in zip(self.luma, self.at, self.gain, strict=True):
            yield Frame(luma, float(at), float(gain))


def save(clip: Clip, path: Path) -> None:
    """Write a clip with its labels, so that it is there whole or not at all."""
    part = path.with_suffix(".part")
    labels = json.dumps(asdict(clip.labels))
    with part.open("wb") as file:
        np.savez(file, luma=clip.luma, at=clip.at, gain=clip.gain, labels=np.array(labels))
    part.replace(path)


def load(path: Path) -> Clip:
    """Read a clip that save() wrote, or one of a device's replay folder, which has no labels: a
    person has marked that as a missed event, so that all of it is one. Raises ClipError."""
    try:
        with np.load(path, allow_pickle=False) as file:
            luma, at, gain = file["luma"], file["at"], file["gain"]
            text = str(file["labels"]) if "labels" in file else ""
        labels = parse_labels(json.loads(text)) if text else missed_event(path.stem, at)
    except (OSError, KeyError, ValueError, TypeError, BadZipFile, EOFError) as error:
        raise ClipError(f"{path} is not a clip: {error!r}") from error
    if luma.dtype != np.uint8 or luma.shape != (len(at), HEIGHT, WIDTH) or len(gain) != len(at):
        raise ClipError(f"{path} is not a clip of {WIDTH}x{HEIGHT}: {luma.dtype}, {luma.shape}")
    return Clip(path.stem, luma, at, gain, labels)


def load_labels(path: Path) -> Labels:
    """Read the labels of a clip that save() wrote, without its pictures. Raises ClipError."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return parse_labels(json.loads(str(file["labels"])))
    except (OSError, KeyError, ValueError, TypeError, BadZipFile, EOFError) as error:
        raise ClipError(f"{path} is not a clip: {error!r}") from error


def missed_event(name: str, at: NDArray[np.float64]) -> Labels:
    """Return labels by which the whole of a clip is one event."""
    seconds = float(at[-1] - at[0]) if len(at) else 0.0
    return Labels(name, 0, seconds, (Event("missed", 0, seconds),), (Span(0, seconds),))


def parse_labels(fields: dict[str, object]) -> Labels:
    """Return the labels that save() wrote as JSON. Raises KeyError, TypeError, ValueError."""

    def read(name: str, kind: type) -> tuple[object, ...]:
        values = fields.get(name, [])
        assert isinstance(values, list)
        return tuple(kind(**one) if isinstance(one, dict) else kind(one) for one in values)

    return Labels(
        family=str(fields["family"]),
        seed=int(str(fields["seed"])),
        seconds=float(str(fields["seconds"])),
        events=read("events", Event),  # type: ignore[arg-type]
        visible=read("visible", Span),  # type: ignore[arg-type]
        conditions=read("conditions", str),  # type: ignore[arg-type]
        heat=read("heat", Heat),  # type: ignore[arg-type]
        pixels=read("pixels", int),  # type: ignore[arg-type]
    )
