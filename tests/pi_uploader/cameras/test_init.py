"""open_camera() knows every kind of camera that the settings allow."""

import inspect
from datetime import UTC, datetime

import pytest

from photo_wire.headers import Trigger
from pi_uploader.cameras import CaptureContext, FrameSource, open_camera
from pi_uploader.cameras.picamera.camera import Picamera2Camera
from pi_uploader.cameras.rtsp.camera import RtspCamera
from pi_uploader.cameras.simulated.camera import SimulatedCamera
from pi_uploader.cameras.usb import UsbCamera
from pi_uploader.settings import CameraSettings
from pi_uploader.settings.camera_checks import FORMATS

MOMENT = datetime(2026, 11, 20, 18, 1, 34, 567000, UTC)
CONTEXT = CaptureContext("garden", Trigger.MOTION, MOMENT)


@pytest.mark.parametrize("kind", FORMATS)
def test_every_kind_is_opened_and_documented(kind: str) -> None:
    """open_camera would treat a kind without a case as simulated."""
    source = dict(CameraSettings.table())["source"]
    assert kind in source.expected.replace(",", "").split()
    assert kind == "simulated" or f'case "{kind}"' in inspect.getsource(open_camera)


@pytest.mark.parametrize("kind", [Picamera2Camera, RtspCamera, SimulatedCamera, UsbCamera])
def test_every_kind_delivers_frames(kind: type[FrameSource]) -> None:
    """One that lacks a part of FrameSource would be refused as a camera without frames."""
    assert isinstance(kind.__new__(kind), FrameSource)
