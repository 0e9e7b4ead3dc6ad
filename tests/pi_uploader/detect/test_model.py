"""Real models, made here, look at real photos by ONNX Runtime and LiteRT."""

import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.schema_py_generated import TensorType
from onnx import TensorProto, helper
from PIL import Image

from photo_wire.media import Media
from photo_wire.motion import Box
from pi_uploader.detect.errors import ModelError
from pi_uploader.detect.model import Model
from tests.support.models import (
    BENCH,
    CAR,
    DOG,
    PERSON,
    SIZE,
    class_scores,
    ssd,
    write_litert,
    write_onnx,
    yolo,
)

FOUND = {PERSON: 0.9, CAR: 0.7, DOG: 0.6, BENCH: 0.55}
ANY_SIZE = (1, 3, "height", "width")


def photo(colour: str = "#ff0000", size: tuple[int, int] = (200, 100)) -> bytes:
    jpeg = BytesIO()
    Image.new("RGB", size, colour).save(jpeg, "JPEG", quality=95)
    return jpeg.getvalue()


def look(model: Model, content: bytes, box: Box | None = None) -> dict[str, float]:
    """Return the labels of a JPEG by word; the part that is looked at has the model's shape."""
    labels = model.look(content, Media.JPEG, box, 0.5)
    return {one.word: round(one.score, 1) for one in labels}


def with_objectness(lines: int) -> Any:
    array = np.full((1, lines, 85), 0.01, np.float32)
    array[0, 7, 4], array[0, 7, 5:] = 1.0, class_scores(FOUND)
    return array


def end_to_end() -> Any:
    array = np.zeros((1, 300, 6), np.float32)
    for line, (number, score) in enumerate(FOUND.items()):
        array[0, line] = (1, 1, 9, 9, score, number)
    return array


def with_constant_classes(file: Path) -> Path:
    outputs = ssd([(number + 1, score) for number, score in FOUND.items()][:3])
    return write_onnx(file, outputs, scored=["detection_scores"])


ONNX: dict[str, Callable[[Path], Path]] = {
    "yolo": lambda file: write_onnx(file, {"output0": yolo(FOUND)}),
    "yolo of any size": lambda file: write_onnx(file, {"output0": yolo(FOUND)}, shape=ANY_SIZE),
    "yolo in halves": lambda file: write_onnx(
        file, {"output0": yolo(FOUND)}, kind=TensorProto.FLOAT16
    ),
    "ssd": with_constant_classes,
}


@pytest.mark.parametrize("kind", ONNX)
def test_onnx_runtime_looks_at_a_photo(kind: str, tmp_path: Path) -> None:
    """A red one shows what the model knows, a black one nothing."""
    model = Model(ONNX[kind](tmp_path / "model.onnx"), None, (SIZE, SIZE))
    expected = {"person": 0.9, "vehicle": 0.7, "animal": 0.6}
    found = look(model, photo(size=(100, 100)))
    assert {word: found[word] for word in expected} == pytest.approx(expected, abs=0.05)
    assert found.keys() - expected.keys() <= {"bench"}
    assert look(model, photo("black", (100, 100))) == {}


def test_yolo_with_objectness(tmp_path: Path) -> None:
    file = write_onnx(tmp_path / "model.onnx", {"out": with_objectness(252)})
    model = Model(file, None, None)
    assert model.description == "yolo with objectness, 64x64"
    assert look(model, photo(size=(100, 100)))["person"] == pytest.approx(0.9, abs=0.05)


def test_yolox(tmp_path: Path) -> None:
    """It is recognized by its number of boxes, and gets 0 to 255 in blue, green, red."""
    outputs = {"output": with_objectness(16 * 16 + 8 * 8 + 4 * 4) / 255}
    file = write_onnx(tmp_path / "model.onnx", outputs, shape=(1, 3, 128, 128))
    model = Model(file, None, None)
    assert model.description == "yolox, 128x128"
    assert look(model, photo("#0000ff", (100, 100)))["person"] == pytest.approx(0.9, abs=0.05)
    assert look(model, photo("#ff0000", (100, 100))) == {}


def test_yolo_that_suppresses_overlapping_boxes(tmp_path: Path) -> None:
    file = write_onnx(tmp_path / "model.onnx", {"output0": end_to_end()})
    model = Model(file, None, None)
    assert model.description == "end to end, 64x64"


LITERT: dict[str, Callable[[Path], Path]] = {
    "yolo": lambda file: write_litert(file, yolo(FOUND)),
    "yolo of any size": lambda file: write_litert(file, yolo(FOUND), shape=(1, -1, -1, 3)),
    "yolo of bytes": lambda file: write_litert(file, yolo(FOUND) / 255, kind=TensorType.UINT8),
    "yolo of signed bytes": lambda file: write_litert(
        file, yolo(FOUND) / 127, kind=TensorType.INT8
    ),
}


@pytest.mark.parametrize("kind", LITERT)
def test_litert_looks_at_a_photo(kind: str, tmp_path: Path) -> None:
    model = Model(LITERT[kind](tmp_path / "model.tflite"), None, (SIZE, SIZE))
    found = look(model, photo(size=(100, 100)))
    assert found == pytest.approx(
        {"person": 0.9, "vehicle": 0.7, "animal": 0.6, "bench": 0.5}, abs=0.06
    )
    assert look(model, photo("black", (100, 100))) == {}


@pytest.mark.parametrize("suffix", ["onnx", "tflite"])
def test_a_classification_needs_its_labels(suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"model.{suffix}"
    scores = class_scores({1: 30.0}, classes=3)[None]
    write_onnx(file, {"scores": scores}) if suffix == "onnx" else write_litert(file, scores)
    with pytest.raises(ModelError, match="tells 3 classes apart, which are not COCO's"):
        Model(file, None, None)
    labels = tmp_path / "labels.txt"
    labels.write_text("background\nRed Fox, Vulpes vulpes\nred fox cub\n")
    assert look(Model(file, labels, None), photo(size=(100, 100))) == {"red-fox": 1.0}
    labels.write_text("fox\n")
    with pytest.raises(ModelError, match="3 classes apart, and CAMERA_DETECT_LABELS names 1"):
        Model(file, labels, None)


def test_motion_far_away_is_looked_at_from_near(tmp_path: Path) -> None:
    """A red thing that is little of the picture is much of the part around its motion."""
    picture = Image.new("RGB", (2000, 1000), "black")
    picture.paste("red", (1500, 200, 1800, 500))
    jpeg = BytesIO()
    picture.save(jpeg, "JPEG", quality=95)
    outputs = {"output0": yolo({PERSON: 1.0}) * np.float32(1.8)}
    model = Model(write_onnx(tmp_path / "model.onnx", outputs), None, None)
    assert look(model, jpeg.getvalue()) == {}
    assert set(look(model, jpeg.getvalue(), Box(0.75, 0.2, 0.15, 0.3))) == {"person"}


def lying(change: Callable[[Any], None]) -> Any:
    array = yolo(FOUND)
    change(array[0])
    return array


def no_numbers(array: Any) -> None:
    array[:, :60] = np.nan
    array[4:, 50] = np.inf
    array[:4, 70] = -1e30


@pytest.mark.parametrize("suffix", ["onnx", "tflite"])
def test_a_model_whose_scores_are_no_numbers_cannot_be_used(suffix: str, tmp_path: Path) -> None:
    file, outputs = tmp_path / f"model.{suffix}", lying(no_numbers)
    write_onnx(file, {"out": outputs}) if suffix == "onnx" else write_litert(file, outputs)
    with pytest.raises(ModelError, match="its scores are infinite or not numbers"):
        Model(file, None, None)


def test_scores_above_1_are_an_error(tmp_path: Path) -> None:
    file = write_onnx(tmp_path / "model.onnx", {"out": yolo({PERSON: 900.0})})
    with pytest.raises(ModelError, match=r"its scores go from 0 to \d+; must be from 0 to 1"):
        look(Model(file, None, None), photo())


@pytest.mark.parametrize(
    ("outputs", "shape", "problem"),
    [
        (
            {"out": np.zeros((1, 3, 80, 80, 85))},
            (1, 3, 64, 64),
            r"\(1 x 3 x 80 x 80 x 85\) are non",
        ),
        ({"a": np.zeros((1, 80, 8)), "b": np.zeros((1, 4, 8))}, (1, 3, 64, 64), "1 x 80 x 8, 1 x"),
        ({"out": yolo({})}, (4, 3, 64, 64), "its input is 4 x 3 x 64 x 64; must be one picture"),
        ({"out": yolo({})}, (1, 1, 64, 64), "1 x 1 x 64 x 64; must have three colours"),
        ({"out": yolo({})}, ANY_SIZE, "CAMERA_DETECT_SIZE must be one such as 320x320"),
        ({"out": np.zeros((1, 30, 4000))}, (1, 3, 64, 64), "tells 26 classes apart"),
    ],
)
def test_what_does_not_fit_is_an_error(
    outputs: Any, shape: Any, problem: str, tmp_path: Path
) -> None:
    file = write_onnx(tmp_path / "model.onnx", outputs, shape=shape)
    with pytest.raises(ModelError, match=problem):
        Model(file, None, None)


@pytest.mark.parametrize("suffix", ["onnx", "tflite"])
@pytest.mark.parametrize("content", [b"", b"<html>404</html>", b"\0" * 100_000])
def test_a_file_that_is_no_model(suffix: str, content: bytes, tmp_path: Path) -> None:
    file = tmp_path / f"model.{suffix}"
    file.write_bytes(content)
    with pytest.raises(ModelError, match="cannot load it"):
        Model(file, None, None)


def test_a_model_that_is_too_large(tmp_path: Path) -> None:
    """2 GB are not even read."""
    file = tmp_path / "model.onnx"
    file.touch()
    os.truncate(file, 2 * 1024**3)
    with pytest.raises(ModelError, match="it has 2147 MB; at most 100 MB fit"):
        Model(file, None, None, max_bytes=100_000_000)


def test_a_file_that_is_missing_or_no_regular_file(tmp_path: Path) -> None:
    """A pipe would wait for a writer."""
    with pytest.raises(ModelError, match="cannot be read: No such file"):
        Model(tmp_path / "model.onnx", None, None)
    os.mkfifo(tmp_path / "pipe.onnx")
    for file in (tmp_path, tmp_path / "pipe.onnx"):
        with pytest.raises(ModelError, match="cannot be read: it is not a regular file"):
            Model(file, None, None)


def test_an_operator_with_control_characters_in_its_name(tmp_path: Path) -> None:
    """Which would change a terminal's colours, and begin a line of the log."""
    operator = helper.make_node("\x1b[31mEvil\x1b]0;title\x07", ["images"], ["out"])
    pictures = helper.make_tensor_value_info("images", TensorProto.FLOAT, (1, 3, SIZE, SIZE))
    scores = helper.make_tensor_value_info("out", TensorProto.FLOAT, (1, 84, 84))
    opset = helper.make_opsetid("", 17)
    graph = helper.make_graph([operator], "model", [pictures], [scores])
    model = helper.make_model(graph, opset_imports=[opset], ir_version=9)
    (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(ModelError, match=r"\\x1b\[31mEvil") as caught:
        Model(tmp_path / "model.onnx", None, None)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff\xe0 damaged", photo()[:400]])
def test_a_damaged_photo_raises(content: bytes, tmp_path: Path) -> None:
    model = Model(write_onnx(tmp_path / "model.onnx", {"out": yolo(FOUND)}), None, None)
    with pytest.raises((OSError, SyntaxError)):
        model.look(content, Media.JPEG, None, 0.5)


def test_a_clip_without_a_poster(tmp_path: Path) -> None:
    model = Model(write_onnx(tmp_path / "model.onnx", {"out": yolo(FOUND)}), None, None)
    with pytest.raises(ModelError, match="this MP4 contains no picture"):
        model.look(b"no clip", Media.MP4, None, 0.5)


def test_the_labels_are_the_wires(tmp_path: Path) -> None:
    model = Model(write_onnx(tmp_path / "model.onnx", {"out": yolo({PERSON: 1.0})}), None, None)
    [label] = model.look(photo(size=(100, 100)), Media.JPEG, None, 0.5)
    assert label.word == "person"
    assert label.score == pytest.approx(1.0, abs=0.01)
