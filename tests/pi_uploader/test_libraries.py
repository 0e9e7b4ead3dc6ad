"""What the doctor says of the system's libraries: versions that work, and the cameras that they
know."""

from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory

from pi_uploader import board
from pi_uploader.doctor import Finding, Severity, examine

ONE = {"CAMERA_SOURCE": "picamera2", "PIR_PIN": "none", "CAMERA_EVERY": "1h"}
TWO = [
    {"Model": "imx708", "Id": "/base/i2c@1/imx708@1a", "Num": 0},
    {"Model": "C920", "Id": "/base/usb1/1-1", "Num": 1},
]


def found(folder: Path, **environ: str) -> list[Finding]:
    return examine({"CAMERA_SPOOL": str(folder / "spool"), **environ})


def said(findings: list[Finding], what: str) -> list[str]:
    return [f"{one.severity}: {one.text}" for one in findings if one.subject == what]


@pytest.fixture
def versions(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """versions(picamera2=...) -> what the packages say they are."""

    def are(**numbers: str) -> None:
        monkeypatch.setattr(metadata, "version", lambda name: numbers[name])

    return are


def test_the_cameras_are_listed_with_number_and_id(
    hardware: Any, tmp_path: Path, versions: Callable[..., None]
) -> None:
    """As CAMERA_SENSOR takes them; a webcam is told from the Pi's own."""
    hardware.cameras = TWO
    versions(picamera2="0.3.31-1")
    findings = found(tmp_path, **ONE)
    assert said(findings, "picamera2") == ["ok: is 0.3.31-1"]
    assert said(findings, "sensor") == [
        "ok: 0: imx708 (/base/i2c@1/imx708@1a); CAMERA_SENSOR takes number or id",
        "ok: 1: C920 (/base/usb1/1-1); on USB: CAMERA_SOURCE=usb",
    ]


def test_they_are_listed_where_the_settings_are_wrong(hardware: Any, tmp_path: Path) -> None:
    """Two tables for one camera: the message says that the doctor lists them."""
    config = tmp_path / "config.toml"
    table = "[camera.{}]\nsource = 'picamera2'\nevery = '1h'\n"
    config.write_text(table.format("a") + table.format("b"))
    findings = found(tmp_path, CAMERA_CONFIG=str(config))
    assert "used twice" in said(findings, "settings")[0]
    assert len(said(findings, "sensor")) == 1


def test_two_tables_for_one_camera_are_told_by_number_and_id(hardware: Any, tmp_path: Path) -> None:
    """Which only the library can know."""
    config = tmp_path / "config.toml"
    table = "[camera.{}]\nsource = 'picamera2'\nevery = '1h'\n"
    config.write_text(table.format("a") + table.format("b") + f"sensor = '{TWO[0]['Id']}'\n")
    hardware.cameras = TWO
    findings = found(tmp_path, CAMERA_CONFIG=str(config), CAMERA_UPLOAD="off")
    [problem] = said(findings, "settings")
    assert problem.startswith("bad: CAMERA_SENSOR: a and b are one camera, 0: imx708")


def test_a_picamera2_that_is_too_old_is_bad(
    hardware: Any, tmp_path: Path, versions: Callable[..., None]
) -> None:
    versions(picamera2="0.3.22-1")
    assert said(found(tmp_path, **ONE), "picamera2") == ["ok: is 0.3.22-1"]
    [old] = said(found(tmp_path, **ONE, CAMERA_FORMAT="mp4"), "picamera2")
    assert old.startswith("bad: CAMERA_SOURCE: picamera2 is 0.3.22, and CAMERA_FORMAT=mp4 needs")


def test_a_device_without_the_pis_camera_hears_nothing_of_its_library(
    hardware: Any, tmp_path: Path
) -> None:
    findings = found(tmp_path, **{**ONE, "CAMERA_SOURCE": "simulated"})
    assert not said(findings, "sensor")
    assert not said(findings, "picamera2")


@pytest.mark.parametrize(
    ("version", "model", "severity"),
    [
        ("2.0.1", "Raspberry Pi 4 Model B Rev 1.5", Severity.OK),
        ("2.0.1", "Raspberry Pi 5 Model B Rev 1.0", Severity.WARNING),
        ("2.0.1.post3", "Raspberry Pi 5 Model B Rev 1.0", Severity.OK),
        ("2.0", "Raspberry Pi Zero 2 W Rev 1.0", Severity.BAD),
    ],
)
def test_a_gpiozero_that_takes_the_wrong_chip_is_told(
    pins: MockFactory,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    versions: Callable[..., None],
    version: str,
    model: str,
    severity: Severity,
) -> None:
    versions(gpiozero=version)
    (tmp_path / "model").write_text(model)
    monkeypatch.setattr(board, "MODEL_FILE", tmp_path / "model")
    findings = found(tmp_path, CAMERA_SOURCE="simulated", PIR_PIN="4")
    assert [one.severity for one in findings if one.subject == "gpiozero"] == [severity]


def test_a_fault_of_the_library_is_not_called_a_broken_cable(hardware: Any, tmp_path: Path) -> None:
    """The camera's own sentence stands there."""
    hardware.failed_encoders.append(KeyError("FrameDurationLimits"))
    findings = found(tmp_path, **ONE, CAMERA_FORMAT="mp4", CAMERA_CLIP="1s")
    [camera] = [one for one in findings if one.subject == "camera camera"]
    assert "the cable is not the cause" in camera.text
    assert "cable" not in camera.next_step
