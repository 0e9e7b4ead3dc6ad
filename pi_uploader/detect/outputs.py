"""What the numbers mean that a model returns: how sure it is of each class.

Where a thing is in the picture is not asked, so boxes are neither scaled nor compared: the score of
a class is that of its surest box. A box that is not finite does not count. A score that is not, or
that is no probability, is an error: nothing else that such a model tells can be believed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray

from pi_uploader.detect.errors import ModelError
from pi_uploader.messages import counted

Array = NDArray[np.float32]
Scores = Mapping[int, float]

MAX_CLASSES = 25_000  # ImageNet-21k has 21,843
MIN_SCORE, MAX_SCORE = -0.01, 1.01  # 0 and 1, as a quantized model rounds them
MAX_END_TO_END = 1000  # boxes; what suppresses overlapping boxes itself returns 100 to 300
_BOX = 4  # numbers
_STRIDES = (8, 16, 32)  # of YOLOX
RECOGNIZED = (
    "SSD (boxes, classes, scores, count), YOLO (1 x 4+C x N, 1 x N x 5+C or 1 x N x 6), or one "
    "score for each class (1 x C)"
)


class Layout(Enum):
    """How a model tells what it found."""

    SSD = auto()
    YOLO = auto()
    """A column for each box: 4 numbers of its place, then a score for each class (v8 to 12)."""
    YOLO_WITH_OBJECTNESS = auto()
    """A line for each box: its place, whether it is a thing at all, a score for each class (v5)."""
    YOLOX = auto()
    """The same, of YOLOX: it gets its pixels in another way."""
    END_TO_END = auto()
    """A line for each box: its place, its score, its class (v10, 26)."""
    CLASSES = auto()


@dataclass(frozen=True)
class Form:
    """The form of a model's outputs. `classes` is how many it knows, None if that is not known.
    `places` are those of boxes, classes and scores among the outputs of an SSD."""

    layout: Layout
    classes: int | None
    places: tuple[int, int, int] = (0, 0, 0)

    def scores(self, outputs: Sequence[Array]) -> Scores:
        """Return how sure the model is of each class, from 0 to 1; those that it did not find are
        left out. Raises ModelError for outputs of another form, and for scores that are not from 0
        to 1, or not numbers."""
        arrays = [_unbatched(one) for one in outputs]
        try:
            if self.layout is Layout.SSD:
                boxes, classes, scores = (arrays[place] for place in self.places)
                return _best(scores, classes, boxes)
            array = arrays[0]
            if self.layout is Layout.CLASSES:
                return _of_classes(array)
            if self.layout is Layout.END_TO_END:
                return _best(array[:, 4], array[:, 5], array[:, :_BOX])
            lines = array.T if self.layout is Layout.YOLO else array
            scores = lines[:, _BOX:]
            _check_probabilities(scores)
            if self.layout is not Layout.YOLO:
                scores = scores[:, 1:] * scores[:, :1]
            return _of_columns(scores, lines[:, :_BOX])
        except (IndexError, ValueError) as error:
            raise ModelError(f"its outputs changed their form: {error}") from None


def recognize(
    outputs: Sequence[Array], names: Sequence[str], size: tuple[int, int], classes: int | None
) -> Form:
    """Return the form of these outputs, by their shapes; where these leave a choice, by their names
    and values. `size` is that of the picture (width, height), `classes` how many the model's file
    of labels has, None if there is none.

    Raises ModelError, with the shapes, if it is none that is known.
    """
    arrays = [_unbatched(one) for one in outputs]
    form = _recognize_ssd(arrays, names) or (
        _recognize_one(arrays[0], size) if len(arrays) == 1 else None
    )
    if form is None:
        shapes = ", ".join(" x ".join(map(str, one.shape)) or "a number" for one in outputs)
        raise ModelError(f"its outputs ({shapes}) are none that is known: {RECOGNIZED}")
    if classes is not None and form.classes is not None and form.classes != classes:
        raise ModelError(
            f"it tells {counted(form.classes, 'class')} apart, and CAMERA_DETECT_LABELS names "
            f"{classes}"
        )
    return form


def _unbatched(output: Array) -> Array:
    """Return an output without the first axis, that of the one picture."""
    return output[0] if output.ndim > 1 and output.shape[0] == 1 else output


def _recognize_one(array: Array, size: tuple[int, int]) -> Form | None:
    if array.ndim == 1 and array.size > 1:
        return Form(Layout.CLASSES, array.size)
    if array.ndim != 2:
        return None
    lines, columns = array.shape
    if columns == 6 and lines <= MAX_END_TO_END:
        return Form(Layout.END_TO_END, None)
    if 5 <= lines < columns:
        return Form(Layout.YOLO, lines - _BOX)
    if 6 <= columns < lines:
        is_yolox = lines == sum((size[0] // one) * (size[1] // one) for one in _STRIDES)
        layout = Layout.YOLOX if is_yolox else Layout.YOLO_WITH_OBJECTNESS
        return Form(layout, columns - _BOX - 1)
    return None


def _recognize_ssd(arrays: Sequence[Array], names: Sequence[str]) -> Form | None:
    """Return the form of an SSD, whose outputs come in any order: boxes are N x 4, classes and
    scores N each. Its count is not needed: what it leaves out has no score."""
    boxes = _only(
        [at for at, one in enumerate(arrays) if one.ndim == 2 and one.shape[1] == _BOX],
        lambda at: "raw" not in names[at],
    )
    if boxes is None:
        return None
    flat = [at for at, one in enumerate(arrays) if one.shape == (arrays[boxes].shape[0],)]
    named = {
        kind: [at for at in flat if any(one in names[at].lower() for one in kind)]
        for kind in (
            ("class", "label", "partitionedcall:2"),  # as Model Maker's EfficientDet-Lite has them
            ("score", "partitionedcall:1"),
        )
    }
    classes, scores = named.values()
    if len(classes) == len(scores) == 1 and classes != scores:
        return Form(Layout.SSD, None, (boxes, classes[0], scores[0]))
    if len(flat) != 2:
        return None
    first, second = flat
    if _likeness_to_scores(arrays[first]) > _likeness_to_scores(arrays[second]):
        first, second = second, first
    return Form(Layout.SSD, None, (boxes, first, second))


def _only(places: Sequence[int], is_meant: Callable[[int], bool]) -> int | None:
    """Return the one place; of several the one that is meant. None if it is not clear."""
    if len(places) > 1:
        places = [at for at in places if is_meant(at)]
    return places[0] if len(places) == 1 else None


def _likeness_to_scores(array: Array) -> int:
    """Return 2 for what can be scores alone, 1 for what may also be numbers of classes, which are
    whole, 0 for what cannot be scores."""
    finite = array[np.isfinite(array)]
    if not ((finite >= 0) & (finite <= 1)).all():
        return 0
    return 2 if (finite % 1 > 0).any() else 1


def _best(scores: Array, classes: Array, boxes: Array) -> Scores:
    """Return the best score of each class, from a class, a score and a box for each thing."""
    if not scores.shape == classes.shape == boxes.shape[:1]:
        raise ValueError(f"{scores.shape}, {classes.shape} and {boxes.shape} do not match")
    found = np.isfinite(classes) & (classes >= 0) & (classes < MAX_CLASSES)  # others fill it up
    _check_probabilities(scores[found])
    found &= np.isfinite(boxes).all(axis=1) & (scores > 0)
    best = np.zeros(MAX_CLASSES, np.float32)
    np.maximum.at(best, classes[found].astype(np.intp), scores[found])
    return _positive(best)


def _of_columns(scores: Array, boxes: Array) -> Scores:
    """Return the best score of each class, from a column of scores for each."""
    counts = np.isfinite(boxes).all(axis=1)
    return _positive(scores[counts].max(axis=0)) if counts.any() else {}


def _of_classes(array: Array) -> Scores:
    """Return the scores of a classification, which may be logits."""
    _check_finite(array)
    scores = array.astype(np.float64)
    if scores.max() > MAX_SCORE or scores.min() < 0:
        scores = np.exp(scores - scores.max())
        scores /= scores.sum()
    return _positive(scores)


def _check_finite(scores: Array) -> None:
    """Raise ModelError if a score is infinite or not a number."""
    if not np.isfinite(scores).all():
        raise ModelError("its scores are infinite or not numbers (NaN)")


def _check_probabilities(scores: Array) -> None:
    """Raise ModelError if a score is not from 0 to 1."""
    _check_finite(scores)
    if scores.size and (scores.min() < MIN_SCORE or scores.max() > MAX_SCORE):
        raise ModelError(
            f"its scores go from {scores.min():.3g} to {scores.max():.3g}; must be from 0 to 1"
        )


def _positive(scores: NDArray[np.floating]) -> Scores:
    """Return the scores above 0 by their place, which is the number of the class."""
    return {int(at): min(1.0, float(scores[at])) for at in np.flatnonzero(scores > 0)}
