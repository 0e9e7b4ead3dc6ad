"""The network in an IMX500 adds its results to photos, and is in the way of none."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from photo_wire.headers import Trigger
from pi_uploader.cameras import CaptureContext
from pi_uploader.cameras.picamera.camera import Picamera2Camera
from pi_uploader.cameras.picamera.mode import Mode

CONTEXT = CaptureContext("gate", Trigger.MOTION, None)
NETWORK = Path("/usr/share/imx500-models/network.rpk")
SMALL = Mode(size=(640, 480))


def test_a_photo_has_the_result_of_its_frame(hardware: Any) -> None:
    """The network is loaded into this camera before it is opened."""
    outputs = [np.zeros((10, 4), np.float32), np.zeros(10, np.float32)]
    hardware.network |= {
        "outputs": outputs,
        "intrinsics": {"classes": {"labels": ["person", "-", "cat"], "ignore_undefined": True}},
    }
    shot = Picamera2Camera(SMALL, None, NETWORK).take(CONTEXT)
    assert hardware.network["opened"] == (str(NETWORK), hardware.cameras[0]["Id"])
    assert shot.network
    assert list(shot.network.outputs) == outputs
    assert shot.network.classes == ("person", "cat")


def test_classes_without_a_name_keep_their_number(hardware: Any) -> None:
    hardware.network |= {"outputs": [1], "intrinsics": {"classes": {"labels": ["a", "-", "b"]}}}
    shot = Picamera2Camera(SMALL, None, NETWORK).take(CONTEXT)
    assert shot.network
    assert shot.network.classes == ("a", "-", "b")


def test_without_a_network_nothing_is_loaded(hardware: Any) -> None:
    assert Picamera2Camera(SMALL).take(CONTEXT).network is None
    assert "opened" not in hardware.network


@pytest.mark.parametrize("error", [RuntimeError("dev-node not found"), ImportError("OpenEXR")])
def test_a_network_that_cannot_be_loaded_costs_no_photo(
    hardware: Any, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    hardware.network["error"] = error
    shot = Picamera2Camera(SMALL, None, NETWORK).take(CONTEXT)
    assert shot.content
    assert shot.network is None
    assert f"network.rpk does not run in the camera: {type(error).__name__}: " in caplog.text


@pytest.mark.parametrize("outputs", [None, [], ValueError("tensor info length 7")])
def test_a_frame_without_outputs_has_no_result(
    hardware: Any, outputs: Any, caplog: pytest.LogCaptureFixture
) -> None:
    hardware.network["outputs"] = outputs
    camera = Picamera2Camera(SMALL, None, NETWORK)
    for _ in range(3):
        shot = camera.take(CONTEXT)
        assert shot.content
        assert shot.network is None
    assert caplog.text.count("the network in the camera failed") <= 1


def test_a_camera_that_is_opened_again_gets_its_network_again(hardware: Any) -> None:
    hardware.network["outputs"] = [1]
    camera = Picamera2Camera(SMALL, None, NETWORK)
    hardware.network.pop("opened")
    hardware.lost_frames = 1
    shot = camera.take(CONTEXT)
    assert shot.network
    assert "opened" in hardware.network
