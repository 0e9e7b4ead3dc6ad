"""What a device saw in the picture of a photo: whether and where something moved, and what it is.

X-Motion is `none` for a trigger without motion in the picture, else where the motion was: left,
top, width and height as shares of the picture, such as `0.125, 0.25, 0.375, 0.5`. A photo without
the header is one at which nobody looked. X-Labels has what a model found, such as
`person=0.93, car=0.51`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from photo_wire.errors import WireError, quoted

MOTION = "X-Motion"
LABELS = "X-Labels"
MAX_LABELS = 8
WITHOUT_MOTION = "none"
WATCHING, BLIND = "watching", "blind: "  # states of a camera that looks for motion, in heartbeats
WORKING, FAILING = "working", "failing: "  # states of the model that labels a camera's photos
_SHARE = r"(0(?:\.[0-9]{1,4})?|1(?:\.0{1,4})?)"
_BOX = re.compile(rf"{_SHARE}, ?{_SHARE}, ?{_SHARE}, ?{_SHARE}")
_LABEL = re.compile(rf"([a-z][a-z0-9-]{{0,31}})={_SHARE}")
TYPED_WORD = " *[A-Za-z][A-Za-z0-9 -]*"  # a label as people write it
MAX_WORD = 32  # characters


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a picture. Each value is a share of its width or height, rounded to a thousandth,
    so that a box is the same one wherever it is read."""

    left: float
    top: float
    width: float
    height: float

    def __post_init__(self) -> None:
        for name in ("left", "top", "width", "height"):
            object.__setattr__(self, name, round(getattr(self, name), 3))
        if min(self.left, self.top) < 0 or min(self.width, self.height) <= 0:
            raise ValueError(f"a box needs a place and a size: {self}")
        if self.left + self.width > 1.001 or self.top + self.height > 1.001:
            raise ValueError(f"a box ends within the picture: {self}")

    def __str__(self) -> str:
        return f"{self.left:g}, {self.top:g}, {self.width:g}, {self.height:g}"


@dataclass(frozen=True, slots=True)
class Motion:
    """What was found of motion in the picture: where it was; None if there was none."""

    box: Box | None = None

    def __str__(self) -> str:
        return str(self.box) if self.box else WITHOUT_MOTION

    def to_json(self) -> dict[str, list[float] | None]:
        """Return the motion as the JSON of a photo has it."""
        box = self.box
        return {"box": [box.left, box.top, box.width, box.height] if box else None}


@dataclass(frozen=True, slots=True)
class Label:
    """A word for what a model found, and how sure it is (0 to 1)."""

    word: str
    score: float

    def __str__(self) -> str:
        return f"{self.word}={self.score:.2f}"


UNKNOWN = Label("unknown", 1.0)
"""The label of a photo at which the model of its device did not look: it had no time, or failed.
Without any label a photo is one of a device without a model, or the model found nothing."""


def parse_motion(text: str) -> Motion:
    """Return the motion in the header X-Motion. Raises WireError."""
    if text == WITHOUT_MOTION:
        return Motion()
    try:
        match = _BOX.fullmatch(text)
        return Motion(Box(*map(float, match.groups()))) if match else _no_motion(text)
    except ValueError:
        return _no_motion(text)


def _no_motion(text: str) -> Motion:
    raise WireError(
        MOTION, f"{quoted(text)} is not none, and not LEFT, TOP, WIDTH, HEIGHT from 0 to 1"
    )


def format_labels(labels: Sequence[Label]) -> str:
    """Return the header X-Labels of these labels."""
    return ", ".join(map(str, labels))


def parse_labels(text: str) -> tuple[Label, ...]:
    """Return the labels in the header X-Labels, in their order. Raises WireError."""
    matches = [_LABEL.fullmatch(one.strip()) for one in text.split(",")]
    labels = tuple(Label(match[1], float(match[2])) for match in matches if match)
    distinct = {one.word for one in labels}
    if len(matches) > MAX_LABELS or len(distinct) < len(matches):
        raise WireError(
            LABELS,
            f"{quoted(text)} is not a list of up to {MAX_LABELS} WORD=SCORE from 0 to 1, each word "
            "once",
        )
    return labels


def parse_typed_word(text: str, name: str) -> str:
    """Return the label that a person means, also by "Person" or "Cell Phone". Raises WireError,
    naming what has the text."""
    if len(text) > MAX_WORD or not re.fullmatch(TYPED_WORD, text):
        raise WireError(name, f"{quoted(text)} is not a word of a-z, 0-9 and -, such as person")
    return "-".join(text.lower().split())
