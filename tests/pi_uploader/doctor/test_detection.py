"""The doctor loads the model of each camera, and says why it cannot."""

from pathlib import Path

import pytest

from pi_uploader.doctor import Severity
from tests.support.doctor import examine_device
from tests.support.models import write_onnx, yolo


@pytest.mark.parametrize(
    ("content", "severity", "text"),
    [
        (None, Severity.OK, "model.onnx: yolo, 64x64"),
        (b"damaged", Severity.WARNING, "model.onnx: ONNX Runtime cannot load it"),
    ],
)
def test_a_model(content: bytes | None, severity: Severity, text: str, tmp_path: Path) -> None:
    file = write_onnx(tmp_path / "model.onnx", {"output0": yolo({})})
    if content:
        file.write_bytes(content)
    findings = examine_device(
        tmp_path, CAMERA_MOTION="low", CAMERA_DETECT=str(file), CAMERA_UPLOAD="off"
    )
    finding = findings["model camera"]
    assert finding.severity is severity
    assert text in finding.text


def test_a_model_that_is_missing(tmp_path: Path) -> None:
    findings = examine_device(
        tmp_path,
        CAMERA_MOTION="low",
        CAMERA_DETECT=f"{tmp_path}/model.tflite",
        CAMERA_UPLOAD="off",
    )
    finding = findings["model camera"]
    assert finding.severity is Severity.WARNING
    assert finding.text == f"CAMERA_DETECT: there is no file {tmp_path}/model.tflite"
