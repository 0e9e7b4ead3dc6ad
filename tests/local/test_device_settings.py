"""What a person sets for `make run` is made whole, and each mistake is named before it starts."""

import sys
from pathlib import Path

import pytest

from local.device_settings import absolute_paths, settings_problems
from local.ports import free_ports
from local.run import main
from pi_uploader.settings import all_settings
from pi_uploader.settings.values import RelativePathError

DEVICE = {"BASE_URL": "http://127.0.0.1:9", "CAMERA_SOURCE": "simulated", "HOME": "/"}
NAMES = {"CAMERA_DETECT": "model.onnx"}  # a path that its setting takes, where not any is one


def takes_a_path(name: str) -> bool:
    [setting] = [one for one in all_settings() if one.name == name]
    try:
        setting.parse("some/file")
    except RelativePathError:
        return True
    except ValueError:
        return False
    return False


PATHS = [one.name for one in all_settings() if takes_a_path(one.name)]


def test_these_settings_are_paths() -> None:
    assert set(PATHS) == {
        "CAMERA_CA",
        "CAMERA_DETECT",
        "CAMERA_DETECT_LABELS",
        "CAMERA_MQTT_CA_FILE",
        "CAMERA_MQTT_PASSWORD_FILE",
        "CAMERA_REPLAY",
        "CAMERA_RUNTIME_FOLDER",
        "CAMERA_SERVE_PASSWORD_FILE",
        "CAMERA_SPOOL",
    }


@pytest.mark.parametrize("name", [*PATHS, "CAMERA_CONFIG"])
def test_a_relative_path_is_one_of_the_folder_in_which_one_stands(
    name: str, tmp_path: Path
) -> None:
    file = NAMES.get(name, "some/file")
    assert absolute_paths({name: file}, tmp_path) == {name: str(tmp_path / file)}
    whole = absolute_paths({name: f"/etc/{file}"}, tmp_path)
    assert whole.get(name, f"/etc/{file}") == f"/etc/{file}"


@pytest.mark.parametrize(
    "environ",
    [{"CAMERA_DETECT": "on"}, {"CAMERA_MOTION": "high"}, {"CAMERA_DETECT_LABELS": "coco"}, {}],
)
def test_other_values_stay_as_they_are_written(environ: dict[str, str], tmp_path: Path) -> None:
    assert absolute_paths(environ, tmp_path) == {}


def test_right_settings_have_no_problem(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").touch()
    environ = {**DEVICE, "CAMERA_MOTION": "medium", "CAMERA_DETECT": f"{tmp_path}/model.onnx"}
    assert settings_problems(environ) == []


def test_all_mistakes_are_named_before_anything_starts(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Those of capture and of upload, a missing package, and a model that is not there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    monkeypatch.setenv("CAMERA_DETECT", "yolox_nano.onnx")
    monkeypatch.setenv("CAMERA_MOTION", "medium")
    port, first = free_ports(2)
    options = ["--port", str(port), "--azurite-port", str(first), "--state", "state"]
    assert main(options) == 1
    output = capsys.readouterr().out
    assert f"CAMERA_DETECT: there is no file {tmp_path}/yolox_nano.onnx" in output
    assert "CAMERA_DETECT: simulated needs onnxruntime, which is not installed; run pip" in output
    monkeypatch.setenv("CAMERA_DETECT", "on")
    monkeypatch.setenv("CAMERA_HEARTBEAT", "5")
    assert main(options) == 1
    output = capsys.readouterr().out
    assert "CAMERA_DETECT: must be off, imx500, or the absolute path of a model" in output
    assert "; 'on' is not an absolute path" in output
    assert "CAMERA_HEARTBEAT: must be " in output
    assert "Nightjar is ready" not in output
