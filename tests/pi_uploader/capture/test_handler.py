"""What a camera does with its triggers, with the real spool."""

import logging
import threading
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photo_wire.headers import Trigger
from photo_wire.media import Media
from photo_wire.motion import Box
from pi_uploader.cameras import CameraError, CameraGoneError, CaptureContext, Shot
from pi_uploader.capture import TriggerHandler
from pi_uploader.capture import handler as handler_module
from pi_uploader.capture.arming import Arming
from pi_uploader.capture.stats import CaptureStats
from pi_uploader.spool import Spool
from pi_uploader.triggers import TriggerEvent, TriggerQueue
from tests.support.capturing import PHOTO, ScriptedCamera, camera_settings, idle_settings
from tests.support.fake_clock import FakeClock
from tests.support.program import photos_in
from tests.support.waiting import wait_for


def motion_at(*instants: float) -> list[TriggerEvent]:
    return [TriggerEvent(Trigger.MOTION, instant) for instant in instants]


def test_motion_in_the_cooldown_is_counted_and_takes_no_photo(
    spool_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Two seconds after a photo the next one may be taken; earlier motion is logged."""
    caplog.set_level(logging.INFO)
    clock = iter([100.0, 102.0, 200.0])
    handler = TriggerHandler(
        camera_settings(),
        ScriptedCamera(),
        Spool(spool_folder),
        clock=FakeClock(seconds=lambda: next(clock)),
    )
    for event in motion_at(100.0, 100.5, 101.9, 102.0):
        handler.handle(event)
    handler.handle(TriggerEvent(Trigger.SCHEDULE, 102.1))  # a timer has no cooldown
    assert (handler.stats.stored, handler.stats.cooled_down) == (3, 2)
    assert "2 motion triggers came within 2 s after a photo and took none" in caplog.text


@settings(max_examples=settings().max_examples // 2)
@given(gaps=st.lists(st.floats(0, 5), max_size=30), fails=st.lists(st.booleans(), max_size=30))
def test_every_motion_is_stored_failed_or_cooled_down(
    tmp_path_factory: pytest.TempPathFactory, gaps: list[float], fails: list[bool]
) -> None:
    """The counts add up to the triggers."""
    folder = tmp_path_factory.mktemp("spool")
    now = 0.0

    class Camera(ScriptedCamera):
        def take(self, context: CaptureContext) -> Shot:
            if fails and fails.pop():
                raise CameraError("out of order")
            return PHOTO

    handler = TriggerHandler(
        camera_settings(), Camera(), Spool(folder), clock=FakeClock(seconds=lambda: now)
    )
    for gap in gaps:
        now += gap
        handler.handle(TriggerEvent(Trigger.MOTION, now))
    stats = handler.stats
    assert stats.stored + stats.failed + stats.cooled_down == len(gaps)
    assert photos_in(folder) == stats.stored


def test_a_camera_error_costs_one_photo_and_a_rest(
    spool_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Any driver error is logged, and the next trigger is handled."""
    camera = ScriptedCamera(CameraError("no frame came"), RuntimeError("Camera frontend timed out"))
    handler = TriggerHandler(camera_settings(), camera, Spool(spool_folder))
    for event in motion_at(1.0, 2.0, 3.0):
        handler.handle(event)
    assert (handler.stats.failed, handler.stats.stored) == (2, 1)
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]
    assert "for a motion trigger: CameraError: no frame came; retrying in 1 s" in caplog.text
    assert "RuntimeError: Camera frontend timed out; retrying in 2 s" in caplog.text


def test_a_burst_is_several_photos_of_one_trigger(spool_folder: Path) -> None:
    """CAMERA_BURST photos, CAMERA_BURST_GAP apart; the first begins the event."""
    sleeps: list[float] = []

    def sleep(seconds: float) -> bool:
        sleeps.append(seconds)
        return False

    one = camera_settings(CAMERA_BURST="3", CAMERA_BURST_GAP="0.2s")
    handler = TriggerHandler(
        one, ScriptedCamera(), Spool(spool_folder), clock=FakeClock(), sleep=sleep
    )
    handler.handle(TriggerEvent(Trigger.GPIO, 1.0, count=2))
    photos = list(Spool(spool_folder).waiting_photos())
    assert [photo.is_first for photo in photos] == [True, False, False]
    assert (sleeps, handler.stats.stored, handler.stats.coalesced) == ([0.2, 0.2], 3, 1)


def test_a_burst_ends_when_the_process_stops(spool_folder: Path) -> None:
    one = camera_settings(CAMERA_BURST="20")
    handler = TriggerHandler(one, ScriptedCamera(), Spool(spool_folder), sleep=lambda seconds: True)
    handler.handle(TriggerEvent(Trigger.GPIO, 1.0))
    assert handler.stats.stored == 1


def test_a_trigger_outside_the_armed_hours_is_counted_and_takes_no_photo(
    spool_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A photo on demand is always taken, and any photo while the clock is not set."""
    caplog.set_level(logging.INFO)
    is_set = True
    handler = TriggerHandler(
        camera_settings(CAMERA_ARMED="22:00-06:00"),
        ScriptedCamera(),
        Spool(spool_folder),
        clock=FakeClock(wall=datetime(2026, 11, 21, 12, 0, tzinfo=UTC), is_set=lambda: is_set),
    )
    handler.handle(TriggerEvent(Trigger.MOTION, 1.0, count=3))
    assert (handler.stats.disarmed, handler.stats.stored) == (3, 0)
    handler.handle(TriggerEvent(Trigger.DEMAND, 2.0))
    assert handler.stats.stored == 1
    assert "gate: 3 triggers came outside of CAMERA_ARMED and took no photo" in caplog.text
    is_set = False
    handler.handle(TriggerEvent(Trigger.MOTION, 3.0))
    assert (handler.stats.disarmed, handler.stats.stored) == (3, 2)


def test_a_camera_that_is_gone_ends_the_process(spool_folder: Path) -> None:
    """Only a new process may be able to open it."""
    handler = TriggerHandler(
        camera_settings(), ScriptedCamera(CameraGoneError("timed out")), Spool(spool_folder)
    )
    with pytest.raises(CameraGoneError):
        handler.handle(TriggerEvent(Trigger.MOTION, 1.0))
    assert handler.stats.failed == 1


class CheckableCamera(ScriptedCamera):
    """A camera whose checks raise these errors, in turn."""

    def __init__(self, queue: TriggerQueue, *checks: Exception | None) -> None:
        super().__init__()
        self._queue = queue
        self._checks = list(checks)

    def check(self) -> None:
        error = self._checks.pop(0)
        if not self._checks:
            self._queue.close()
        if error:
            raise error


def test_an_idle_camera_is_checked_every_minute(
    spool_folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Triggers that take no photo do not count; an error that is not fatal is logged."""
    monkeypatch.setattr(handler_module, "MAX_WAIT_SECONDS", 0.0)
    queue = TriggerQueue()
    camera = CheckableCamera(queue, None, CameraError("no encoder"), None)
    clock = iter(range(0, 100_000, 10))
    handler = TriggerHandler(
        camera_settings(CAMERA_ARMED="03:00-03:01"),
        camera,
        Spool(spool_folder),
        clock=FakeClock(
            seconds=lambda: float(next(clock)), wall=datetime(2026, 11, 21, 7, 30, tzinfo=UTC)
        ),
    )
    queue.put(TriggerEvent(Trigger.MOTION, 1.0))
    handler.run(queue)
    assert next(clock) == 130  # asked at 0, 60 and 120 seconds
    assert "gate: the camera delivers no pictures: no encoder" in caplog.text


def test_a_camera_that_fails_while_idle_ends_the_process(spool_folder: Path) -> None:
    """It ends before the next trigger is lost."""
    queue = TriggerQueue()
    camera = CheckableCamera(queue, CameraGoneError("no frame"))
    queue.put(TriggerEvent(Trigger.MOTION, -1e9))
    handler = TriggerHandler(camera_settings(CAMERA_ARMED="always"), camera, Spool(spool_folder))
    handler.photos.last_photo = handler._last_check = -1e9
    with pytest.raises(CameraGoneError, match="no frame"):
        handler._check_camera()


FAR_MOMENTS = (
    datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(9999, 12, 31, tzinfo=UTC),
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, tzinfo=UTC),
)


class WorkingCamera:
    """A camera that always takes a photo."""

    def take(self, context: CaptureContext) -> Shot:
        return Shot(b"a picture", Media.JPEG)

    def close(self) -> None:
        """There is no hardware."""


@pytest.mark.parametrize("moment", FAR_MOMENTS, ids=str)
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_a_photo_is_stored_whatever_the_clock_shows(
    moment: datetime, zone: str, tmp_path: Path
) -> None:
    """The armed hours are compared in the site's time zone, which cannot represent these times."""
    [one] = idle_settings(tmp_path, CAMERA_ARMED="00:00-12:00, 12:00-00:00").cameras
    spool = Spool(tmp_path / "spool")
    clock = FakeClock(wall=moment)
    arming = Arming(one.name, one.armed, ZoneInfo(zone), clock)
    handler = TriggerHandler(one, WorkingCamera(), spool, clock=clock, arming=arming)
    handler.handle(TriggerEvent(Trigger.MOTION, 0.0))
    assert handler.stats.stored == 1
    assert spool.newest() is not None


@pytest.mark.slow
def test_an_unexpected_error_costs_one_photo(tmp_path: Path) -> None:
    """The next trigger is handled."""
    errors = iter([OverflowError("date value out of range"), ValueError("year is out of range")])

    def now() -> datetime:
        for error in errors:
            raise error
        return datetime.now(UTC)

    [one] = idle_settings(tmp_path, CAMERA_COOLDOWN="0s").cameras
    spool = Spool(tmp_path / "spool")
    queue = TriggerQueue()
    handler = TriggerHandler(one, WorkingCamera(), spool, clock=FakeClock(wall=now))
    thread = threading.Thread(target=handler.run, args=(queue,))
    thread.start()
    try:
        queue.put(TriggerEvent(Trigger.DEMAND, 0.0))
        wait_for(lambda: handler.stats.failed == 1, what="the first error")
        queue.put(TriggerEvent(Trigger.DEMAND, 0.0))
        wait_for(lambda: handler.stats.failed == 2, what="the second error")
        queue.put(TriggerEvent(Trigger.DEMAND, 0.0))
        wait_for(lambda: handler.stats.stored, what="a photo")
    finally:
        queue.close()
        thread.join(90)


def test_the_summary_of_a_capture() -> None:
    assert str(CaptureStats(stored=1, coalesced=1)).startswith(
        "1 photo stored, 0 lost, 0 failed; 1 trigger c"
    )


class MomentRecorder(ScriptedCamera):
    """Notes the moments of its photos; None for one of now."""

    def __init__(self) -> None:
        super().__init__()
        self.moments: list[float | None] = []
        self.times: list[datetime | None] = []

    def take(self, context: CaptureContext) -> Shot:
        self.moments.append(None)
        self.times.append(context.taken_at)
        return PHOTO

    def take_at(self, context: CaptureContext, at: float) -> Shot:
        self.moments.append(at)
        self.times.append(context.taken_at)
        return PHOTO

    def remembers(self, at: float) -> bool:
        return at >= 8


def moments_of(folder: Path, event: TriggerEvent, **environ: str) -> MomentRecorder:
    camera = MomentRecorder()
    clock = FakeClock(seconds=12.0, wall=datetime(2026, 11, 21, 7, 30, 12, tzinfo=UTC))
    settings = camera_settings(**environ)
    handler = TriggerHandler(settings, camera, Spool(folder), clock=clock, sleep=lambda _: False)
    handler.handle(event)
    assert handler.stats.triggers == 1
    return camera


def test_a_photo_of_motion_in_the_picture_is_of_that_moment(spool_folder: Path) -> None:
    """And has its time; the others of a burst are of now, as of a motion sensor."""
    seen = TriggerEvent(Trigger.MOTION, 10.5, box=Box(0.1, 0.1, 0.5, 0.5))
    camera = moments_of(spool_folder, seen, CAMERA_BURST="2")
    assert camera.moments == [10.5, None]
    assert camera.times[0] == datetime(2026, 11, 21, 7, 30, 10, 500_000, tzinfo=UTC)
    forgotten = TriggerEvent(Trigger.MOTION, 7.5, box=Box(0.1, 0.1, 0.5, 0.5))
    camera = moments_of(spool_folder, forgotten)  # it takes the next one, and says so
    assert camera.moments == [7.5]
    assert camera.times == [datetime(2026, 11, 21, 7, 30, 12, tzinfo=UTC)]
    sensor = TriggerEvent(Trigger.MOTION, 10.5)
    assert moments_of(spool_folder, sensor).moments == [None]


def test_a_clip_is_of_the_moment_of_its_trigger(spool_folder: Path) -> None:
    """Whatever triggered it."""
    clips = {"CAMERA_SOURCE": "usb", "CAMERA_FORMAT": "mp4"}
    for trigger in (Trigger.GPIO, Trigger.SCHEDULE):
        assert moments_of(spool_folder, TriggerEvent(trigger, 10.5), **clips).moments == [10.5]


def test_photos_before_and_after_are_of_motion_and_contacts(
    spool_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The photo itself is stored first. What the camera has no picture of is counted."""
    around = {"CAMERA_PHOTOS_BEFORE": "2", "CAMERA_PHOTOS_AFTER": "2"}
    taken = moments_of(spool_folder, TriggerEvent(Trigger.GPIO, 10.0), **around).moments
    assert taken == [None, 9.0, 8.0, 11.0, 12.0]
    assert moments_of(spool_folder, TriggerEvent(Trigger.SCHEDULE, 10.0), **around).moments == [
        None
    ]
    assert moments_of(spool_folder, TriggerEvent(Trigger.GPIO, 9.5), **around).moments[1:3] == [
        8.5,
        10.5,
    ]
    assert "no photo of 2 s before a gpio trigger: the camera has no picture of then" in caplog.text


def test_the_photo_of_the_moment_alone_has_the_place_of_the_motion(
    spool_folder: Path,
) -> None:
    """Not of the ones before and after it."""
    seen = TriggerEvent(Trigger.MOTION, 10.0, box=Box(0.1, 0.1, 0.5, 0.5))
    moments_of(spool_folder, seen, CAMERA_PHOTOS_BEFORE="1", CAMERA_PHOTOS_AFTER="1")
    photos = list(Spool(spool_folder).waiting_photos())
    assert [bool(one.motion) for one in photos] == [True, False, False]
    assert [one.is_first for one in photos] == [True, False, False]
