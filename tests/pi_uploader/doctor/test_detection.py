"""The doctor loads the model of each camera, and says why it cannot."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pi_uploader.detect.report import CameraReport, write_reports
from pi_uploader.doctor import Severity
from tests.support.doctor import examine_device
from tests.support.models import write_onnx, yolo


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_model_that_fails_at_its_work(tmp_path: Path) -> None:
    """It is loaded, and the service has found it wrong since."""
    file = write_onnx(tmp_path / "model.onnx", {"output0": yolo({})})
    since = datetime(2026, 11, 20, 12, tzinfo=UTC)
    report = CameraReport("its model does not answer", since=since, hangs=1)
    (tmp_path / "spool").mkdir()
    write_reports(tmp_path / "spool", {"camera": report})
    findings = examine_device(
        tmp_path, CAMERA_MOTION="low", CAMERA_DETECT=str(file), CAMERA_UPLOAD="off"
    )
    finding = findings["model camera"]
    assert finding.severity is Severity.WARNING
    assert finding.text == (
        f"{file} was loaded; the service says: its model does not answer, since "
        "2026-11-20T12:00:00.000Z"
    )


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


def test_a_model_that_ends_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a runtime does that reads beyond a damaged file. The doctor goes on."""
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\nkill -SEGV $$\n")
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))
    file = write_onnx(tmp_path / "model.onnx", {"output0": yolo({})})
    findings = examine_device(
        tmp_path, CAMERA_MOTION="low", CAMERA_DETECT=str(file), CAMERA_UPLOAD="off"
    )
    assert findings["model camera"].severity is Severity.WARNING
    assert "ended the process that loaded it, by signal 11" in findings["model camera"].text
