"""`pi-uploader doctor`: every test in order, and the command's output."""

import json
from pathlib import Path

from pi_uploader.doctor import Severity
from tests.support.backend import Backend
from tests.support.doctor import CAMERA, examine_device
from tests.support.program import StartProgram


def test_everything_is_ok(tmp_path: Path, backend: Backend) -> None:
    """Nothing is left in the spool."""
    findings = examine_device(
        tmp_path, BASE_URL=backend.base_url, AZURE_FUNCTION_KEY=backend.function_key
    )
    expected = "camera camera, clock, zone, disk, identity, network, backend"
    assert ", ".join(findings) == expected
    assert {one.severity for one in findings.values()} == {Severity.OK}
    assert "took a JPEG of" in findings["camera camera"].text
    assert not list((tmp_path / "spool").rglob("*"))


def test_wrong_settings_do_not_hide_the_rest(tmp_path: Path, backend: Backend) -> None:
    """Each mistake has its line, and the rest is tested."""
    findings = examine_device(tmp_path, PIR_PIN="99", BASE_URL=backend.base_url)
    assert (
        "PIR_PIN: must be a BCM number from 0 to 27, or none, not '99'" in findings["settings"].text
    )
    assert "backend" in findings


def test_a_camera_without_a_trigger_is_a_warning(tmp_path: Path) -> None:
    """The rest is tested."""
    findings = examine_device(tmp_path, CAMERA_EVERY="off", CAMERA_UPLOAD="off")
    assert list(findings) == ["camera camera", "trigger", "clock", "zone", "disk"]
    assert findings["trigger"].severity is Severity.WARNING


def test_the_command_prints_each_finding_and_exits_with_1(start_program: StartProgram) -> None:
    """1 means that photos would not get through."""
    program = start_program("doctor", **CAMERA, BASE_URL="https://nobody.invalid")
    assert program.process.wait(90) == 1
    assert "ok       camera" in program.output
    assert (
        "bad      network  no connection to nobody.invalid, port 443: host name" in program.output
    )
    assert "-> check BASE_URL" in program.output


def test_the_command_as_json(start_program: StartProgram) -> None:
    program = start_program("doctor", "--json", **CAMERA, CAMERA_UPLOAD="off")
    assert program.process.wait(90) == 0
    facts = json.loads(program.output)
    assert [one["what"] for one in facts] == ["camera camera", "clock", "zone", "disk"]
    assert {one["verdict"] for one in facts} == {"ok"}
