"""`pi-uploader photo`, `arm` and `disarm`, with a running capture process."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pi_uploader.camera_commands import End, parse_end
from pi_uploader.spool import Spool
from tests.support.program import StartProgram, photos_in
from tests.support.waiting import wait_for

NOW = datetime(2026, 11, 28, 12, 0).astimezone()

TWO = """\
[camera.gate]
source = "simulated"
every = "1h"

[camera.yard]
source = "simulated"
every = "1h"
"""


@pytest.mark.parametrize(
    ("until", "duration", "expected"),
    [
        (None, None, None),
        (None, "30m", timedelta(minutes=30)),
        (None, "3d", timedelta(days=3)),
        ("12:01", None, timedelta(minutes=1)),
        ("12:00", None, timedelta(days=1)),
        ("07:30", None, timedelta(hours=19.5)),
        ("2026-11-28T13:00", None, timedelta(hours=1)),
        ("2026-11-29 12:00", None, timedelta(days=1)),
    ],
)
def test_the_end_that_a_person_wrote(
    until: str | None, duration: str | None, expected: timedelta | None
) -> None:
    end = expected and End(NOW + expected, expected.total_seconds())
    assert parse_end(until, duration, NOW) == end


@pytest.mark.parametrize(
    ("until", "duration", "problem"),
    [
        ("soon", None, "expected a time of day such as 07:30"),
        ("25:00", None, "expected a time of day such as 07:30"),
        ("2026-11-28T11:00", None, "this time is over"),
        (None, "2", "expected a duration such as 30m"),
        (None, "0s", "expected a duration such as 30m"),
        (None, "off", "expected a duration such as 30m"),
    ],
)
def test_an_end_that_is_wrong_is_an_error(
    until: str | None, duration: str | None, problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_end(until, duration, NOW)


@pytest.mark.slow
def test_the_commands_control_the_running_service(
    start_program: StartProgram, spool_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "config.toml").write_text(TWO)
    config = {"CAMERA_CONFIG": str(tmp_path / "config.toml")}

    def run(*args: str) -> tuple[int, str]:
        program = start_program(*args, **config)
        return program.process.wait(90), program.output

    for command in ("arm", "disarm"):  # nothing runs
        code, output = run(command)
        assert code == 1
        assert "systemctl status pi-uploader-capture shows why" in output
    start_program("capture", **config)
    wait_for(lambda: photos_in(spool_folder) == 2, what="the first photo of each")
    wait_for(lambda: run("arm")[0] == 0, what="a service that listens")
    assert run("photo", "gate")[0] == 0
    assert [one.name.camera for one in Spool(spool_folder).waiting_photos()].count("gate") == 2
    code, output = run("photo")
    assert code == 0
    photos = {str(one.name) for one in Spool(spool_folder).waiting_photos()}
    assert len(photos) == 5
    assert set(output.split()) <= photos
    assert run("photo", "shed")[0] == 1
    code, output = run("disarm", "gate", "--for", "2h")
    assert code == 0
    assert "gate is disarmed until" in output
    assert set(json.loads((spool_folder / "armed.json").read_text())) == {"gate"}
    assert run("disarm", "--until", "soon")[0] == 2
    assert run("disarm", "--until", "07:30", "--for", "2h")[0] == 2
    assert run("arm", "gate")[0] == 0
    assert json.loads((spool_folder / "armed.json").read_text()) == {}
