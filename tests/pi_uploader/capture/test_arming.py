"""Disarmed cameras: until when, across restarts, and while the clock is not set."""

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pi_uploader.capture.arming import FILE_NAME, Arming, DisarmedCameras
from pi_uploader.clock import BootTime
from tests.support.disks import FailingDisk, Kind
from tests.support.fake_clock import FakeClock

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
FIRST, SECOND = "5f3a9c2e", "0badcafe"  # ids of boots


def clock_at(moment: datetime = NOW, boot: str = FIRST, minutes: float = 60) -> FakeClock:
    """A clock that is set, `minutes` after a boot."""
    return FakeClock(wall=moment, boot_time=BootTime(boot, round(minutes * 60_000)))


def is_armed(cameras: DisarmedCameras, camera: str = "gate") -> bool:
    return Arming(camera, disarmed=cameras).is_armed()


def test_a_camera_is_armed_until_it_is_disarmed(tmp_path: Path) -> None:
    cameras = DisarmedCameras(tmp_path, clock_at())
    assert is_armed(cameras)
    cameras.disarm(["gate", "yard"], None)
    assert [is_armed(cameras, name) for name in ("gate", "yard", "shed")] == [False, False, True]
    cameras.arm(["gate"])
    assert [is_armed(cameras, name) for name in ("gate", "yard", "shed")] == [True, False, True]


def test_a_disarmed_camera_stays_so_across_a_restart(tmp_path: Path) -> None:
    DisarmedCameras(tmp_path, clock_at()).disarm(["gate"], NOW + HOUR)
    again = DisarmedCameras(tmp_path, clock_at(boot=SECOND, minutes=1))
    found = again.find("gate")
    assert found is not None
    assert found.until == NOW + HOUR


def test_a_camera_arms_itself_when_the_time_is_over(tmp_path: Path) -> None:
    clock = clock_at()
    cameras = DisarmedCameras(tmp_path, clock)
    cameras.disarm(["gate"], NOW + HOUR)
    clock.wall = NOW + HOUR - timedelta(seconds=1)
    assert not is_armed(cameras)
    clock.wall = NOW + HOUR
    assert is_armed(cameras)
    cameras.disarm(["yard"], None)
    assert "gate" not in (tmp_path / FILE_NAME).read_text()


def test_without_a_clock_the_time_since_boot_counts(tmp_path: Path) -> None:
    """After a reboot it counts anew, and once the clock is set, that decides."""
    DisarmedCameras(tmp_path, clock_at()).disarm(["gate"], NOW + HOUR)
    clock = clock_at(datetime(2026, 1, 1, tzinfo=UTC), minutes=119)
    clock.synchronized = False
    cameras = DisarmedCameras(tmp_path, clock)
    assert not is_armed(cameras)
    clock.boot_time = BootTime(FIRST, 120 * 60_000)
    assert is_armed(cameras)
    for minutes, armed in ((59, False), (60, True)):
        clock.boot_time = BootTime(SECOND, minutes * 60_000)
        assert is_armed(DisarmedCameras(tmp_path, clock)) is armed
    clock.synchronized, clock.wall = True, NOW + 2 * HOUR
    clock.boot_time = BootTime(SECOND, 0)
    assert is_armed(DisarmedCameras(tmp_path, clock))


@pytest.mark.parametrize("years", [-30, -1, 1, 30])
def test_a_clock_that_jumps_makes_no_camera_disarmed_for_longer(years: int, tmp_path: Path) -> None:
    """Also across a reboot. If the clock jumps forwards, it may be armed early."""
    clock = clock_at()
    cameras = DisarmedCameras(tmp_path, clock)
    cameras.disarm(["gate"], NOW + HOUR)
    clock.wall = NOW.replace(year=NOW.year + years)
    for boot, start in ((FIRST, 60), (SECOND, 0)):
        for minutes, armed in ((0, years > 0), (59, years > 0), (60, True)):
            clock.boot_time = BootTime(boot, (start + minutes) * 60_000)
            assert is_armed(cameras) is armed
            assert is_armed(DisarmedCameras(tmp_path, clock)) is armed


def test_who_knows_the_time_better_says_how_far_away_it_is(tmp_path: Path) -> None:
    clock = clock_at(datetime(2026, 1, 1, tzinfo=UTC), minutes=0)
    clock.synchronized = False
    cameras = DisarmedCameras(tmp_path, clock)
    cameras.disarm(["gate"], NOW + HOUR, seconds=3600)
    clock.boot_time = BootTime(FIRST, 3_599_000)
    assert not is_armed(cameras)
    clock.boot_time = BootTime(FIRST, 3_600_000)
    assert is_armed(cameras)


@pytest.mark.parametrize("ahead", [timedelta(minutes=30), timedelta(days=3)])
def test_a_clock_that_is_ahead_arms_no_camera_early(ahead: timedelta, tmp_path: Path) -> None:
    """The seconds of who asks count, and `until` is what this clock shows then."""
    clock = clock_at(NOW + ahead)
    cameras = DisarmedCameras(tmp_path, clock)
    cameras.disarm(["gate"], NOW + HOUR, seconds=3600)
    for passed, armed in ((timedelta(seconds=3599), False), (HOUR, True)):
        clock.wall = NOW + ahead + passed
        assert is_armed(DisarmedCameras(tmp_path, clock)) is armed
    with pytest.raises(ValueError, match="is over"):
        cameras.disarm(["gate"], NOW + HOUR, seconds=0)


@pytest.mark.parametrize(
    ("until", "problem"), [(NOW, "is over"), (NOW + timedelta(days=400), "more than a year away")]
)
def test_a_time_that_is_over_or_far_away_is_an_error(
    until: datetime, problem: str, tmp_path: Path
) -> None:
    cameras = DisarmedCameras(tmp_path, clock_at())
    with pytest.raises(ValueError, match=problem):
        cameras.disarm(["gate"], until)
    assert is_armed(cameras)


@pytest.mark.parametrize("kind", [Kind.WRITE, Kind.FLUSH, Kind.RENAME])
def test_what_cannot_be_stored_changes_nothing(kind: Kind, tmp_path: Path) -> None:
    cameras = DisarmedCameras(tmp_path, clock_at(), FailingDisk(0, kinds={kind}, lasting=True))
    with pytest.raises(OSError, match="Input/output error"):
        cameras.disarm(["gate"], None)
    assert is_armed(cameras)
    assert is_armed(DisarmedCameras(tmp_path, clock_at()))


@pytest.mark.parametrize(
    "content",
    [
        *("", "[]", "{", '{"gate": 1}', '{"gate": {}}', "[" * 100_000),
        '{"gate": {"until": "soon", "boot": "a", "milliseconds": 1, "seconds": 1}}',
    ],
    ids=lambda content: content[:20],
)
def test_a_damaged_file_arms_all_cameras(
    content: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FILE_NAME).write_text(content)
    cameras = DisarmedCameras(tmp_path, clock_at())
    assert is_armed(cameras)
    [record] = caplog.records
    assert (record.levelno, "so that all cameras are armed" in record.getMessage()) == (
        logging.ERROR,
        True,
    )
    cameras.disarm(["gate"], None)
    assert not is_armed(DisarmedCameras(tmp_path, clock_at()))
