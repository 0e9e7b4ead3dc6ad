"""`pi-uploader capture` as a process, with real signals."""

import re
import signal
from pathlib import Path

import pytest

from pi_uploader.capture.start_backoff import MAX_DELAY_SECONDS, StartBackoff
from pi_uploader.spool import Spool
from tests.pi_uploader.conftest import StartProgram
from tests.pi_uploader.program import SlowPicture, photos_in
from tests.support.waiting import wait_for


def test_a_schedule_fills_the_spool(start_program: StartProgram, spool_folder: Path) -> None:
    """Photos come by themselves; each has its line in the log, with the id the spool knows."""
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
        f"capture with camera ends: {len(taken)} photos kept, 0 lost, 0 failed; " in program.output
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_photo_in_hand_is_kept_when_the_process_is_told_to_end(
    start_program: StartProgram, spool_folder: Path, tmp_path: Path, number: signal.Signals
) -> None:
    """The signal comes while the camera works; the photo is spooled, then the process exits 0."""
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


def test_wrong_settings_exit_with_78_and_a_line_each(start_program: StartProgram) -> None:
    """All at once, before anything is done."""
    program = start_program("capture", PIR_PIN="40", CAMERA_EVERY="soon")
    assert program.process.wait(90) == 78
    assert [line.split(" ")[3] for line in program.output.splitlines()] == [
        "CAMERA_SOURCE:",
        "PIR_PIN:",
        "CAMERA_EVERY:",
    ]


def test_wrong_settings_wait_before_they_are_read_again(
    start_program: StartProgram, tmp_path: Path
) -> None:
    """As a service, whose restart reads what was mended meanwhile; the first time it ends at once.
    A stop ends the wait."""
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


def test_a_machine_without_pins_is_told_what_to_set(start_program: StartProgram) -> None:
    """One line, not four drivers' warnings."""
    program = start_program("capture", CAMERA_SOURCE="simulated", GPIOZERO_PIN_FACTORY="none-such")
    assert program.process.wait(90) == 78
    assert len(program.output.splitlines()) == 1
    assert "PIR_PIN: pin 17 cannot be used" in program.output


def test_a_spool_that_cannot_be_made_is_an_error_with_its_path(
    start_program: StartProgram, tmp_path: Path
) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "spool").write_text("")
    program = start_program(
        "capture",
        CAMERA_SOURCE="simulated",
        PIR_PIN="none",
        CAMERA_EVERY="1h",
        CAMERA_SPOOL=str(tmp_path / "spool"),
    )
    assert program.process.wait(90) == 1
    assert str(tmp_path / "spool") in program.output
    assert len(program.output.splitlines()) == 1
