"""A photo waits for its labels for a moment, goes without them else, and holds up no other."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from photo_wire.headers import Trigger
from photo_wire.motion import Box, Label, Motion
from pi_uploader.spool import PhotoInfo, SpooledPhoto
from pi_uploader.spool.notification import DETECT_SOCKET_NAME, Listener
from pi_uploader.upload.labels import LOOK_SECONDS, MAX_WAIT_SECONDS
from pi_uploader.upload.uploader import UploadOptions
from tests.support import faults
from tests.support.fault_server import FaultServer
from tests.support.spool_photos import content, put
from tests.support.uploading import Device

PERSON = (Label("person", 0.93), Label("vehicle", 0.51))
BY_PROCESS, IN_CAMERA = {"entry": False}, {"entry": True}


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as one:
        yield one


def device_of(folder: Path, server: FaultServer, detectors: dict[str, bool]) -> Device:
    """A device of which the wall clock stands still from now on."""
    device = Device(folder, server, options=UploadOptions(detectors=detectors))
    device.clock.wall = datetime.now(UTC)
    return device


def take(device: Device, number: int = 1) -> SpooledPhoto:
    """Put a photo of motion, a moment ago by the device's clock."""
    photo = put(device.spool, number)
    set_clock(device, photo)
    device.uploader.notify()
    return photo


def set_clock(device: Device, photo: SpooledPhoto) -> None:
    """Let it be a moment after this photo was put."""
    put_at = datetime.fromtimestamp(device.spool.waits_since(photo), UTC)
    device.clock.wall = put_at + timedelta(milliseconds=1)


@contextmanager
def detecting(folder: Path) -> Iterator[None]:
    """Let a process listen that looks at photos."""
    with Listener(folder, DETECT_SOCKET_NAME, "detect"):
        yield


def sent_labels(server: FaultServer) -> list[str | None]:
    return [request.headers.get("X-Labels") for request in server.requests]


def test_labels_go_with_their_photo_and_are_then_deleted(
    server: FaultServer, tmp_path: Path
) -> None:
    device = device_of(tmp_path, server, BY_PROCESS)
    photo = take(device)
    device.spool.labels.put(photo.name, PERSON)
    with detecting(tmp_path):
        device.try_once()
    assert sent_labels(server) == ["person=0.93, vehicle=0.51"]
    assert list(device.spool.labels.folder.iterdir()) == []


@pytest.mark.parametrize("detectors", [BY_PROCESS, IN_CAMERA])
def test_a_photo_waits_until_its_labels_are_there(
    detectors: dict[str, bool], server: FaultServer, tmp_path: Path
) -> None:
    device = device_of(tmp_path, server, detectors)
    photo = take(device)
    with detecting(tmp_path):
        assert device.uploader.step() == LOOK_SECONDS
        assert server.requests == []
        device.spool.labels.put(photo.name, PERSON[:1])
        device.now += LOOK_SECONDS
        device.uploader.step()
    assert sent_labels(server) == ["person=0.93"]


def test_a_photo_waits_no_longer_than_its_time(server: FaultServer, tmp_path: Path) -> None:
    device = device_of(tmp_path, server, BY_PROCESS)
    take(device)
    waited = 0.0
    assert isinstance(device.clock.wall, datetime)
    start = device.clock.wall
    with detecting(tmp_path):
        while not server.requests:
            seconds = device.uploader.step()
            if not server.requests:
                waited += seconds
                assert waited <= MAX_WAIT_SECONDS + 1e-6
                device.now += seconds
                device.clock.wall = start + timedelta(seconds=waited)
    assert sent_labels(server) == ["unknown=1.00"]
    assert waited == pytest.approx(MAX_WAIT_SECONDS, abs=0.01)


def test_other_photos_do_not_wait_meanwhile(server: FaultServer, tmp_path: Path) -> None:
    device = device_of(tmp_path, server, BY_PROCESS)
    other = put(device.spool, 1, camera="gate")
    take(device, 2)
    with detecting(tmp_path):
        device.uploader.step()
        device.uploader.step()
    assert [request.photo_id for request in server.requests] == [str(other.name)]


def put_with(device: Device, trigger: Trigger, motion: Motion | None) -> None:
    info: PhotoInfo = replace(put(device.spool, 99).info, trigger=trigger, motion=motion)
    device.spool.remove(next(device.spool.waiting_photos()))
    set_clock(device, device.spool.put(content(1), info))


@pytest.mark.parametrize(
    ("trigger", "motion"),
    [
        (Trigger.MOTION, Motion()),
        (Trigger.SCHEDULE, None),
        (Trigger.GPIO, None),
        (Trigger.DEMAND, None),
    ],
)
def test_a_photo_without_motion_waits_for_nothing(
    trigger: Trigger, motion: Motion | None, server: FaultServer, tmp_path: Path
) -> None:
    device = device_of(tmp_path, server, BY_PROCESS)
    put_with(device, trigger, motion)
    with detecting(tmp_path):
        device.uploader.step()
    assert sent_labels(server) == [None]


def test_motion_that_the_picture_confirmed_waits(server: FaultServer, tmp_path: Path) -> None:
    """Also that of a contact."""
    device = device_of(tmp_path, server, BY_PROCESS)
    put_with(device, Trigger.GPIO, Motion(Box(0, 0, 1, 1)))
    with detecting(tmp_path):
        assert device.uploader.step() == LOOK_SECONDS


def test_where_no_process_looks_no_photo_waits(server: FaultServer, tmp_path: Path) -> None:
    """It has ended, or the model cannot be loaded."""
    device = device_of(tmp_path, server, BY_PROCESS)
    take(device)
    with detecting(tmp_path):
        pass
    device.uploader.step()
    assert sent_labels(server) == ["unknown=1.00"]


@pytest.mark.parametrize("step", [timedelta(days=-3), timedelta(days=3)])
def test_a_clock_that_was_set_holds_up_nothing(
    step: timedelta, server: FaultServer, tmp_path: Path
) -> None:
    device = device_of(tmp_path, server, IN_CAMERA)
    take(device)
    assert isinstance(device.clock.wall, datetime)
    device.clock.wall += step
    device.uploader.step()
    assert sent_labels(server) == ["unknown=1.00"]


def test_without_detection_nothing_is_looked_for(server: FaultServer, tmp_path: Path) -> None:
    device = device_of(tmp_path, server, {})
    photo = take(device)
    device.spool.labels.put(photo.name, PERSON)
    with detecting(tmp_path):
        device.uploader.step()
    assert sent_labels(server) == [None]


def test_a_photo_that_is_sent_again_has_its_labels(server: FaultServer, tmp_path: Path) -> None:
    device = device_of(tmp_path, server, BY_PROCESS)
    photo = take(device)
    device.spool.labels.put(photo.name, PERSON[:1])
    server.handler = faults.for_photo({str(photo.name)}, faults.status(503))
    device.try_once()
    device.spool.labels.put(photo.name, PERSON)
    server.handler = faults.for_photo(set(), faults.status(503))
    device.try_all(3)
    assert set(sent_labels(server)) == {"person=0.93", "person=0.93, vehicle=0.51"}
