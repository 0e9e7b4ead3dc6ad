"""Each setting of capturing on an installed Pi: it does what --help says, all others being set."""

import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory

from photo_wire.headers import ClockStatus, Trigger
from photo_wire.media import Media
from pi_uploader import clock
from pi_uploader.capture import camera_thread, handler
from pi_uploader.control import RequestRefusedError
from pi_uploader.settings import CaptureSettings, load_settings
from pi_uploader.triggers.schedule import daily_trigger
from tests.support.capturing import asking
from tests.support.fake_clock import FakeClock
from tests.support.installed_pi import NAME, InstalledPi, armed_now
from tests.support.pictures import jpeg
from tests.support.pins import is_watched, pulse
from tests.support.waiting import wait_for

FFMPEG = shutil.which("ffmpeg")
JPEG_START = b"\xff\xd8\xff"


def mode(camera: Any) -> dict[str, Any]:
    """How picamera2 was configured."""
    found: dict[str, Any] = camera.opened[-1].camera_config
    return found


def test_an_installed_pi_takes_a_photo(pi: InstalledPi) -> None:
    """What the others change one setting of."""
    assert pi.once() == 0
    [photo] = pi.waiting()
    assert (photo.name.camera, photo.media, photo.clock) == (NAME, Media.JPEG, ClockStatus.SYNCED)


@pytest.mark.setting("CAMERA_NAME")
def test_camera_name(pi: InstalledPi) -> None:
    pi.environ["CAMERA_NAME"] = "yard"
    pi.once()
    assert pi.waiting()[0].name.camera == "yard"


@pytest.mark.setting("CAMERA_ENABLED")
def test_camera_enabled(pi: InstalledPi, camera: Any) -> None:
    """Off: the camera is not even opened."""
    pi.environ["CAMERA_ENABLED"] = "off"
    assert pi.once() == 0
    assert (pi.waiting(), camera.opened) == ([], [])


@pytest.mark.setting("CAMERA_SOURCE")
def test_camera_source(pi: InstalledPi, camera: Any) -> None:
    pi.environ["CAMERA_SOURCE"] = "simulated"
    assert pi.once() == 0
    assert (len(pi.waiting()), camera.opened) == (1, [])


@pytest.mark.setting("CAMERA_SENSOR")
def test_camera_sensor(pi: InstalledPi, camera: Any) -> None:
    """The second of two of the Pi's own."""
    camera.cameras = [{"Model": "imx708", "Id": f"/base/i2c@{n}", "Num": n} for n in (0, 1)]
    pi.environ["CAMERA_SENSOR"] = "/base/i2c@0"
    pi.once()
    assert camera.opened[-1].number == 0


@pytest.mark.setting("CAMERA_REPLAY")
def test_camera_replay(pi: InstalledPi, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.jpg").write_bytes(jpeg(seed=7))
    pi.environ |= {"CAMERA_SOURCE": "simulated", "CAMERA_REPLAY": str(tmp_path / "pictures")}
    pi.once()
    with pi.spool.open(pi.waiting()[0]) as photo:
        assert photo.read() == jpeg(seed=7)


@pytest.mark.setting("CAMERA_DEVICE")
def test_camera_device(pi: InstalledPi, caplog: pytest.LogCaptureFixture) -> None:
    pi.environ |= {"CAMERA_SOURCE": "usb", "CAMERA_DEVICE": "/dev/video-of-nobody"}
    assert pi.once() == 1
    assert "there is no camera at /dev/video-of-nobody" in caplog.text


@pytest.mark.setting("CAMERA_FORMAT")
def test_camera_format(pi: InstalledPi) -> None:
    pi.environ["CAMERA_FORMAT"] = "dng"
    pi.once()
    assert pi.waiting()[0].media is Media.DNG


@pytest.mark.setting("CAMERA_CLIP")
def test_camera_clip(pi: InstalledPi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The length of the clip, as ffprobe reads it, from a camera whose seconds pass quickly."""
    wrapper = tmp_path / "bin" / "ffmpeg"
    wrapper.parent.mkdir()
    wrapper.write_text(
        "#!/bin/sh\ncase $* in *v4l2*) set -- $(echo $* | sed "
        f"'s:-f v4l2 -i /dev/video0:-f lavfi -i testsrc2=size=320x240:') ;; esac\n"
        f'exec {FFMPEG} "$@"\n'
    )
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", str(wrapper.parent), prepend=":")
    pi.environ |= {"CAMERA_SOURCE": "usb", "CAMERA_FORMAT": "mp4", "CAMERA_CLIP": "3s"}
    assert pi.once() == 0
    [photo] = pi.waiting()
    clip = pi.spool_folder / "waiting" / photo.path
    shown = ("-v", "error", "-show_entries", "format=duration", "-of", "json")
    probed = subprocess.run(["ffprobe", *shown, clip], capture_output=True, check=True)
    assert float(json.loads(probed.stdout)["format"]["duration"]) == pytest.approx(3, abs=0.2)


@pytest.mark.setting("CAMERA_PREROLL")
def test_camera_preroll(pi: InstalledPi, camera: Any) -> None:
    """The encoder runs always, into a ring of so many milliseconds and 1.5 s for a key frame."""
    pi.environ |= {"CAMERA_FORMAT": "mp4", "CAMERA_PREROLL": "2s"}
    with pi.capturing():
        wait_for(lambda: camera.opened and camera.opened[0].encoders, what="the encoder")
        assert camera.opened[0].encoders[0].output.buffer_duration_ms == 3500


@pytest.mark.setting("CAMERA_SIZE")
def test_camera_size(pi: InstalledPi, camera: Any) -> None:
    pi.environ["CAMERA_SIZE"] = "640x480"
    pi.once()
    assert mode(camera)["main"]["size"] == (640, 480)


@pytest.mark.setting("CAMERA_ROTATION")
def test_camera_rotation(pi: InstalledPi, camera: Any) -> None:
    pi.environ["CAMERA_ROTATION"] = "180"
    pi.once()
    assert (mode(camera)["transform"].hflip, mode(camera)["transform"].vflip) == (True, True)


@pytest.mark.setting("CAMERA_FOCUS")
def test_camera_focus(pi: InstalledPi, camera: Any) -> None:
    pi.environ["CAMERA_FOCUS"] = "2.5"
    pi.once()
    assert mode(camera)["controls"]["LensPosition"] == 2.5


@pytest.mark.setting("CAMERA_EXPOSURE")
def test_camera_exposure(pi: InstalledPi, camera: Any) -> None:
    pi.environ["CAMERA_EXPOSURE"] = "0.02s"
    pi.once()
    assert mode(camera)["controls"]["ExposureTime"] == 20_000


@pytest.mark.setting("PIR_PIN")
def test_pir_pin(pi: InstalledPi, pins: MockFactory) -> None:
    """The seeds' pin 17 is not watched then."""
    pi.environ["PIR_PIN"] = "4"
    with pi.capturing():
        pulse(pins.pin(4))
        [photo] = pi.wait_for_photos(1)
        assert not is_watched(pins.pin(17))
    assert photo.trigger is Trigger.MOTION


@pytest.mark.setting("CAMERA_PIN")
def test_camera_pin(pi: InstalledPi, pins: MockFactory) -> None:
    pi.environ["CAMERA_PIN"] = "18"
    with pi.capturing():
        close_contact(pins, 18)
        [photo] = pi.wait_for_photos(1)
    assert photo.trigger is Trigger.GPIO


@pytest.mark.setting("CAMERA_DEBOUNCE")
@pytest.mark.parametrize(("debounce", "photos"), [("0s", 2), ("1h", 1)])
def test_camera_debounce(pi: InstalledPi, pins: MockFactory, debounce: str, photos: int) -> None:
    """A contact that closes twice. The motion's photo comes after all of the contact's."""
    pi.environ |= {"CAMERA_PIN": "18", "CAMERA_DEBOUNCE": debounce}
    with pi.capturing():
        close_contact(pins, 18)
        pi.wait_for_photos(1)
        close_contact(pins, 18)
        pulse(pins.pin(17))
        wait_for(lambda: pi.waiting()[-1].trigger is Trigger.MOTION, what="the motion's photo")
    triggers = [photo.trigger for photo in pi.waiting()]
    assert triggers == [Trigger.GPIO] * photos + [Trigger.MOTION]


@pytest.mark.setting("CAMERA_EVERY")
def test_camera_every(pi: InstalledPi) -> None:
    pi.environ["CAMERA_EVERY"] = "0.1s"
    with pi.capturing():
        photos = pi.wait_for_photos(3)
    assert {photo.trigger for photo in photos} == {Trigger.SCHEDULE}


@pytest.mark.setting("CAMERA_TIMES")
def test_camera_times(pi: InstalledPi, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock shows 08:59:59 when the schedule looks at it first, and runs from then on."""
    ahead: list[timedelta] = []

    def shifted_clock() -> datetime:
        if not ahead:
            ahead.append(datetime(2026, 11, 20, 8, 59, 59, tzinfo=UTC) - datetime.now(UTC))
        return datetime.now(UTC) + ahead[0]

    shifted = FakeClock(wall=shifted_clock)
    monkeypatch.setattr(
        camera_thread,
        "daily_trigger",
        lambda times, zone, queue, _, keep_alive: daily_trigger(
            times, zone, queue, shifted, keep_alive
        ),
    )
    pi.environ |= {"CAMERA_TIMES": "09:00", "CAMERA_ZONE": "UTC"}
    with pi.capturing():
        [photo] = pi.wait_for_photos(1)
    assert photo.trigger is Trigger.SCHEDULE


@pytest.mark.setting("CAMERA_ARMED")
@pytest.mark.parametrize(("hours_from_now", "photos"), [(0, 1), (12, 0)])
def test_camera_armed(pi: InstalledPi, hours_from_now: int, photos: int) -> None:
    """Outside of its hours a scheduled photo is counted only."""
    pi.environ |= {"CAMERA_ARMED": armed_now(hours_from_now), "CAMERA_ZONE": "UTC"}
    assert pi.once(Trigger.SCHEDULE) == 0
    assert len(pi.waiting()) == photos


@pytest.mark.setting("CAMERA_LIVE_WHEN_DISARMED")
@pytest.mark.parametrize("live", ["on", "off"])
def test_camera_live_when_disarmed(pi: InstalledPi, live: str) -> None:
    """With a camera that may show a live picture while it is armed."""
    pi.environ |= {"CAMERA_SOURCE": "simulated", "CAMERA_LIVE_WHEN_DISARMED": live}
    with asking(load_settings(CaptureSettings, pi.environ)) as ask:
        assert ask("preview", camera=NAME).body.startswith(JPEG_START)
        ask("disarm")
        if live == "on":
            assert ask("preview", camera=NAME).body.startswith(JPEG_START)
            return
        with pytest.raises(RequestRefusedError, match="CAMERA_LIVE_WHEN_DISARMED is off"):
            ask("preview", camera=NAME)


@pytest.mark.setting("CAMERA_ZONE")
@pytest.mark.parametrize(("zone", "photos"), [("Etc/GMT-12", 1), ("UTC", 0)])
def test_camera_zone(pi: InstalledPi, zone: str, photos: int) -> None:
    """The hours are armed now where clocks are twelve hours ahead."""
    pi.environ |= {"CAMERA_ARMED": armed_now(12), "CAMERA_ZONE": zone}
    pi.once(Trigger.SCHEDULE)
    assert len(pi.waiting()) == photos


@pytest.mark.setting("CAMERA_CLOCK")
@pytest.mark.parametrize(("trust", "photos"), [("ntp", 0), ("trusted", 1)])
def test_camera_clock(
    pi: InstalledPi, monkeypatch: pytest.MonkeyPatch, trust: str, photos: int
) -> None:
    """A photo of a clock that is not set waits for its time, unless the clock is trusted."""
    clock.TIMESYNCD_MARKER.unlink()
    monkeypatch.setattr(clock, "_kernel_clock_state", lambda: clock.TIME_ERROR)
    pi.environ["CAMERA_CLOCK"] = trust
    pi.once()
    assert (len(pi.waiting()), len(list(pi.spool.undated_photos()))) == (photos, 1 - photos)


@pytest.mark.setting("CAMERA_COOLDOWN")
@pytest.mark.parametrize(("cooldown", "photos"), [("0s", 2), ("1h", 1)])
def test_camera_cooldown(pi: InstalledPi, pins: MockFactory, cooldown: str, photos: int) -> None:
    """Two motions. The contact's photo comes after all of theirs."""
    pi.environ |= {"CAMERA_PIN": "18", "CAMERA_COOLDOWN": cooldown}
    with pi.capturing():
        pulse(pins.pin(17))
        pi.wait_for_photos(1)
        pulse(pins.pin(17))
        close_contact(pins, 18)
        wait_for(lambda: pi.waiting()[-1].trigger is Trigger.GPIO, what="the contact's photo")
    triggers = [photo.trigger for photo in pi.waiting()]
    assert triggers == [Trigger.MOTION] * photos + [Trigger.GPIO]


@pytest.mark.setting("CAMERA_BURST")
def test_camera_burst(pi: InstalledPi) -> None:
    pi.environ |= {"CAMERA_BURST": "3", "CAMERA_BURST_GAP": "0s"}
    pi.once()
    assert len(pi.waiting()) == 3


@pytest.mark.setting("CAMERA_BURST_GAP")
def test_camera_burst_gap(pi: InstalledPi) -> None:
    pi.environ |= {"CAMERA_BURST": "2", "CAMERA_BURST_GAP": "1s"}
    pi.once()
    first, second = (photo.name.captured_at for photo in pi.waiting())
    assert second - first > timedelta(seconds=0.9)


def close_contact(pins: MockFactory, number: int) -> None:
    """A contact closes and opens again, when somebody watches."""
    pin = pins.pin(number)
    wait_for(lambda: is_watched(pin), what="somebody who watches the pin")
    pin.drive_low()
    pin.drive_high()


@pytest.mark.setting("CAMERA_PHOTOS_BEFORE")
@pytest.mark.setting("CAMERA_PHOTOS_AFTER")
@pytest.mark.parametrize(
    ("before", "after", "seconds"),
    [("2", "0", [0, -1, -2]), ("0", "2", [0, 1, 2]), ("1", "1", [0, -1, 1])],
)
def test_camera_photos_before_and_after(
    pi: InstalledPi,
    pins: MockFactory,
    monkeypatch: pytest.MonkeyPatch,
    before: str,
    after: str,
    seconds: list[int],
) -> None:
    """In the order in which they are stored, with the times at which they show the scene. Here a
    second is a tenth of one, in which a busy machine may not even begin the first photo."""
    monkeypatch.setattr(handler, "AROUND_GAP_SECONDS", 0.1)
    pi.environ |= {
        "CAMERA_SOURCE": "simulated",
        "CAMERA_PIN": "18",
        "CAMERA_PHOTOS_BEFORE": before,
        "CAMERA_PHOTOS_AFTER": after,
    }
    pins.pin(18).drive_high()
    with pi.capturing():
        wait_for(lambda: is_watched(pins.pin(18)), what="the contact")
        pins.pin(18).drive_low()
        photos = pi.wait_for_photos(3)
    assert [one.trigger for one in photos] == [Trigger.GPIO] * 3
    assert len({one.sha256 for one in photos}) == 3
    first, *others = (one.name.captured_at for one in photos)
    taken_at = dict(zip(seconds[1:], others, strict=True))
    assert sorted(taken_at, key=taken_at.__getitem__) == sorted(taken_at)
    assert all(moment < first for second, moment in taken_at.items() if second < 0)
