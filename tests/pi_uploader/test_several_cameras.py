"""One process, several cameras, one spool; and what a person asks of a running one."""

import re
import signal
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from photo_wire.headers import Trigger
from pi_uploader.spool import Spool
from tests.pi_uploader.conftest import StartProgram
from tests.pi_uploader.program import photos_in
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


def test_all_cameras_share_the_spool_in_order(
    start_program: StartProgram, spool_folder: Path, config: Path
) -> None:
    """No two photos have one number, whichever camera took them."""
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
    ended = dict(re.findall(r"capture with (\w+) ends: (\d+) photos? kept", program.output))
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


def test_once_takes_one_and_ends(start_program: StartProgram, spool_folder: Path) -> None:
    """What a timer or a person starts; the trigger is the one that is named."""
    assert start_program("capture", "--once", **ONE_A_DAY).process.wait(90) == 0
    scheduled = start_program("capture", "--once", "--trigger", "schedule", **ONE_A_DAY)
    assert scheduled.process.wait(90) == 0
    triggers = [photo.trigger for photo in Spool(spool_folder).waiting_photos()]
    assert triggers == [Trigger.DEMAND, Trigger.SCHEDULE]


def test_once_says_when_there_was_no_photo(
    start_program: StartProgram, spool_folder: Path, tmp_path: Path
) -> None:
    """The exit code is for the timer's unit."""
    pictures = tmp_path / "pictures"
    (pictures / "a.jpg").mkdir(parents=True)
    program = start_program("capture", "--once", CAMERA_REPLAY=str(pictures), **ONE_A_DAY)
    assert program.process.wait(90) == 1
    assert "no photo for a demand trigger" in program.output
    assert photos_in(spool_folder) == 0


def test_photos_stay_on_the_device_where_uploading_is_off(
    start_program: StartProgram, spool_folder: Path
) -> None:
    """The local-only mode: no backend is needed, and none is asked."""
    program = start_program(
        "run",
        CAMERA_SOURCE="simulated",
        PIR_PIN="none",
        CAMERA_EVERY="0.2s",
        CAMERA_NAME="shed",
        CAMERA_UPLOAD="off",
    )
    kept = spool_folder / "kept" / "shed"
    wait_for(lambda: len(list(kept.rglob("*.jpg"))) >= 3, what="three kept photos")
    assert program.stop() == 0
    taken = re.findall(r"capture: photo taken (\S+)", program.output)
    found = {file.stem for file in kept.rglob("*.jpg")}
    waiting = {str(photo.name) for photo in Spool(spool_folder).waiting_photos()}
    assert found | waiting == set(taken)
    assert "CAMERA_UPLOAD is off" in program.output
