"""Each new photo of motion is looked at once, whatever the model does; no other one is."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photo_wire.headers import ClockStatus, Trigger
from photo_wire.media import Media
from photo_wire.motion import UNKNOWN, Box, Label, Motion
from pi_uploader.clock import BootTime
from pi_uploader.detect.detector import Detector
from pi_uploader.detect.errors import ModelError
from pi_uploader.detect.report import CameraReport
from pi_uploader.settings import CameraSettings, CaptureSettings, load_settings
from pi_uploader.spool import PhotoInfo, Spool, SpooledPhoto
from tests.support.fake_clock import FakeClock
from tests.support.spool_photos import content, name, put

BOX = Box(0.1, 0.2, 0.3, 0.4)
PERSON = (Label("person", 0.9),)


class Seen:
    """Stands in for a model: finds a person, or does what `fail` says."""

    def __init__(self) -> None:
        self.calls: list[tuple[bytes, Media, Box | None, float]] = []
        self.fail: Callable[[], None] = lambda: None

    def look(
        self, content: bytes, media: Media, box: Box | None, threshold: float
    ) -> Sequence[Label]:
        self.calls.append((content, media, box, threshold))
        self.fail()
        return PERSON


class Scene:
    """A spool, and a detector of the camera `entry`."""

    def __init__(self, folder: Path) -> None:
        self.spool = Spool(folder)
        self.model = Seen()
        self.now = 0.0
        self.report = CameraReport(None, "model")
        self.per_minute = 600
        self.start()

    def start(self, per_minute: int = 600) -> None:
        environ = {"CAMERA_SOURCE": "simulated", "CAMERA_NAME": "entry", "HOME": "/"}
        environ |= {"CAMERA_DETECT": "/m.onnx", "CAMERA_DETECT_PER_MINUTE": str(per_minute)}
        [camera] = load_settings(CaptureSettings, environ).cameras
        cameras: dict[str, CameraSettings] = {"entry": camera}
        clock = FakeClock(seconds=lambda: self.now)
        self.detector = Detector(
            self.spool, cameras, {"entry": self.model}, {"entry": self.report}, clock
        )

    def put(
        self,
        number: int,
        motion: Motion | None = None,
        trigger: Trigger = Trigger.MOTION,
        is_further: bool = False,
    ) -> SpooledPhoto:
        info = PhotoInfo(
            name(number),
            Media.JPEG,
            trigger,
            ClockStatus.SYNCED,
            is_further=is_further,
            motion=motion,
        )
        return self.spool.put(content(number), info)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_new_photos_of_motion_are_looked_at_once(scene: Scene) -> None:
    first, second = scene.put(1, Motion(BOX)), scene.put(2)
    assert scene.detector.look_at_new() == 2
    assert scene.detector.look_at_new() == 0
    assert scene.spool.labels.get(first) == scene.spool.labels.get(second) == PERSON
    assert scene.model.calls == [
        (content(2), Media.JPEG, None, 0.5),
        (content(1), Media.JPEG, BOX, 0.5),
    ]
    assert str(scene.report) == "model: looked at 2 photos"


def test_other_photos_are_not_looked_at(scene: Scene) -> None:
    """Those without motion, of another trigger or camera, and those that were there before."""
    others = [
        scene.put(1, Motion()),
        scene.put(2, trigger=Trigger.SCHEDULE),
        scene.put(3, trigger=Trigger.GPIO),
        put(scene.spool, 4, camera="gate"),
    ]
    assert scene.detector.look_at_new() == 0
    before = scene.put(5)
    scene.start()
    assert scene.detector.look_at_new() == 0
    assert {scene.spool.labels.get(one) for one in (*others, before)} == {None}
    contact = scene.put(6, Motion(BOX), trigger=Trigger.GPIO)
    assert scene.detector.look_at_new() == 1
    assert scene.spool.labels.get(contact) == PERSON


def test_a_photo_that_was_held_is_looked_at_after_a_later_one(scene: Scene) -> None:
    info = PhotoInfo(name(1), Media.JPEG, Trigger.MOTION, ClockStatus.SYNCED)
    held = scene.spool.hold(content(1), info)
    scene.put(2)
    assert scene.detector.look_at_new() == 1
    released = scene.spool.release(held, Motion(BOX))
    assert scene.detector.look_at_new() == 1
    assert scene.spool.labels.get(released) == PERSON


def test_a_photo_from_before_the_clock_was_set_keeps_its_labels(scene: Scene) -> None:
    undated = put(scene.spool, 1, taken=BootTime("0123abcd", 1000))
    assert scene.detector.look_at_new() == 1
    later = replace(undated.name, captured_at=undated.name.captured_at + timedelta(days=9))
    renamed = scene.spool.rename(undated, later, ClockStatus.CORRECTED)
    assert scene.detector.look_at_new() == 0
    assert scene.spool.labels.get(renamed) == PERSON


def test_above_the_limit_photos_get_no_labels_and_are_counted(scene: Scene) -> None:
    scene.start(per_minute=2)
    photos = [scene.put(number) for number in range(5)]
    assert scene.detector.look_at_new() == 5
    assert [scene.spool.labels.get(one) == PERSON for one in photos] == [0, 0, 0, 1, 1]
    # Nobody waits for them.
    assert {scene.spool.labels.get(one) for one in photos[:3]} == {(UNKNOWN,)}
    assert (scene.report.looked_at, scene.report.above_limit) == (2, 3)
    scene.now = 60.0
    assert scene.spool.labels.get(later := scene.put(9)) is None
    scene.detector.look_at_new()
    assert scene.spool.labels.get(later) == PERSON


@given(visits=st.lists(st.integers(0, 6), max_size=8), per_minute=st.integers(1, 10))
def test_further_photos_leave_room_for_those_of_the_next_triggers(
    visits: list[int], per_minute: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """However many a trigger has: it is the first one that is looked at, also when all of them came
    while the model was busy. All have labels, so that none waits."""
    scene = Scene(tmp_path_factory.mktemp("detector"))
    scene.start(per_minute=per_minute)
    first, further = [], []
    for visit, count in enumerate(visits):
        first.append(scene.put(visit * 10))
        further += [scene.put(visit * 10 + at + 1, is_further=True) for at in range(count)]
        scene.detector.look_at_new()
    labels = {one: scene.spool.labels.get(one) for one in (*first, *further)}
    assert set(labels.values()) <= {PERSON, (UNKNOWN,)}
    seen = [one for one in first if labels[one] == PERSON]
    seen_further = [one for one in further if labels[one] == PERSON]
    assert seen == first[: len(seen)]
    assert len(seen) >= min(len(first), per_minute - per_minute // 2)
    assert len(seen_further) <= per_minute // 2
    assert len(seen) + len(seen_further) <= per_minute
    assert scene.model.calls[0][0] == content(0) if first else True


@pytest.mark.parametrize("error", [ModelError("it failed"), MemoryError(), ZeroDivisionError("x")])
def test_a_model_that_fails_costs_labels_alone(
    scene: Scene, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise error

    scene.model.fail = fail
    photos = [scene.put(number) for number in range(3)]
    assert scene.detector.look_at_new() == 3
    assert {scene.spool.labels.get(one) for one in photos} == {(UNKNOWN,)}
    assert scene.report.failed == 3
    assert scene.report.state.startswith("failing: a photo was not looked at: ")
    assert caplog.text.count("a photo was not looked at") == 1  # the same each time


def test_a_photo_that_was_uploaded_meanwhile_is_left_out(scene: Scene) -> None:
    photo = scene.put(1)
    scene.model.fail = lambda: scene.spool.remove(other)
    other = scene.put(2)
    assert scene.detector.look_at_new() == 2
    assert scene.spool.labels.get(photo) == PERSON


def test_a_disk_that_stores_no_labels_stops_nothing(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.spool.labels.folder.write_text("a file of another program")
    scene.put(1)
    scene.put(2)
    assert scene.detector.look_at_new() == 2
    assert "labels cannot be stored: Not a directory" in caplog.text


def test_a_camera_without_its_model_lets_no_photo_wait(scene: Scene) -> None:
    scene.detector._models = {}
    photo = scene.put(1)
    scene.detector.look_at_new()
    assert scene.spool.labels.get(photo) == (UNKNOWN,)


def test_many_photos_do_not_grow_the_memory(scene: Scene, tmp_path: Path) -> None:
    for sequence in range(5000):
        scene.detector._see(sequence)
    assert len(scene.detector._seen) <= 1001
    assert scene.detector._floor > 3000
