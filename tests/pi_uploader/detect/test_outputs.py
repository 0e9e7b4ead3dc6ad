"""Whatever a model returns is recognized or rejected, and its scores stay within 0 and 1."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from photo_wire.motion import MAX_LABELS, format_labels, parse_labels
from pi_uploader.detect.class_names import COCO, labels_of
from pi_uploader.detect.errors import ModelError
from pi_uploader.detect.outputs import MAX_CLASSES, Array, Layout, recognize

SIZE = (320, 320)
ANY = st.floats(width=32) | st.sampled_from([0.0, 0.5, 1.0, -1.0, float("nan"), float("inf")])
SHARE = st.floats(0, 1, width=32)
SHAPES = st.lists(st.sampled_from([0, 1, 2, 4, 5, 6, 7, 84, 85, 90]), max_size=4).map(tuple)


def array(shape: Sequence[int], elements: st.SearchStrategy[float]) -> st.SearchStrategy[Array]:
    return arrays.arrays(np.float32, tuple(shape), elements=elements, fill=elements)


@st.composite
def found_classes(draw: st.DrawFn, most: int = 80) -> dict[int, float]:
    """What a model found: scores by the numbers of classes."""
    found = draw(st.dictionaries(st.integers(0, most - 1), SHARE.filter(bool), max_size=10))
    return {number: float(np.float32(score)) for number, score in found.items()}


def scores_of(outputs: Sequence[Array], names: Sequence[str] | None = None) -> dict[int, float]:
    names = names or [f"output{at}" for at in range(len(outputs))]
    return dict(recognize(outputs, names, SIZE, None).scores(outputs))


@given(found=found_classes(), boxes=array((4, 100), ANY.filter(np.isfinite)))
def test_yolo(found: dict[int, float], boxes: Array) -> None:
    """The score of a class is that of its surest box, wherever that is."""
    output = np.zeros((1, 84, 100), np.float32)
    output[0, :4] = boxes
    for at, (number, score) in enumerate(found.items()):
        output[0, 4 + number, at] = score
        output[0, 4 + number, 99 - at] = score / 2
    assert scores_of([output]) == found
    assert recognize([output], ["x"], SIZE, None).layout is Layout.YOLO


@given(found=found_classes(), objectness=SHARE)
def test_yolo_with_objectness(found: dict[int, float], objectness: float) -> None:
    output = np.zeros((1, 700, 85), np.float32)
    for number, score in found.items():
        output[0, number * 7, 4], output[0, number * 7, 5 + number] = objectness, score
    expected = {
        number: np.float32(score) * np.float32(objectness) for number, score in found.items()
    }
    assert scores_of([output]) == {number: score for number, score in expected.items() if score}


@given(found=found_classes(), order=st.permutations(range(4)), are_named=st.booleans())
def test_ssd_in_any_order(found: dict[int, float], order: Sequence[int], are_named: bool) -> None:
    """Its outputs are told apart by their names; without these by their values, as soon as a score
    is no whole number."""
    classes, scores = np.full((1, 20), 7, np.float32), np.full((1, 20), 0.001, np.float32)
    for at, (number, score) in enumerate(found.items()):
        classes[0, at], scores[0, at] = number, score
    count = np.array([20], np.float32)
    outputs = [np.zeros((1, 20, 4), np.float32), classes, scores, count]
    names = [f"detection_{one}" for one in ("boxes", "classes", "scores", "count")]
    shown = [names[at] for at in order] if are_named else ["a", "b", "c", "d"]
    found.setdefault(7, 0.0)
    found[7] = max(found[7], float(np.float32(0.001)))
    assert scores_of([outputs[at] for at in order], shown) == found


@given(found=found_classes())
def test_end_to_end(found: dict[int, float]) -> None:
    output = np.zeros((1, 300, 6), np.float32)
    for at, (number, score) in enumerate(found.items()):
        output[0, at, 4:] = score, number
    assert scores_of([output]) == found


@given(logits=array((1, 10), st.floats(-50, 50, width=32)))
@example(logits=np.array([[0, 1e-9, -1]], np.float32))  # the shares of the first two are equal
def test_classes(logits: Array) -> None:
    """Logits become shares of 1, in the same order; shares stay what they are."""
    scores = scores_of([logits])
    is_share = logits.max() <= 1 and logits.min() >= 0
    if is_share:
        assert scores == {at: one for at, one in enumerate(logits[0].tolist()) if one}
    else:
        assert sum(scores.values()) == pytest.approx(1)
        best = np.flatnonzero(logits[0] == logits.max()).tolist()
        assert {scores[at] for at in best} == {max(scores.values())}  # rounding makes others equal


@given(
    outputs=st.lists(SHAPES, min_size=1, max_size=5).flatmap(
        lambda shapes: st.tuples(*(array(shape, ANY) for shape in shapes))
    )
)
def test_any_output_is_rejected_or_becomes_labels(outputs: tuple[Array, ...]) -> None:
    """Of any shape, with any numbers in it: what comes of it is what the wire allows."""
    try:
        scores = scores_of(outputs)
    except ModelError:
        return
    assert all(0 < score <= 1 for score in scores.values())
    labels = labels_of(scores, dict(enumerate(COCO)), 0.05)
    assert len(labels) <= MAX_LABELS
    if labels:
        parsed = parse_labels(format_labels(labels))
        assert [one.word for one in parsed] == [one.word for one in labels]


def ssd(scores: Sequence[float]) -> list[Array]:
    """The outputs of an SSD with these scores, as `recognize` tells them apart."""
    count = len(scores)
    known = [np.zeros((1, count, 4)), np.zeros((1, count)), np.array([scores]), np.zeros(1)]
    return [one.astype(np.float32) for one in known]


def columns(scores: Sequence[float]) -> list[Array]:
    output = np.full((1, 84, 100), 0.01, np.float32)
    output[0, 4 : 4 + len(scores), 50] = scores
    return [output]


def lines(scores: Sequence[float]) -> list[Array]:
    output = np.full((1, 700, 85), 0.01, np.float32)
    output[0, 7, 4 : 4 + len(scores)] = scores
    return [output]


def end_to_end(scores: Sequence[float]) -> list[Array]:
    output = np.zeros((1, 300, 6), np.float32)
    output[0, : len(scores), 4] = scores
    return [output]


def classes(scores: Sequence[float]) -> list[Array]:
    return [np.array([scores], np.float32)]


SENSIBLE = {
    Layout.SSD: ssd([0.5, 0.25, 0.1]),
    Layout.YOLO: columns([0.5]),
    Layout.YOLO_WITH_OBJECTNESS: lines([0.5]),
    Layout.END_TO_END: end_to_end([0.5]),
    Layout.CLASSES: classes([0.5, 0.25, 0.1]),
}
MAKERS = {
    Layout.SSD: ssd,
    Layout.YOLO: columns,
    Layout.YOLO_WITH_OBJECTNESS: lines,
    Layout.END_TO_END: end_to_end,
    Layout.CLASSES: classes,
}
NAMES = ["boxes", "classes", "scores", "count"]


@pytest.mark.parametrize("layout", MAKERS)
@given(
    wrong=st.sampled_from([float("nan"), float("inf"), -float("inf"), 1.5, 80.0, -0.5, -7.0]),
    at=st.integers(0, 2),
)
def test_scores_that_are_none_are_an_error(layout: Layout, wrong: float, at: int) -> None:
    """One among sensible ones is enough, wherever it is. A classification may return logits."""
    form = recognize(SENSIBLE[layout], NAMES, SIZE, None)
    assert form.layout is layout
    assert form.scores(SENSIBLE[layout])
    scores = [0.5, 0.25, 0.1]
    scores[at] = wrong
    if layout is Layout.CLASSES and np.isfinite(wrong):
        assert form.scores(MAKERS[layout](scores))
        return
    with pytest.raises(ModelError, match="its scores"):
        form.scores(MAKERS[layout](scores))


@given(other=SHAPES)
def test_outputs_that_change_their_form_are_an_error(other: tuple[int, ...]) -> None:
    known = [np.zeros((1, 20, 4)), np.zeros((1, 20)), np.full((1, 20), 0.5), np.zeros(1)]
    outputs = [one.astype(np.float32) for one in known]
    form = recognize(outputs, list("abcd"), SIZE, None)
    changed = [np.zeros(other, np.float32), *outputs[1:]]
    if other in ((20, 4), (1, 20, 4)):
        assert form.scores(changed)
        return
    with pytest.raises(ModelError, match="its outputs changed their form"):
        form.scores(changed)


def test_a_million_things_of_other_classes_each() -> None:
    count = 1_000_000
    random = np.random.default_rng(1)
    classes = random.integers(-5, 2**31, (1, count)).astype(np.float32)
    classes[0, 500_000] = 16
    outputs = [np.ones((1, count, 4), np.float32), classes, np.full((1, count), 0.25, np.float32)]
    scores = scores_of(outputs, ["boxes", "classes", "scores"])
    assert scores[16] == 0.25
    assert max(scores) < MAX_CLASSES
