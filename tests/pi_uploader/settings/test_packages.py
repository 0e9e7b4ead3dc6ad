"""Every package that the settings need and is missing is named, with what installs it."""

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi_uploader import cli
from pi_uploader.doctor import Severity, examine
from pi_uploader.settings.packages import missing_packages

RTSP = {"CAMERA_SOURCE": "rtsp", "CAMERA_URL": "rtsp://192.0.2.1/main"}
SIMULATED = {"CAMERA_SOURCE": "simulated", "PIR_PIN": "none", "CAMERA_EVERY": "1h"}
NEEDS: dict[str, tuple[dict[str, str], set[str], str]] = {
    "motion": ({"CAMERA_MOTION": "low"}, {"numpy"}, "sudo apt install python3-numpy"),
    "confirm": ({"CAMERA_CONFIRM": "picture", "PIR_PIN": "17"}, {"numpy", "gpiozero"}, "gpiozero"),
    "onnx": (
        {"CAMERA_MOTION": "low", "CAMERA_DETECT": "/m.onnx"},
        {"onnxruntime", "numpy", "PIL"},
        "sudo systemd/install.sh --detect",
    ),
    "litert": (
        {"CAMERA_MOTION": "low", "CAMERA_DETECT": "/m.tflite"},
        {"ai_edge_litert", "numpy", "PIL"},
        "pip install '.[detect]'",
    ),
    "picamera2": ({"CAMERA_SOURCE": "picamera2"}, {"picamera2"}, "apt-get install python3-picam"),
    "rtsp": (RTSP, {"ffmpeg"}, "apt-get install ffmpeg"),
    "usb": ({"CAMERA_SOURCE": "usb"}, {"ffmpeg"}, "apt-get install ffmpeg"),
    "simulated": ({}, {"PIL"}, "pip install '.[simulated]'"),
    "pin": ({"CAMERA_PIN": "18"}, {"gpiozero"}, "sudo apt install python3-gpiozero"),
    "serve": ({"CAMERA_SERVE": "127.0.0.1:8080"}, {"bottle", "waitress"}, "install.sh --serve"),
    "mqtt": ({"CAMERA_MQTT": "broker.local"}, {"paho"}, "install.sh --mqtt"),
}
SHOWN = {"PIL": "Pillow", "ai_edge_litert": "ai-edge-litert", "paho": "paho-mqtt"}
PACKAGES = sorted({name for _, names, _ in NEEDS.values() for name in names} - {"ffmpeg"})


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in PACKAGES:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("nothing_installed")
@pytest.mark.parametrize("need", NEEDS)
def test_each_missing_package_is_named(need: str) -> None:
    environ, names, how = NEEDS[need]
    text = "\n".join(map(str, missing_packages({**SIMULATED, **environ})))
    assert all(SHOWN.get(name, name) in text for name in names)
    assert how in text


@given(missing=st.sets(st.sampled_from(PACKAGES)))
def test_what_is_installed_is_not_named(missing: set[str]) -> None:
    environ = {**SIMULATED, "CAMERA_MOTION": "low", "CAMERA_DETECT": "/m.onnx", "PIR_PIN": "17"}
    with pytest.MonkeyPatch.context() as patch:
        for name in missing:
            patch.setitem(sys.modules, name, None)
        found = missing_packages(environ)
    text = "\n".join(one.text.partition(", which ")[0] for one in found)
    needed = {"onnxruntime", "numpy", "PIL", "gpiozero"}
    for name in PACKAGES:
        assert (SHOWN.get(name, name) in text) == (name in missing & needed)


@pytest.mark.usefixtures("nothing_installed")
def test_it_is_named_beside_all_other_mistakes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a config file with its line, also of a camera of which another setting is wrong."""
    file = tmp_path / "config.toml"
    file.write_text(
        'base_url = "https://nightjar.example"\n'
        "[camera.gate]\n"
        'source = "simulated"\nmotion = "low"\nclip = "1h"\n'
        "[camera.off]\n"
        'source = "usb"\nenabled = false\n'
    )
    monkeypatch.setenv("CAMERA_CONFIG", str(file))
    monkeypatch.setenv("AZURE_FUNCTION_KEY", "the key")
    assert cli.main(["config", "check"]) == 78
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{file}:3 camera.gate.source: gate needs Pillow, which is not")
    assert lines[1].startswith(f"{file}:4 camera.gate.motion: gate needs numpy, which is not")
    assert lines[2].startswith(f"{file}:5 camera.gate.clip: must be a duration from 1s to 60s")
    assert lines[-1] == "3 mistakes"


@pytest.mark.usefixtures("nothing_installed")
def test_the_doctor_names_it_once(tmp_path: Path) -> None:
    environ = {**SIMULATED, "CAMERA_MOTION": "low", "CAMERA_DETECT": "/m.onnx", "HOME": "/"}
    environ |= {"CAMERA_SPOOL": str(tmp_path / "spool"), "CAMERA_UPLOAD": "off"}
    findings = [one for one in examine(environ) if one.is_bad or "installed" in one.text]
    assert [(one.subject, one.severity) for one in findings] == [
        ("packages", Severity.BAD),
        ("packages", Severity.WARNING),
        ("camera camera", Severity.BAD),
    ]
    assert findings[0].next_step.startswith("run pip install '.[motion]'")
    assert findings[1].text.endswith("onnxruntime, numpy and Pillow, which are not installed")
    assert "needs Pillow" in findings[2].text


def test_the_doctor_says_a_mistake_once() -> None:
    """Also one in a setting that capture and upload both read."""
    environ = {**SIMULATED, "CAMERA_SPOOL": "spool", "CAMERA_KEEP": "x", "CAMERA_UPLOAD": "off"}
    texts = [one.text for one in examine(environ)]
    assert sorted(texts) == sorted(set(texts))
    assert sum("CAMERA_SPOOL" in one for one in texts) == 1
