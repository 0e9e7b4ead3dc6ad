"""Each setting of what photos show, on an installed Pi with a real model."""

import threading
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from photo_wire.headers import ClockStatus, Trigger
from photo_wire.media import Media
from photo_wire.motion import Label
from pi_uploader.detect import process
from pi_uploader.settings import (
    CaptureSettings,
    OnceSettings,
    SettingsError,
    UploadSettings,
    detectors,
    load_settings,
)
from pi_uploader.settings.camera_values import NETWORK_OF_IMX500
from pi_uploader.spool import PhotoInfo
from pi_uploader.spool.notification import is_detecting
from tests.support.fault_server import FaultServer
from tests.support.installed_pi import NAME, InstalledPi
from tests.support.models import PERSON, class_scores, write_onnx, yolo
from tests.support.spool_photos import name
from tests.support.waiting import wait_for

CAMERA = {"CAMERA_SOURCE": "simulated", "HOME": "/"}


@pytest.fixture
def looked_at(pi: InstalledPi, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], list[Label]]:
    """Puts that many photos while the process looks at them that `pi-uploader detect` is, and
    returns the label of each that got one."""
    monkeypatch.setattr(process, "give_way", lambda memory: None)  # it is the test's process

    def put_and_look(count: int) -> list[Label]:
        settings, stop = load_settings(OnceSettings, pi.environ), threading.Event()
        thread = threading.Thread(target=process.run_detect, args=(settings, stop))
        thread.start()
        wait_for(lambda: is_detecting(pi.spool_folder), what="what looks at photos")
        jpeg = BytesIO()
        Image.new("RGB", (64, 64), "red").save(jpeg, "JPEG")
        photos = [
            pi.spool.put(
                jpeg.getvalue(),
                PhotoInfo(name(number, NAME), Media.JPEG, Trigger.MOTION, ClockStatus.SYNCED),
            )
            for number in range(count)
        ]
        store = pi.spool.labels
        wait_for(lambda: all(store.get(one) is not None for one in photos), what="all labels")
        stop.set()
        thread.join()
        return [label for one in photos for label in store.get(one) or ()]

    return put_and_look


@pytest.mark.setting("CAMERA_DETECT")
def test_camera_detect(
    pi: InstalledPi, looked_at: Callable[[int], list[Label]], tmp_path: Path, server: FaultServer
) -> None:
    """Its word goes with the photo."""
    file = write_onnx(tmp_path / "model.onnx", {"output0": yolo({PERSON: 0.9})})
    pi.environ["CAMERA_DETECT"] = str(file)
    assert [one.word for one in looked_at(1)] == ["person"]
    with pi.uploading():
        wait_for(lambda: server.requests, what="the photo")
    assert (server.requests[0].headers.get("X-Labels") or "").startswith("person=0.")


@pytest.mark.setting("CAMERA_DETECT_LABELS")
def test_camera_detect_labels(
    pi: InstalledPi, looked_at: Callable[[int], list[Label]], tmp_path: Path
) -> None:
    file = write_onnx(tmp_path / "model.onnx", {"scores": class_scores({1: 9.0}, 3)[None]})
    (tmp_path / "labels").write_text("stoat\nred fox\notter\n")
    pi.environ |= {"CAMERA_DETECT": str(file), "CAMERA_DETECT_LABELS": f"{tmp_path}/labels"}
    assert [one.word for one in looked_at(1)] == ["red-fox"]


@pytest.mark.setting("CAMERA_DETECT_SIZE")
def test_camera_detect_size(
    pi: InstalledPi, looked_at: Callable[[int], list[Label]], tmp_path: Path
) -> None:
    shape = (1, 3, "height", "width")
    file = write_onnx(tmp_path / "model.onnx", {"output0": yolo({PERSON: 0.9})}, shape=shape)
    pi.environ |= {"CAMERA_DETECT": str(file), "CAMERA_DETECT_SIZE": "96x64"}
    [report] = process.check_model(load_settings(OnceSettings, pi.environ), NAME).model.split("; ")
    assert report == "yolo, 96x64"
    assert len(looked_at(1)) == 1


@pytest.mark.setting("CAMERA_DETECT_THRESHOLD")
def test_camera_detect_threshold(
    pi: InstalledPi, looked_at: Callable[[int], list[Label]], tmp_path: Path
) -> None:
    file = write_onnx(tmp_path / "model.onnx", {"output0": yolo({PERSON: 0.6})})
    pi.environ |= {"CAMERA_DETECT": str(file), "CAMERA_DETECT_THRESHOLD": "0.7"}
    assert looked_at(1) == []


@pytest.mark.setting("CAMERA_DETECT_PER_MINUTE")
def test_camera_detect_per_minute(
    pi: InstalledPi, looked_at: Callable[[int], list[Label]], tmp_path: Path
) -> None:
    file = write_onnx(tmp_path / "model.onnx", {"output0": yolo({PERSON: 0.9})})
    pi.environ |= {"CAMERA_DETECT": str(file), "CAMERA_DETECT_PER_MINUTE": "2"}
    assert sorted(one.word for one in looked_at(4)) == ["person", "person", "unknown", "unknown"]


@pytest.mark.parametrize(
    ("environ", "problem"),
    [
        (
            {"CAMERA_DETECT": "/m.onnx", "PIR_PIN": "none", "CAMERA_EVERY": "1h"},
            "CAMERA_DETECT: must be off for a camera with neither PIR_PIN nor CAMERA_MOTION nor "
            "CAMERA_CONFIRM: a model looks at photos of motion alone",
        ),
        (
            {"CAMERA_DETECT": "imx500"},
            "CAMERA_DETECT: must not be imx500 or a .rpk file for a camera of kind simulated, only "
            "for picamera2",
        ),
    ],
)
def test_settings_that_contradict_each_other(environ: dict[str, str], problem: str) -> None:
    with pytest.raises(SettingsError) as error:
        load_settings(CaptureSettings, CAMERA | environ)
    assert error.value.problems == (problem,)


def test_a_model_that_is_missing_is_a_warning(tmp_path: Path) -> None:
    """Photos go on without labels, so it is no mistake that ends the capture."""
    settings = load_settings(CaptureSettings, CAMERA | {"CAMERA_DETECT": "/nowhere/model.tflite"})
    assert settings.warnings == [
        "CAMERA_DETECT: there is no file /nowhere/model.tflite; photos are uploaded without labels"
    ]
    file = write_onnx(tmp_path / "model.onnx", {"output0": yolo({})})
    labels = {"CAMERA_DETECT": str(file), "CAMERA_DETECT_LABELS": "/nowhere/labels"}
    [warning] = load_settings(CaptureSettings, CAMERA | labels).warnings
    assert warning.startswith("CAMERA_DETECT_LABELS: there is no file /nowhere/labels")


def test_detectors(tmp_path: Path) -> None:
    """The upload knows them, whatever else is wrong with the cameras."""
    assert detectors(CAMERA) == {}
    assert detectors(CAMERA | {"CAMERA_DETECT": "/m.onnx"}) == {"camera": False}
    config = tmp_path / "config.toml"
    config.write_text(
        """
        base_url = "https://nightjar.example"
        [camera.gate]
        source = "picamera2"
        motion = "low"
        detect = "imx500"
        [camera.yard]
        source = "usb"
        pir_pin = "17"
        detect = "/models/yolox_nano.onnx"
        [camera.shed]
        source = "usb"
        pir_pin = "99"
        detect = "/models/yolox_nano.onnx"
        """
    )
    environ = {"CAMERA_CONFIG": str(config), "HOME": "/"}
    assert detectors(environ) == {"gate": True, "yard": False}
    assert load_settings(UploadSettings, environ).detectors == {"gate": True, "yard": False}
    config.write_text("[")
    assert detectors(environ) == {}


def test_imx500_stands_for_its_network() -> None:
    environ = CAMERA | {"CAMERA_SOURCE": "picamera2", "CAMERA_DETECT": "imx500"}
    [camera] = load_settings(CaptureSettings, environ).cameras
    assert (camera.model, camera.detects_in_camera) == (NETWORK_OF_IMX500, True)
