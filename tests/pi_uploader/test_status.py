"""`pi-uploader status`: how long the oldest photo has waited."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from photo_wire.headers import ClockStatus, Trigger
from photo_wire.media import Media
from photo_wire.moment import format_time
from pi_uploader.agent.pause import PAUSE_FILE, UploadPause
from pi_uploader.capture.arming import DisarmedCameras
from pi_uploader.clock import BootTime
from pi_uploader.spool import PhotoInfo, Spool
from pi_uploader.status import spool_status
from tests.support.fake_clock import FakeClock
from tests.support.spool_photos import START, name, put


def aged(folder: Path, now: datetime, boot_time: BootTime | None = None) -> tuple[int | None, str]:
    """Return the age of the oldest photo in seconds, and its line."""
    text, facts = spool_status(folder, FakeClock(wall=now, boot_time=boot_time))
    [line] = [one for one in text.splitlines() if one.startswith("oldest")]
    return facts["oldest_age_seconds"], line


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 minutes old"), (60, "1 minute old"), (5400, "90 minutes old")]
)
def test_the_age_of_the_oldest(tmp_path: Path, seconds: int, text: str) -> None:
    """Also of a photo that was just taken."""
    put(Spool(tmp_path), 0)
    put(Spool(tmp_path), 1)
    age, line = aged(tmp_path, START + timedelta(seconds=seconds))
    assert age == seconds
    assert line.endswith(text)


def test_the_age_is_unknown_after_the_clock_was_set_back(tmp_path: Path) -> None:
    put(Spool(tmp_path), 0)
    age, line = aged(tmp_path, START - timedelta(days=1))
    assert age is None
    assert "age unknown" in line


def test_the_age_of_an_undated_photo_is_that_of_its_boot_time(tmp_path: Path) -> None:
    """The time in its name does not count."""
    put(Spool(tmp_path), 0, taken=BootTime("0123abcd", 5_000))
    age, _ = aged(tmp_path, START + timedelta(days=20_000), BootTime("0123abcd", 125_000))
    assert age == 120


def test_the_age_of_an_undated_photo_of_an_earlier_boot_is_unknown(tmp_path: Path) -> None:
    put(Spool(tmp_path), 0, taken=BootTime("00000001", 5000))
    assert aged(tmp_path, datetime.now(UTC))[0] is None


def test_the_age_of_an_unsynced_photo_is_unknown(tmp_path: Path) -> None:
    Spool(tmp_path).put(
        b"photo", PhotoInfo(name(1), Media.JPEG, Trigger.MOTION, ClockStatus.UNSYNCED)
    )
    assert aged(tmp_path, datetime.now(UTC))[0] is None


def test_a_pause_and_disarmed_cameras_are_shown(tmp_path: Path) -> None:
    """Else a person would look for the reason why nothing is taken or sent."""
    clock = FakeClock(wall=START, boot_time=BootTime("0123abcd", 1000))
    UploadPause(tmp_path / PAUSE_FILE, clock).pause(3600)
    cameras = DisarmedCameras(tmp_path, clock)
    cameras.disarm(["gate"], None)
    cameras.disarm(["yard"], START + timedelta(hours=2))
    text, _ = spool_status(tmp_path, clock)
    lines = text.splitlines()
    assert (
        f"paused        no photo is uploaded until {format_time(START + timedelta(hours=1))}"
        in lines
    )
    assert "disarmed      gate without an end: triggers take no photo" in lines
    assert any(line.startswith("disarmed      yard until ") for line in lines)
    text, facts = spool_status(tmp_path, FakeClock(wall=START + timedelta(hours=3)))
    assert facts["paused"] is None
    assert list(facts["disarmed"]) == ["gate"]
