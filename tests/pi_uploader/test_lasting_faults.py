"""Nothing that a clock shows or a driver raises ends a camera while its process lives, and kept
photos are tidied whichever way capture runs."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from photo_wire.headers import ClockStatus, Trigger
from photo_wire.media import Media
from photo_wire.name import new_name
from pi_uploader.cameras import CaptureContext, Shot
from pi_uploader.capture import TriggerHandler, capture_once, run_capture
from pi_uploader.settings import CaptureSettings, load_settings
from pi_uploader.spool import PhotoInfo, Spool
from pi_uploader.triggers import TriggerEvent, TriggerQueue
from tests.support.fake_clock import FakeClock
from tests.support.waiting import wait_for

FAR_MOMENTS = (
    datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(9999, 12, 31, tzinfo=UTC),
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, tzinfo=UTC),
)


class AnyCamera:
    """Gives a picture whenever it is asked."""

    def take(self, context: CaptureContext) -> Shot:
        return Shot(b"a picture", Media.JPEG)

    def close(self) -> None:
        """There is no hardware."""


def settings(folder: Path, **more: str) -> CaptureSettings:
    return load_settings(
        CaptureSettings,
        {
            "CAMERA_SPOOL": str(folder / "spool"),
            "CAMERA_RUNTIME_FOLDER": str(folder / "run"),
            "CAMERA_SOURCE": "simulated",
            "CAMERA_CLOCK": "trusted",
            "PIR_PIN": "none",
            "CAMERA_EVERY": "1h",
            **more,
        },
    )


@pytest.mark.parametrize("moment", FAR_MOMENTS, ids=str)
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_a_photo_is_kept_whatever_the_clock_shows(
    moment: datetime, zone: str, tmp_path: Path
) -> None:
    """Its hours are looked up in the zone of the site, which has no such moment."""
    [one] = settings(tmp_path, CAMERA_ARMED="00:00-12:00, 12:00-00:00").cameras
    spool = Spool(tmp_path / "spool")
    handler = TriggerHandler(
        one,
        AnyCamera(),
        spool,
        clock=FakeClock(wall=moment),
        zone=ZoneInfo(zone),
    )
    handler.handle(TriggerEvent(Trigger.MOTION, 0.0))
    assert handler.stats.kept == 1
    assert spool.newest() is not None


def test_an_error_that_nobody_thought_of_costs_one_photo(tmp_path: Path) -> None:
    """The camera answers the next trigger."""
    errors = iter([OverflowError("date value out of range"), ValueError("year is out of range")])

    def now() -> datetime:
        for error in errors:
            raise error
        return datetime.now(UTC)

    [one] = settings(tmp_path, CAMERA_COOLDOWN="0s").cameras
    spool = Spool(tmp_path / "spool")
    queue = TriggerQueue()
    handler = TriggerHandler(one, AnyCamera(), spool, clock=FakeClock(wall=now))
    thread = threading.Thread(target=handler.run, args=(queue,))
    thread.start()
    try:
        queue.put(TriggerEvent(Trigger.DEMAND, 0.0))
        wait_for(lambda: handler.stats.failed == 1, what="an error")
        queue.put(TriggerEvent(Trigger.DEMAND, 0.0))
        wait_for(lambda: handler.stats.failed == 2, what="another")
        queue.put(TriggerEvent(Trigger.DEMAND, 0.0))
        wait_for(lambda: handler.stats.kept, what="a photo")
    finally:
        queue.close()
        thread.join(90)


class BrokenQueue(TriggerQueue):
    """A queue that breaks, as nothing should."""

    def get(self, longest: float | None = None) -> TriggerEvent | None:
        raise RuntimeError("the queue is broken")


def test_a_camera_whose_thread_ends_ends_the_process(tmp_path: Path) -> None:
    """So that it is started again, instead of living without a camera."""
    assert run_capture(settings(tmp_path), threading.Event(), BrokenQueue) == 1


@pytest.fixture
def old_and_new(tmp_path: Path) -> list[Path]:
    """Kept photos of long ago and of today."""
    spool = Spool(tmp_path / "spool")
    files = []
    for number in range(2):
        moment = datetime.now(UTC) - (timedelta(0) if number else timedelta(days=800))
        name = new_name("entry", moment)
        photo = spool.put(
            b"a picture", PhotoInfo(name, Media.JPEG, Trigger.MOTION, ClockStatus.SYNCED)
        )
        spool.remove(photo, keep=True)
        files.append(spool.archive.path_of(photo))
    return files


def test_capture_once_tidies_kept_photos(tmp_path: Path, old_and_new: list[Path]) -> None:
    assert capture_once(settings(tmp_path, CAMERA_KEEP="120d"), Trigger.SCHEDULE) == 0
    assert [file.exists() for file in old_and_new] == [False, True]


@pytest.mark.parametrize(
    ("setting", "value", "left"), [("CAMERA_KEEP", "120d", 1), ("CAMERA_KEEP_MB", "1", 2)]
)
def test_capture_tidies_kept_photos_when_it_starts(
    setting: str, value: str, left: int, tmp_path: Path, old_and_new: list[Path]
) -> None:
    """Of two photos that take a megabyte together with another, the oldest goes."""
    if setting == "CAMERA_KEEP_MB":
        old_and_new[0].with_name(f"entry-20200101T000000000Z-{9:08x}.jpg").write_bytes(
            bytes(1_000_000)
        )
    stop = threading.Event()
    kept = tmp_path / "spool" / "kept"
    thread = threading.Thread(
        target=run_capture, args=(settings(tmp_path, **{setting: value}), stop)
    )
    thread.start()
    try:
        wait_for(lambda: len(list(kept.rglob("*.jpg"))) == left, what="the tidying")
    finally:
        stop.set()
        thread.join(90)
    assert old_and_new[1].exists()
