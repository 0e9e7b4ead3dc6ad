"""The doctor's tests of cameras, pins, and the versions of their libraries."""

from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory

from pi_uploader import board
from pi_uploader.doctor import Finding, Severity, examine, hardware
from tests.support.doctor import CAMERA, examine_device
from tests.support.pins import pulse


def test_a_camera_that_takes_no_photo(tmp_path: Path) -> None:
    """The finding has the camera's error and the next step."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    (pictures / "a.jpg").mkdir()
    findings = examine_device(tmp_path, CAMERA_REPLAY=str(pictures))
    assert findings["camera camera"].is_bad
    assert "cannot be read" in findings["camera camera"].text
    assert "sudo systemctl stop" in findings["camera camera"].next_step


def test_a_person_triggers_a_pin(tmp_path: Path, pins: MockFactory) -> None:
    """The doctor prints what to do and what came."""
    lines: list[str] = []

    def echo(line: str) -> None:
        lines.append(line)
        if "trigger it now" in line:
            pulse(pins.pin(4))

    environ = {**CAMERA, "CAMERA_SPOOL": str(tmp_path / "spool"), "PIR_PIN": "4"}
    findings = {one.subject: one for one in examine(environ, wait_for_pins=True, echo=echo)}
    assert findings["pin 4"].text == "was triggered"
    assert any("move in front of the sensor" in line for line in lines)


def test_a_pin_without_a_trigger(
    tmp_path: Path, pins: MockFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hardware, "PIN_TIMEOUT_SECONDS", 0.1)
    assert pins.pin(4).state == 0
    finding = examine_device(tmp_path, wait_for_pins=True, PIR_PIN="4")["pin 4"]
    assert finding.is_bad
    assert "BCM number" in finding.next_step


ONE = {"CAMERA_SOURCE": "picamera2", "PIR_PIN": "none", "CAMERA_EVERY": "1h"}


TWO = [
    {"Model": "imx708", "Id": "/base/i2c@1/imx708@1a", "Num": 0},
    {"Model": "C920", "Id": "/base/usb1/1-1", "Num": 1},
]


def examine_at(folder: Path, **environ: str) -> list[Finding]:
    return examine({"CAMERA_SPOOL": str(folder / "spool"), **environ})


def results(findings: list[Finding], what: str) -> list[str]:
    return [f"{one.severity}: {one.text}" for one in findings if one.subject == what]


@pytest.fixture
def versions(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`versions(picamera2=...)` sets the versions of packages."""

    def are(**numbers: str) -> None:
        monkeypatch.setattr(metadata, "version", lambda name: numbers[name])

    return are


def test_the_cameras_are_listed_with_number_and_id(
    hardware: Any, tmp_path: Path, versions: Callable[..., None]
) -> None:
    """As CAMERA_SENSOR takes them; a webcam is distinguished from the Pi's cameras."""
    hardware.cameras = TWO
    versions(picamera2="0.3.31-1")
    findings = examine_at(tmp_path, **ONE)
    assert results(findings, "picamera2") == ["ok: is 0.3.31-1"]
    assert results(findings, "sensor") == [
        "ok: 0: imx708 (/base/i2c@1/imx708@1a); CAMERA_SENSOR takes number or id",
        "ok: 1: C920 (/base/usb1/1-1); on USB: CAMERA_SOURCE=usb",
    ]


def test_the_cameras_are_listed_if_the_settings_are_wrong(hardware: Any, tmp_path: Path) -> None:
    """The message on two tables for one camera refers to the doctor's list."""
    config = tmp_path / "config.toml"
    table = "[camera.{}]\nsource = 'picamera2'\nevery = '1h'\n"
    config.write_text(table.format("a") + table.format("b"))
    findings = examine_at(tmp_path, CAMERA_CONFIG=str(config))
    assert "used twice" in results(findings, "settings")[0]
    assert len(results(findings, "sensor")) == 1


def test_two_tables_for_one_camera_are_reported(hardware: Any, tmp_path: Path) -> None:
    """One has its number and the other its id, which only the library can match."""
    config = tmp_path / "config.toml"
    table = "[camera.{}]\nsource = 'picamera2'\nevery = '1h'\n"
    config.write_text(table.format("a") + table.format("b") + f"sensor = '{TWO[0]['Id']}'\n")
    hardware.cameras = TWO
    findings = examine_at(tmp_path, CAMERA_CONFIG=str(config), CAMERA_UPLOAD="off")
    [problem] = results(findings, "settings")
    assert problem.startswith("bad: CAMERA_SENSOR: a and b are one camera, 0: imx708")


def test_a_picamera2_that_is_too_old_is_bad(
    hardware: Any, tmp_path: Path, versions: Callable[..., None]
) -> None:
    versions(picamera2="0.3.22-1")
    assert results(examine_at(tmp_path, **ONE), "picamera2") == ["ok: is 0.3.22-1"]
    [old] = results(examine_at(tmp_path, **ONE, CAMERA_FORMAT="mp4"), "picamera2")
    assert old.startswith("bad: CAMERA_SOURCE: picamera2 is 0.3.22, and CAMERA_FORMAT=mp4 needs")


def test_without_a_camera_of_the_pi_nothing_is_reported_on_its_library(
    hardware: Any, tmp_path: Path
) -> None:
    findings = examine_at(tmp_path, **{**ONE, "CAMERA_SOURCE": "simulated"})
    assert not results(findings, "sensor")
    assert not results(findings, "picamera2")


@pytest.mark.parametrize(
    ("version", "model", "severity"),
    [
        ("2.0.1", "Raspberry Pi 4 Model B Rev 1.5", Severity.OK),
        ("2.0.1", "Raspberry Pi 5 Model B Rev 1.0", Severity.WARNING),
        ("2.0.1.post3", "Raspberry Pi 5 Model B Rev 1.0", Severity.OK),
        ("2.0", "Raspberry Pi Zero 2 W Rev 1.0", Severity.BAD),
    ],
)
def test_a_gpiozero_that_opens_the_wrong_chip_is_a_warning(
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
    findings = examine_at(tmp_path, CAMERA_SOURCE="simulated", PIR_PIN="4")
    assert [one.severity for one in findings if one.subject == "gpiozero"] == [severity]


def test_a_library_error_is_not_called_a_broken_cable(hardware: Any, tmp_path: Path) -> None:
    """The finding has the camera's own error."""
    hardware.failed_encoders.append(KeyError("FrameDurationLimits"))
    findings = examine_at(tmp_path, **ONE, CAMERA_FORMAT="mp4", CAMERA_CLIP="1s")
    [camera] = [one for one in findings if one.subject == "camera camera"]
    assert "the cable is not the cause" in camera.text
    assert "cable" not in camera.next_step


def test_a_camera_that_records_no_clips_on_request_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")  # a simulated camera needs ffmpeg for them
    finding = examine_device(tmp_path, CAMERA_SOURCE="simulated")["camera camera"]
    assert not finding.is_bad
    assert "records no clips on request" in finding.text
    assert "CAMERA_FORMAT=mp4" in finding.text
