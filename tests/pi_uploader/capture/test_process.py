"""The capture process: cameras, pins, signals, and what ends it."""

import logging
import re
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory

from photo_wire.headers import ClockStatus, Trigger
from photo_wire.media import Media
from photo_wire.name import new_name
from pi_uploader.cameras import CaptureContext, Shot
from pi_uploader.capture import capture_once, process, run_capture
from pi_uploader.capture.start_backoff import MAX_DELAY_SECONDS, StartBackoff
from pi_uploader.control import Reply, ask
from pi_uploader.spool import PhotoInfo, Spool
from pi_uploader.triggers import TriggerQueue
from pi_uploader.watchdog import Watchdog
from tests.support.capturing import ScriptedCamera, asking, capture_settings, idle_settings
from tests.support.pins import is_watched, pulse
from tests.support.program import SlowPicture, StartProgram, photos_in
from tests.support.waiting import wait_for

TWO = """\
[camera.entry]
source = "simulated"
every = "0.2s"

[camera.exit]
source = "simulated"
every = "0.2s"
burst = 2
burst_gap = "0s"
"""


FAR_FROM_NOW = f"{datetime.now(UTC).astimezone() + timedelta(hours=12):%H:%M}"


ONE_A_DAY = {"CAMERA_SOURCE": "simulated", "PIR_PIN": "none", "CAMERA_TIMES": FAR_FROM_NOW}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "config.toml"
    file.write_text(TWO)
    return file


@pytest.fixture
def capturing(spool_folder: Path) -> Iterator[Callable[..., TriggerQueue]]:
    """`capturing(**env)` starts a capture that ends after the test, and returns its queue."""
    queue, stop = TriggerQueue(), threading.Event()
    threads: list[threading.Thread] = []

    def begin(**env: str) -> TriggerQueue:
        one = capture_settings(spool_folder, **env)
        arguments = (one, stop, lambda: queue)
        threads.append(threading.Thread(target=run_capture, args=arguments, daemon=True))
        threads[0].start()
        return queue

    yield begin
    stop.set()
    for thread in threads:
        thread.join(90)
        assert not thread.is_alive()


def test_a_pulse_on_the_pin_becomes_a_photo_in_the_spool(
    pins: MockFactory, capturing: Callable[..., TriggerQueue], spool_folder: Path
) -> None:
    """The real gpiozero, the drawn scene, the real spool."""
    pin = pins.pin(4)
    capturing(PIR_PIN="4")
    wait_for(lambda: is_watched(pin), what="the sensor")
    pin.drive_high()
    wait_for(lambda: photos_in(spool_folder), what="a photo")
    photo = Spool(spool_folder).newest()
    assert photo is not None
    assert (photo.name.camera, photo.trigger, photo.media) == ("gate", Trigger.MOTION, Media.JPEG)
    with Spool(spool_folder).open(photo) as file:
        assert file.read(3) == b"\xff\xd8\xff"


def test_a_flood_during_a_capture_is_one_more_photo_and_is_counted(
    pins: MockFactory,
    capturing: Callable[..., TriggerQueue],
    spool_folder: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """While the camera is busy, motion comes five times: one photo covers the five."""
    caplog.set_level(logging.INFO)
    picture = SlowPicture(tmp_path / "a.jpg")
    pin = pins.pin(17)
    queue = capturing(CAMERA_REPLAY=str(tmp_path), CAMERA_COOLDOWN="0s")
    wait_for(lambda: is_watched(pin), what="the sensor")
    pulse(pin)
    picture.wait_for_reader()
    for number in range(1, 6):
        pulse(pin)
        assert queue.unhandled() == number
    picture.give(b"first")
    wait_for(lambda: photos_in(spool_folder) == 1, what="the first photo")
    picture.wait_for_reader()
    picture.give(b"second")
    wait_for(lambda: photos_in(spool_folder) == 2, what="two photos")
    wait_for(lambda: "covers 5 coalesced motion triggers" in caplog.text, what="the count")
    assert queue.unhandled() == 0


def test_a_schedule_fills_the_spool(start_program: StartProgram, spool_folder: Path) -> None:
    """Each photo has a line in the log, with its id in the spool."""
    program = start_program(
        "capture", CAMERA_SOURCE="simulated", PIR_PIN="none", CAMERA_EVERY="0.2s"
    )
    wait_for(lambda: photos_in(spool_folder) >= 3, what="three photos")
    assert program.stop() == 0
    taken = re.findall(
        r"^\S+Z INFO capture: photo taken (\S+) schedule (\d+) bytes$", program.output, re.M
    )
    spooled = [(str(photo.name), str(photo.size)) for photo in Spool(spool_folder).waiting_photos()]
    assert taken == spooled
    assert (
        f"capture with camera stopped: {len(taken)} photos stored, 0 lost, 0 failed; "
        in program.output
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_photo_being_taken_is_stored_when_the_process_is_stopped(
    start_program: StartProgram, spool_folder: Path, tmp_path: Path, number: signal.Signals
) -> None:
    """The signal arrives while the camera works; the photo is stored before the exit."""
    picture = SlowPicture(tmp_path / "a.jpg")
    program = start_program(
        "capture",
        CAMERA_SOURCE="simulated",
        CAMERA_REPLAY=str(tmp_path),
        PIR_PIN="none",
        CAMERA_EVERY="1h",
    )
    picture.wait_for_reader()
    program.process.send_signal(number)
    program.process.send_signal(number)  # an impatient person
    picture.give(b"in hand")
    assert program.process.wait(90) == 0
    photo = Spool(spool_folder).newest()
    assert photo is not None
    with Spool(spool_folder).open(photo) as file:
        assert file.read() == b"in hand"


def test_wrong_settings_exit_with_78_and_a_line_for_each(start_program: StartProgram) -> None:
    """All mistakes are reported at once, before anything is opened."""
    program = start_program("capture", PIR_PIN="40", CAMERA_EVERY="soon")
    assert program.process.wait(90) == 78
    assert [line.split(" ")[3] for line in program.output.splitlines()] == [
        "CAMERA_SOURCE:",
        "PIR_PIN:",
        "CAMERA_EVERY:",
    ]


def test_a_service_with_wrong_settings_exits_later_each_time(
    start_program: StartProgram, tmp_path: Path
) -> None:
    """The first time it exits at once. A stop signal ends the wait, and a successful start resets
    it."""
    state = {"STATE_DIRECTORY": str(tmp_path)}
    assert start_program("capture", PIR_PIN="40", **state).process.wait(90) == 78
    while StartBackoff(state).next_delay() < MAX_DELAY_SECONDS:
        pass
    program = start_program("capture", PIR_PIN="40", **state)
    program.wait_for_output("it is tried again in 120 s")
    assert program.stop() == 78
    program = start_program("capture", "--once", PIR_PIN="40", **state)
    assert program.process.wait(90) == 78
    assert program.output.count("tried again") == 1
    program = start_program(
        "capture", CAMERA_SOURCE="simulated", PIR_PIN="none", CAMERA_EVERY="1h", **state
    )
    program.wait_for_output("photo taken")
    assert program.stop() == 0
    assert StartBackoff(state).next_delay() == 0


def test_the_error_on_a_machine_without_pins_names_the_setting(start_program: StartProgram) -> None:
    """One line replaces the warnings of four drivers."""
    program = start_program("capture", CAMERA_SOURCE="simulated", GPIOZERO_PIN_FACTORY="none-such")
    assert program.process.wait(90) == 78
    assert len(program.output.splitlines()) == 1
    assert "PIR_PIN: pin 17 cannot be used" in program.output


def test_a_file_in_the_place_of_the_spool_is_a_mistake_in_the_settings(
    start_program: StartProgram, tmp_path: Path
) -> None:
    (tmp_path / "spool").write_text("")
    program = start_program(
        "capture",
        CAMERA_SOURCE="simulated",
        PIR_PIN="none",
        CAMERA_EVERY="1h",
        CAMERA_SPOOL=str(tmp_path / "spool"),
    )
    assert program.process.wait(90) == 78
    assert "CAMERA_SPOOL" in program.output
    assert "is a file: choose another folder" in program.output
    assert len(program.output.splitlines()) == 1


def test_a_spool_that_cannot_be_created_is_an_error_with_its_path(
    start_program: StartProgram,
) -> None:
    """Not even root makes a folder in /proc."""
    program = start_program(
        "capture",
        CAMERA_SOURCE="simulated",
        PIR_PIN="none",
        CAMERA_EVERY="1h",
        CAMERA_SPOOL="/proc/spool",
    )
    assert program.process.wait(90) == 1
    assert "/proc/spool" in program.output
    assert len(program.output.splitlines()) == 1


def test_all_cameras_share_the_spool_in_order(
    start_program: StartProgram, spool_folder: Path, config: Path
) -> None:
    """Photos of all cameras have sequence numbers of their own."""
    program = start_program("capture", CAMERA_CONFIG=str(config))
    wait_for(
        lambda: all(program.output.count(f"photo taken {one}-") >= 4 for one in ("entry", "exit")),
        what="photos of both",
    )
    assert program.stop() == 0
    photos = list(Spool(spool_folder).waiting_photos())
    assert len({photo.sequence for photo in photos}) == len(photos)
    of_camera = Counter(photo.name.camera for photo in photos)
    assert set(of_camera) == {"entry", "exit"}
    ended = dict(re.findall(r"capture with (\w+) stopped: (\d+) photos? stored", program.output))
    assert {camera: int(count) for camera, count in ended.items()} == of_camera


def test_a_signal_takes_a_photo_with_each_camera(
    start_program: StartProgram, spool_folder: Path, config: Path
) -> None:
    """SIGUSR1, as `systemctl kill` sends it."""
    config.write_text(TWO.replace('every = "0.2s"', f'times = "{FAR_FROM_NOW}"'))
    program = start_program("capture", CAMERA_CONFIG=str(config))
    program.wait_for_output("capturing with exit")
    program.process.send_signal(signal.SIGUSR1)
    wait_for(lambda: photos_in(spool_folder) == 3, what="a photo, and a burst of two")
    photos = list(Spool(spool_folder).waiting_photos())
    assert {photo.trigger for photo in photos} == {Trigger.DEMAND}
    assert program.stop() == 0


def test_the_signal_is_handled_before_the_process_is_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a handler it would end the process, after systemd was sent READY."""
    order: list[str] = []
    stop = threading.Event()
    stop.set()

    @contextmanager
    def handle_signal(_: list[TriggerQueue]) -> Iterator[None]:
        order.append("handler")
        yield

    monkeypatch.setattr(process, "demand_trigger", handle_signal)
    monkeypatch.setattr(Watchdog, "notify_ready", lambda _: order.append("ready"))
    assert run_capture(idle_settings(tmp_path), stop) == 0
    assert order == ["handler", "ready"]


def test_it_listens_before_the_first_photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who sees that photo may ask for the next one."""
    settings, states = idle_settings(tmp_path), list[Reply]()

    class AskingCamera(ScriptedCamera):
        def take(self, context: CaptureContext) -> Shot:
            states.append(ask(settings.spool, {"do": "state"}, 90))
            return super().take(context)

    monkeypatch.setattr(process, "open_camera", lambda _: AskingCamera())
    with asking(settings):
        wait_for(lambda: states, what="the first photo")


def test_once_takes_one_photo_and_exits(start_program: StartProgram, spool_folder: Path) -> None:
    """The recorded trigger is that of --trigger."""
    assert start_program("capture", "--once", **ONE_A_DAY).process.wait(90) == 0
    scheduled = start_program("capture", "--once", "--trigger", "schedule", **ONE_A_DAY)
    assert scheduled.process.wait(90) == 0
    triggers = [photo.trigger for photo in Spool(spool_folder).waiting_photos()]
    assert triggers == [Trigger.DEMAND, Trigger.SCHEDULE]


def test_once_exits_with_1_without_a_photo(
    start_program: StartProgram, spool_folder: Path, tmp_path: Path
) -> None:
    """So the timer's unit fails."""
    pictures = tmp_path / "pictures"
    (pictures / "a.jpg").mkdir(parents=True)
    program = start_program("capture", "--once", CAMERA_REPLAY=str(pictures), **ONE_A_DAY)
    assert program.process.wait(90) == 1
    assert "no photo for a demand trigger" in program.output
    assert photos_in(spool_folder) == 0


@pytest.fixture
def old_and_new(tmp_path: Path) -> list[Path]:
    """Two archived photos: of 800 days ago, and of today."""
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


def test_capture_once_purges_the_archive(tmp_path: Path, old_and_new: list[Path]) -> None:
    assert capture_once(idle_settings(tmp_path, CAMERA_KEEP="120d"), Trigger.SCHEDULE) == 0
    assert [file.exists() for file in old_and_new] == [False, True]


@pytest.mark.parametrize(
    ("setting", "value", "left"), [("CAMERA_KEEP", "120d", 1), ("CAMERA_KEEP_MB", "1", 2)]
)
def test_a_capture_purges_the_archive_when_it_starts(
    setting: str, value: str, left: int, tmp_path: Path, old_and_new: list[Path]
) -> None:
    """If the archive is larger than CAMERA_KEEP_MB, the oldest photo is deleted."""
    if setting == "CAMERA_KEEP_MB":
        old_and_new[0].with_name(f"entry-20200101T000000000Z-{9:08x}.jpg").write_bytes(
            bytes(1_000_000)
        )
    stop = threading.Event()
    kept = tmp_path / "spool" / "kept"
    thread = threading.Thread(
        target=run_capture, args=(idle_settings(tmp_path, **{setting: value}), stop)
    )
    thread.start()
    try:
        wait_for(lambda: len(list(kept.rglob("*.jpg"))) == left, what="the purge")
    finally:
        stop.set()
        thread.join(90)
    assert old_and_new[1].exists()
