"""What becomes of photos for whose triggers the picture has to show motion: with the real spool."""

import errno
import logging
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from photo_wire.headers import Trigger
from photo_wire.media import Media
from photo_wire.motion import Motion
from pi_uploader.cameras import CaptureContext, Shot
from pi_uploader.cameras.media.exif import with_exif
from pi_uploader.cameras.media.preview import with_preview
from pi_uploader.capture import TriggerHandler
from pi_uploader.capture.confirmation import Confirmation
from pi_uploader.capture.judge import Judge
from pi_uploader.spool import Spool, SpooledPhoto, replay
from pi_uploader.spool.recovery import PARTIAL
from pi_uploader.triggers import TriggerEvent, TriggerQueue
from tests.support.capturing import ScriptedCamera, camera_settings
from tests.support.disks import READS, FailingDisk, Kind
from tests.support.fake_clock import FakeClock
from tests.support.frame_streams import BOX, MOVING, QUIET, frame_of, saw_brightness
from tests.support.pictures import jpeg

PREVIEW = jpeg(480, 270, seed=1)
TRIGGER = 100.0


class PhotoCamera(ScriptedCamera):
    """Takes photos with previews, each with other bytes."""

    taken = 0

    def take(self, context: CaptureContext) -> Shot:
        super().take(context)
        self.taken += 1
        photo = with_exif(jpeg(640, 480, seed=self.taken), context)
        return Shot(with_preview(photo, lambda: PREVIEW), Media.JPEG)


class MomentPhotoCamera(PhotoCamera):
    """The same, and it remembers."""

    def remembers(self, moment: float) -> bool:
        return True

    def take_at(self, context: CaptureContext, at: float) -> Shot:
        return self.take(context)


class Confirming:
    """A camera's handler at TRIGGER, and the frames that its judge sees."""

    def __init__(self, spool: Spool, *, keeps_whole: bool = False, **settings: str) -> None:
        self.spool = spool
        self.clock = FakeClock(seconds=TRIGGER)
        self.judge = Judge(saw_brightness)
        self.handler = TriggerHandler(
            camera_settings(CAMERA_CONFIRM="picture", **settings),
            PhotoCamera(),
            spool,
            clock=self.clock,
            sleep=self.sleep,
        )
        self.handler.confirmation = Confirmation(self.judge, spool, keeps_whole)

    def sleep(self, seconds: float) -> bool:
        self.clock.seconds = self.now + seconds
        return False

    @property
    def now(self) -> float:
        return self.clock.monotonic()

    def see(self, begin: float, end: float, moves: bool) -> None:
        """Show the judge five frames a second from `begin` until `end`."""
        for number in range(math.ceil(begin * 5), math.floor(end * 5) + 1):
            self.judge.add(frame_of(MOVING if moves else QUIET, at=number / 5), None)
        self.clock.seconds = max(self.now, end)

    def trigger(self, trigger: Trigger = Trigger.MOTION, moves: bool = False) -> None:
        """Handle a trigger, around which the picture shows motion or does not."""
        moment = self.now
        self.see(moment - 1, moment, moves)
        self.handler.handle(TriggerEvent(trigger, moment))
        self.see(moment + 0.2, moment + 1.2, moves)
        self.handler.settle()

    @property
    def photos(self) -> list[SpooledPhoto]:
        return list(self.spool.waiting_photos())


def restarted(spool: Spool) -> Spool:
    """A spool in the same folder, as the next process has it: the lock of this one is gone."""
    lock = spool._writer._recovery._lock
    assert lock
    lock.close()
    after = Spool(spool.folder)
    after.recover()
    return after


@pytest.fixture(autouse=True)
def _enough_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "MIN_FREE_BYTES", 0)


@pytest.fixture
def confirming(spool_folder: Path) -> Confirming:
    return Confirming(Spool(spool_folder))


@pytest.mark.parametrize("trigger", [Trigger.MOTION, Trigger.GPIO])
def test_a_trigger_with_motion_in_the_picture_keeps_its_photo(
    trigger: Trigger, confirming: Confirming
) -> None:
    confirming.trigger(trigger, moves=True)
    [photo] = confirming.photos
    assert (photo.trigger, photo.motion) == (trigger, Motion(BOX))
    assert photo.size > len(PREVIEW) + 1000
    stats = confirming.handler.stats
    assert (stats.stored, stats.photographed, stats.stubs) == (1, 1, 0)
    assert confirming.handler.activity.photo
    assert confirming.handler.activity.photo.preview == PREVIEW


def test_a_trigger_without_motion_in_the_picture_leaves_a_stub(
    confirming: Confirming, caplog: pytest.LogCaptureFixture
) -> None:
    """Of the same name, so that a person finds it; it is no last photo, and begins no event."""
    caplog.set_level(logging.INFO)
    confirming.trigger(moves=False)
    [stub] = confirming.photos
    assert (stub.trigger, stub.media, stub.motion) == (Trigger.MOTION, Media.JPEG, Motion())
    with confirming.spool.open(stub) as file, Image.open(file) as picture:
        assert picture.size == (480, 270)
        assert picture.getexif()[0x010E] == "gate, motion"
    assert f"{stub.name} shows no motion, and is a stub of {stub.size} bytes now" in caplog.text
    assert confirming.handler.activity.photo is None
    stats = confirming.handler.stats
    assert (stats.stored, stats.photographed, stats.stubs) == (1, 0, 1)
    assert str(stats).endswith("0 disarmed, 1 without motion")
    confirming.sleep(10)
    confirming.trigger(moves=True)
    assert [photo.is_first for photo in confirming.photos] == [True, True]


def test_the_setting_keeps_photos_without_motion_whole(spool_folder: Path) -> None:
    confirming = Confirming(Spool(spool_folder), keeps_whole=True)
    confirming.trigger(moves=False)
    [photo] = confirming.photos
    assert photo.motion == Motion()
    assert photo.size > len(PREVIEW) + 1000
    assert (confirming.handler.stats.photographed, confirming.handler.stats.stubs) == (1, 0)


def test_the_frames_of_a_stub_wait_for_a_person(confirming: Confirming, spool_folder: Path) -> None:
    """Those around its trigger; of a photo with motion none are kept."""
    confirming.trigger(moves=True)
    confirming.sleep(10)
    confirming.trigger(moves=False)
    [stub] = [photo for photo in confirming.photos if photo.motion == Motion()]
    [file] = (spool_folder / "replay" / "candidates").iterdir()
    assert file.stem == str(stub.name)
    with np.load(file) as kept:
        assert (kept["luma"] == QUIET).all()
        assert kept["at"] == pytest.approx([number / 5 for number in range(-5, 6)])


def test_a_blind_camera_keeps_its_photos_and_says_nothing_of_motion(
    confirming: Confirming,
) -> None:
    """No frame comes; the photo waits two seconds and not longer."""
    confirming.handler.handle(TriggerEvent(Trigger.MOTION, TRIGGER))
    for seconds, count in ((1.9, 0), (2.0, 1)):
        confirming.clock.seconds = TRIGGER + seconds
        confirming.handler.settle()
        assert len(confirming.photos) == count
    [photo] = confirming.photos
    assert (photo.motion, confirming.handler.stats.photographed) == (None, 1)


@pytest.mark.parametrize("trigger", [Trigger.SCHEDULE, Trigger.DEMAND])
def test_timers_and_people_need_no_confirmation(trigger: Trigger, confirming: Confirming) -> None:
    confirming.handler.handle(TriggerEvent(trigger, TRIGGER))
    [photo] = confirming.photos
    assert photo.motion is None


def test_motion_in_the_picture_needs_no_confirmation(confirming: Confirming) -> None:
    confirming.handler.handle(TriggerEvent(Trigger.MOTION, TRIGGER, box=BOX))
    [photo] = confirming.photos
    assert photo.motion == Motion(BOX)


def test_another_trigger_does_not_wait_for_a_decision(confirming: Confirming) -> None:
    """A contact or a timer takes its photo while that of the motion sensor is held."""
    confirming.see(99, 100, moves=False)
    confirming.handler.handle(TriggerEvent(Trigger.MOTION, TRIGGER))
    confirming.handler.handle(TriggerEvent(Trigger.SCHEDULE, TRIGGER))
    assert [photo.trigger for photo in confirming.photos] == [Trigger.SCHEDULE]
    confirming.see(100.2, 101.2, moves=False)
    confirming.handler.settle()
    assert [photo.trigger for photo in confirming.photos] == [Trigger.MOTION, Trigger.SCHEDULE]


SEVERAL_PHOTOS = [
    {"CAMERA_BURST": "3", "CAMERA_BURST_GAP": "0.1s"},
    {"CAMERA_PHOTOS_BEFORE": "1", "CAMERA_PHOTOS_AFTER": "1"},
]


@pytest.mark.parametrize("environ", SEVERAL_PHOTOS)
def test_a_trigger_without_motion_leaves_one_stub_of_all_its_photos(
    environ: dict[str, str], spool_folder: Path
) -> None:
    """So that each stub in the gallery is a trigger. The others are counted."""
    confirming = Confirming(Spool(spool_folder), keeps_whole=False, **environ)
    confirming.handler.photos._camera = MomentPhotoCamera()
    confirming.trigger(moves=False)
    [stub] = confirming.photos
    assert (stub.motion, stub.is_further) == (Motion(), False)
    stats = confirming.handler.stats
    assert (stats.stored, stats.stubs, stats.removed, stats.triggers) == (3, 1, 2, 1)
    assert str(stats).endswith("1 without motion, whose 2 further photos were removed")
    assert [one for one in spool_folder.rglob("*") if one.name.endswith(PARTIAL)] == []
    [frames] = (spool_folder / "replay" / "candidates").iterdir()
    assert frames.stem == str(stub.name)


@pytest.mark.parametrize("environ", SEVERAL_PHOTOS)
@pytest.mark.parametrize("moves", [True, False])
def test_photos_that_stay_whole_all_stay(
    moves: bool, environ: dict[str, str], spool_folder: Path
) -> None:
    """One of the second before the trigger shows an earlier scene."""
    confirming = Confirming(Spool(spool_folder), keeps_whole=True, **environ)
    confirming.handler.photos._camera = MomentPhotoCamera()
    confirming.trigger(moves=moves)
    photos = confirming.photos
    expected: list[Motion | None] = [Motion(BOX if moves else None)] * 3
    if moves and "CAMERA_PHOTOS_BEFORE" in environ:
        expected[1] = None  # nobody knows what moved a second before
    assert [one.motion for one in photos] == expected
    assert [one.is_further for one in photos] == [False, True, True]
    assert confirming.handler.stats.removed == 0


def test_a_stop_in_between_keeps_the_photo_whole(confirming: Confirming) -> None:
    """The process has no second left."""
    queue = TriggerQueue()
    confirming.handler.handle(TriggerEvent(Trigger.MOTION, TRIGGER))
    queue.close()
    confirming.handler.run(queue)
    [photo] = confirming.photos
    assert photo.motion is None


def test_a_power_cut_in_between_keeps_the_photo_whole(
    confirming: Confirming, spool_folder: Path
) -> None:
    """It was on the disk before the picture had decided anything."""
    confirming.handler.handle(TriggerEvent(Trigger.MOTION, TRIGGER))
    [partial] = spool_folder.rglob(f"*{PARTIAL}")
    size = partial.stat().st_size
    after = restarted(confirming.spool)
    [photo] = after.waiting_photos()
    assert (photo.size, photo.motion) == (size, None)
    with after.open(photo) as file:
        assert len(file.read()) == size


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC])
def test_a_disk_that_fails_once_costs_no_photo(error: int, tmp_path: Path) -> None:
    """At whatever operation: the photo stays, whole or as a stub, if need be after the next
    start."""
    for at in range(100):
        folder = tmp_path / f"{at}"
        disk = FailingDisk(None, error, kinds=frozenset(Kind) - READS)
        confirming = Confirming(Spool(folder, disk))
        confirming.spool.recover()
        disk.at = disk.operations + at
        confirming.trigger(moves=False)
        if not disk.failed:
            break
        after = restarted(confirming.spool)
        found = list(after.waiting_photos())
        assert len(found) + confirming.handler.stats.lost == 1, f"{at}: {disk.failed}"
        for photo in found:
            after.open(photo).close()
    assert at > 10


def test_a_photo_without_a_preview_stays_whole(
    spool_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """There is nothing of which a stub could be made; it says that it shows no motion."""
    caplog.set_level(logging.INFO)
    confirming = Confirming(Spool(spool_folder))
    confirming.handler.photos._camera = ScriptedCamera()
    confirming.trigger(moves=False)
    [photo] = confirming.photos
    assert (photo.motion, photo.size) == (Motion(), len(b"a photo"))
    assert "shows no motion, and stays whole: it contains no preview" in caplog.text
    assert (confirming.handler.stats.photographed, confirming.handler.stats.stubs) == (1, 0)
