"""From the names of a model's classes to labels."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photo_wire.motion import MAX_LABELS, Label, format_labels, parse_labels
from pi_uploader.detect.class_names import (
    COCO,
    COCO_BY_ID,
    coco_names,
    label_of,
    labels_of,
    read_class_names,
)
from pi_uploader.detect.errors import ModelError
from pi_uploader.detect.outputs import Form, Layout


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("person", "person"),
        ("Man", "person"),
        ("truck", "vehicle"),
        ("bicycle", "vehicle"),
        ("dog", "animal"),
        ("bear", "animal"),
        ("teddy bear", "teddy-bear"),
        ("hair drier", "hair-drier"),
        ("Tabby, tabby cat", "tabby"),
        ("3d printer", "d-printer"),
        ("???", None),
        ("-", None),
        ("n/a", None),
        ("background", None),
        ("", None),
        ("x" * 40, "x" * 32),
    ],
)
def test_label_of(name: str, label: str | None) -> None:
    assert label_of(name) == label


@given(name=st.text())
def test_each_label_is_one_of_the_wire(name: str) -> None:
    label = label_of(name)
    assert label is None or parse_labels(f"{label}=0.50") == (Label(label, 0.5),)


@given(scores=st.dictionaries(st.integers(0, 100), st.floats(0, 1)), threshold=st.floats(0.05, 1))
def test_labels_of(scores: dict[int, float], threshold: float) -> None:
    """Each once, the surest first, none below the threshold; the wire has room for them."""
    labels = labels_of(scores, dict(enumerate(COCO)), threshold)
    assert len({one.word for one in labels}) == len(labels) <= MAX_LABELS
    assert [one.score for one in labels] == sorted((one.score for one in labels), reverse=True)
    assert all(one.score >= threshold for one in labels)
    if labels:
        assert len(parse_labels(format_labels(labels))) == len(labels)


def test_coco_has_80_classes_with_ids_up_to_90() -> None:
    assert (len(COCO), len(set(COCO))) == (80, 80)
    ids = {COCO_BY_ID[1], COCO_BY_ID[17], COCO_BY_ID[90]}
    assert ids == {"person", "cat", "toothbrush"}
    assert 12 not in COCO_BY_ID


@pytest.mark.parametrize(
    ("form", "suffix", "number"),
    [
        (Form(Layout.YOLO, 80), ".onnx", 15),
        (Form(Layout.END_TO_END, None), ".onnx", 15),
        (Form(Layout.CLASSES, 91), ".tflite", 17),
        (Form(Layout.YOLO, 90), ".tflite", 16),
        (Form(Layout.SSD, None), ".onnx", 17),
        (Form(Layout.SSD, None), ".tflite", 16),
    ],
)
def test_the_number_of_a_cat(form: Form, suffix: str, number: int) -> None:
    assert coco_names(form, suffix)[number] == "cat"


def test_read_class_names(tmp_path: Path) -> None:
    file = tmp_path / "labels.txt"
    file.write_text("fox\n\nroe deer\n\n")
    assert read_class_names(file) == {0: "fox", 1: "", 2: "roe deer"}
    file.write_text("0  person\n2: car\n16,dog\n")
    assert read_class_names(file) == {0: "person", 2: "car", 16: "dog"}
    file.write_bytes("Füchsin\r\n".encode("latin-1"))
    assert re.fullmatch("F.chsin", read_class_names(file)[0])


def test_a_file_without_names(tmp_path: Path) -> None:
    file = tmp_path / "labels.txt"
    with pytest.raises(ModelError, match=r"labels\.txt cannot be read: No such file"):
        read_class_names(file)
    file.write_text("\n")
    with pytest.raises(ModelError, match="has 0 lines"):
        read_class_names(file)
    file.write_text("x\n" * 30_000)
    with pytest.raises(ModelError, match="has 30000 lines"):
        read_class_names(file)
