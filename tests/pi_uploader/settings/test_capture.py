"""The seed's scheduled mode: a timer starts `capture --once`, and no camera has a trigger."""

from pathlib import Path

import pytest

from photo_wire.headers import Trigger
from pi_uploader.spool import Spool
from tests.support.program import StartProgram

NO_TRIGGER = {"CAMERA_SOURCE": "simulated", "PIR_PIN": "none", "CAMERA_UPLOAD": "off"}
TABLE = "[camera.entry]\nsource = 'simulated'\n"


@pytest.mark.parametrize("in_file", [False, True], ids=["environment", "config file"])
def test_once_needs_no_trigger(
    start_program: StartProgram,
    spool_folder: Path,
    tmp_path: Path,
    in_file: bool,
) -> None:
    """Just as pi-uploader-scheduled.service calls it."""
    (tmp_path / "config.toml").write_text(TABLE)
    environ = {"CAMERA_CONFIG": str(tmp_path / "config.toml")} if in_file else NO_TRIGGER
    program = start_program("capture", "--once", "--trigger", "schedule", **environ)
    assert program.process.wait(90) == 0
    [photo] = Spool(spool_folder).waiting_photos()
    assert photo.trigger is Trigger.SCHEDULE


def test_the_service_that_waits_for_triggers_refuses_a_camera_without_one(
    start_program: StartProgram,
) -> None:
    program = start_program("capture", **NO_TRIGGER)
    assert program.process.wait(90) == 78
    assert "expected at least one of these (capture --once needs none)" in program.output


def test_config_check_warns_of_it(start_program: StartProgram) -> None:
    """It is right for the timer."""
    program = start_program("config", "check", **NO_TRIGGER)
    assert program.process.wait(90) == 0
    assert (
        "warning: PIR_PIN, CAMERA_PIN, CAMERA_EVERY, CAMERA_TIMES, CAMERA_MOTION: "
        in program.output
    )
    assert "The settings are right." in program.output
