"""What a model finds in a photo of motion is in the gallery's list."""

from io import BytesIO
from pathlib import Path

import psutil
import pytest
from PIL import Image

from photo_wire.headers import ClockStatus, Trigger
from photo_wire.media import Media
from photo_wire.motion import Box, Motion
from pi_uploader.spool import PhotoInfo, Spool, SpooledPhoto
from pi_uploader.spool.notification import is_detecting
from tests.e2e.conftest import MakeDevice
from tests.support.api import Api, new_camera
from tests.support.backend import Backend
from tests.support.models import CAR, PERSON, write_onnx, yolo
from tests.support.spool_photos import name
from tests.support.waiting import wait_for


def put_red(spool: Spool, camera: str) -> SpooledPhoto:
    """Put a red photo of motion: all that the model of the tests knows is in it."""
    jpeg = BytesIO()
    Image.new("RGB", (100, 100), "red").save(jpeg, "JPEG", quality=95)
    motion = Motion(Box(0.1, 0.1, 0.5, 0.5))
    named = name(1, camera)
    info = PhotoInfo(named, Media.JPEG, Trigger.MOTION, ClockStatus.SYNCED, motion=motion)
    return spool.put(jpeg.getvalue(), info)


@pytest.mark.slow  # its parts are tested on the device and in the backend
def test_the_labels_of_a_photo_are_in_its_list(
    make_device: MakeDevice, backend: Backend, tmp_path: Path
) -> None:
    """`pi-uploader run` looks at it. The upload stands still meanwhile, since a busy machine may
    need longer than a photo waits."""
    camera = new_camera()
    device = make_device(camera)
    model = write_onnx(tmp_path / "model.onnx", {"output0": yolo({PERSON: 0.9, CAR: 0.7})})
    environ = {"GPIOZERO_PIN_FACTORY": "mock", "PIR_PIN": "17", "CAMERA_DETECT": str(model)}
    run = device.start("run", backend, every="off", **environ)
    wait_for(lambda: is_detecting(device.spool), what="what looks at photos")
    spool = Spool(device.spool)
    children = psutil.Process(run.pid).children()
    [upload] = [one for one in children if one.cmdline()[-1] == "upload"]
    upload.suspend()
    photo = put_red(spool, camera)
    wait_for(lambda: spool.labels.get(photo), what="labels")
    upload.resume()
    [listed] = wait_for(lambda: Api(backend).listed(camera), what="the photo in the list")
    assert listed["motion"] == {"box": [0.1, 0.1, 0.5, 0.5]}
    assert [one["word"] for one in listed["labels"]] == ["person", "vehicle"]
    wait_for(lambda: not list(spool.labels.folder.iterdir()), what="the end of the labels")
