"""The system's time zone, as its own programs see it; never UTC in silence."""

import zoneinfo
from datetime import datetime
from pathlib import Path

import pytest

from photo_wire.headers import Trigger
from pi_uploader.settings import CaptureSettings, SettingsError, load_settings, system_zone
from tests.support.installed_pi import InstalledPi, armed_now

SUMMER = datetime(2026, 7, 1, 12, 0)


@pytest.fixture
def localtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the system's zone is looked for; it is not there yet."""
    file = tmp_path / "localtime"
    monkeypatch.setattr(system_zone, "LOCALTIME", file)
    monkeypatch.setattr(system_zone, "TIMEZONE", tmp_path / "timezone")
    return file


def zone_file(name: str) -> bytes:
    """The content of a zone's file."""
    for folder in zoneinfo.TZPATH:
        if (file := Path(folder, name)).is_file():
            return file.read_bytes()
    raise AssertionError(f"this machine has no {name}")


def capture_settings(**more: str) -> CaptureSettings:
    environ = {"CAMERA_SOURCE": "simulated", "CAMERA_ARMED": "22:00-06:00", "HOME": "/nowhere"}
    return load_settings(CaptureSettings, environ | more)


def shown(settings: CaptureSettings) -> tuple[str, float]:
    """The zone's name and its hours ahead of UTC in summer."""
    offset = SUMMER.replace(tzinfo=settings.zone).utcoffset()
    assert offset is not None
    return str(settings.zone), offset.total_seconds() / 3600


def test_a_link(localtime: Path) -> None:
    localtime.symlink_to("/usr/share/zoneinfo/Asia/Tokyo")
    assert shown(capture_settings()) == ("Asia/Tokyo", 9)


def test_a_copy(localtime: Path) -> None:
    """As containers and old installers have it; it is compared with the zones of the system."""
    localtime.write_bytes(zone_file("Asia/Tokyo"))
    settings = capture_settings()
    assert shown(settings) == ("Asia/Tokyo", 9)
    assert "is a copy" in settings.zone_sentence


def test_of_two_names_for_one_zone_debians_own_is_taken(localtime: Path) -> None:
    localtime.write_bytes(zone_file("Asia/Tokyo"))
    localtime.with_name("timezone").write_text("Japan\n")
    assert shown(capture_settings())[1] == 9


def test_a_copy_of_an_older_release_of_the_zones(localtime: Path) -> None:
    """No file is equal to it; its own rules are followed."""
    content = zone_file("Asia/Tokyo")
    assert content.endswith(b"\nJST-9\n")
    localtime.write_bytes(content.removesuffix(b"JST-9\n") + b"XST-9\n")
    assert shown(capture_settings()) == (str(localtime), 9)


@pytest.mark.parametrize("text", ["Asia/Tokyo", ":Asia/Tokyo"])
def test_tz_wins_over_the_file(localtime: Path, text: str) -> None:
    localtime.symlink_to("/usr/share/zoneinfo/Europe/Berlin")
    assert shown(capture_settings(TZ=text)) == ("Asia/Tokyo", 9)


def test_tz_may_be_a_file(localtime: Path) -> None:
    localtime.with_name("tokyo").write_bytes(zone_file("Asia/Tokyo"))
    assert shown(capture_settings(TZ=f":{localtime.with_name('tokyo')}"))[1] == 9


def test_a_system_without_a_zone_has_utc_and_the_sentence_says_so(localtime: Path) -> None:
    """As for all of its programs (localtime(5))."""
    settings = capture_settings()
    assert shown(settings) == ("UTC", 0)
    assert settings.zone_sentence == f"the time zone is UTC (there is no {localtime})"


@pytest.mark.parametrize("hours", [{"CAMERA_ARMED": "22:00-06:00"}, {"CAMERA_TIMES": "09:00"}])
@pytest.mark.parametrize("broken", ["link", "content", "TZ"])
def test_an_unknown_zone_is_an_error_where_hours_are_set(
    localtime: Path, broken: str, hours: dict[str, str]
) -> None:
    """What it is and what to set."""
    more = {"TZ": "CET-1CEST"} if broken == "TZ" else {}
    if broken == "link":
        localtime.symlink_to("/usr/share/zoneinfo/Nowhere/Land")
    elif broken == "content":
        localtime.write_text("Europe/Berlin")
    with pytest.raises(SettingsError) as error:
        capture_settings(**{"CAMERA_ARMED": "always"} | hours | more)
    [problem] = error.value.problems
    assert problem.startswith("CAMERA_ZONE: the system's time zone is not known (")
    assert problem.endswith("expected a time zone such as Europe/Berlin")
    capture_settings(CAMERA_ARMED="always", **more)
    capture_settings(CAMERA_ZONE="Europe/Berlin", **hours | more)


def test_a_camera_armed_in_a_copied_zone_takes_its_photo(pi: InstalledPi, localtime: Path) -> None:
    """Its hours are around now where clocks are twelve hours ahead."""
    localtime.write_bytes(zone_file("Etc/GMT-12"))
    pi.environ["CAMERA_ARMED"] = armed_now(12)
    assert pi.once(Trigger.SCHEDULE) == 0
    assert len(pi.waiting()) == 1
