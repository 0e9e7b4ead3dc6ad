"""`pi-uploader doctor`: a plain severity on each thing, and the next step."""

import json
import socket
from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory

from pi_uploader.doctor import Finding, Severity, examine, hardware
from tests.pi_uploader.conftest import StartProgram
from tests.pi_uploader.pins import pulse
from tests.support.backend import Backend
from tests.support.fake_clock import FakeClock
from tests.support.fault_server import FaultServer
from tests.support.proxy import as_proxy

CAMERA = {"CAMERA_SOURCE": "simulated", "PIR_PIN": "none", "CAMERA_EVERY": "1h"}


def found(
    tmp_path: Path, is_clock_set: bool = True, wait_for_pins: bool = False, **env: str
) -> dict[str, Finding]:
    """What the doctor finds, by what was looked at."""
    environ = {**CAMERA, "CAMERA_SPOOL": str(tmp_path / "spool"), **env}
    findings = examine(environ, wait_for_pins=wait_for_pins, clock=FakeClock(is_set=is_clock_set))
    return {one.subject: one for one in findings}


def test_all_is_well(tmp_path: Path, backend: Backend) -> None:
    """Camera, clock, disk, network and key; nothing is left in spool or cloud."""
    findings = found(tmp_path, BASE_URL=backend.base_url, AZURE_FUNCTION_KEY=backend.function_key)
    assert list(findings) == ["camera camera", "clock", "zone", "disk", "network", "backend"]
    assert {one.severity for one in findings.values()} == {Severity.OK}
    assert "took a JPEG of" in findings["camera camera"].text
    assert not list((tmp_path / "spool").rglob("*"))


def test_a_wrong_key_is_named(tmp_path: Path, backend: Backend) -> None:
    findings = found(tmp_path, BASE_URL=backend.base_url, AZURE_FUNCTION_KEY="wrong")
    assert findings["backend"].is_bad
    assert "check AZURE_FUNCTION_KEY" in findings["backend"].text
    assert "wrong" not in findings["backend"].text


def test_no_backend_there(tmp_path: Path) -> None:
    """The backend itself is not asked then."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    findings = found(tmp_path, BASE_URL=url)
    assert findings["network"].is_bad
    assert findings["network"].text.endswith(": connection refused")
    assert "backend" not in findings


def test_an_unknown_name(tmp_path: Path) -> None:
    findings = found(tmp_path, BASE_URL="https://nobody.invalid")
    sentence = findings["network"].text
    assert sentence.startswith("no connection to nobody.invalid, port 443: name not known")


def test_a_name_that_only_the_proxy_knows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The device's own name servers are not asked."""
    with FaultServer(as_proxy) as proxy:
        monkeypatch.setenv("http_proxy", proxy.base_url)
        findings = found(tmp_path, BASE_URL="http://backend.invalid", AZURE_FUNCTION_KEY="key")
    assert findings["network"].text == (f"the proxy 127.0.0.1, port {proxy.port}, can be reached")
    assert findings["backend"].severity is Severity.OK


def test_a_proxy_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("https_proxy", f"127.0.0.1:{port}")
    finding = found(tmp_path, BASE_URL="https://backend.invalid")["network"]
    assert finding.text == (
        f"no connection to the proxy 127.0.0.1, port {port}: connection refused"
    )
    assert "HTTPS_PROXY" in finding.next_step


def test_wrong_settings_do_not_hide_the_rest(tmp_path: Path, backend: Backend) -> None:
    """Each has its line; what can be looked at is looked at."""
    findings = found(tmp_path, PIR_PIN="99", BASE_URL=backend.base_url)
    assert (
        "PIR_PIN: must be a BCM number from 0 to 27, or none, not '99'" in findings["settings"].text
    )
    assert "backend" in findings


def test_a_camera_that_gives_nothing(tmp_path: Path) -> None:
    """Its sentence, and where to look."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    (pictures / "a.jpg").mkdir()
    findings = found(tmp_path, CAMERA_REPLAY=str(pictures))
    assert findings["camera camera"].is_bad
    assert "cannot be read" in findings["camera camera"].text
    assert "sudo systemctl stop" in findings["camera camera"].next_step


def test_a_clock_that_is_not_set_is_no_reason_to_stop(tmp_path: Path) -> None:
    assert found(tmp_path, is_clock_set=False)["clock"].severity is Severity.WARNING
    trusted = found(tmp_path, is_clock_set=False, CAMERA_CLOCK="trusted")
    assert trusted["clock"].severity is Severity.OK


def test_the_zone_is_said(tmp_path: Path) -> None:
    """That of the setting, or the system's and how it is known."""
    finding = found(tmp_path, CAMERA_ZONE="Asia/Tokyo")["zone"]
    assert (finding.severity, finding.text[:40]) == (
        Severity.OK,
        "the time zone is Asia/Tokyo (CAMERA_ZONE",
    )
    assert "Asia/Tokyo (TZ); it is " in found(tmp_path, TZ="Asia/Tokyo")["zone"].text


def test_an_unknown_zone_is_doubtful_where_no_hours_need_it(tmp_path: Path) -> None:
    finding = found(tmp_path, TZ="CET-1CEST")["zone"]
    assert finding.severity is Severity.WARNING
    assert "CAMERA_ZONE" in finding.next_step


def test_a_camera_without_a_trigger_is_for_the_timer(tmp_path: Path) -> None:
    """The rest is looked at."""
    findings = found(tmp_path, CAMERA_EVERY="off", CAMERA_UPLOAD="off")
    assert list(findings) == ["camera camera", "trigger", "clock", "zone", "disk"]
    assert findings["trigger"].severity is Severity.WARNING


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    findings = found(tmp_path, CAMERA_SPOOL=str(tmp_path / "file" / "spool"))
    assert findings["disk"].is_bad
    assert "CAMERA_SPOOL" in findings["disk"].next_step


def test_a_full_disk(tmp_path: Path) -> None:
    """The reserve of a disk larger than any."""
    findings = found(tmp_path, CAMERA_RESERVE_MB="9999999")
    assert findings["disk"].is_bad
    assert "MB are free" in findings["disk"].text


def test_a_pin_is_tried_live(tmp_path: Path, pins: MockFactory) -> None:
    """A person is told to trigger it, and what was seen."""
    lines: list[str] = []

    def echo(line: str) -> None:
        lines.append(line)
        if "trigger it now" in line:
            pulse(pins.pin(4))

    environ = {**CAMERA, "CAMERA_SPOOL": str(tmp_path / "spool"), "PIR_PIN": "4"}
    findings = {one.subject: one for one in examine(environ, wait_for_pins=True, echo=echo)}
    assert findings["pin 4"].text == "was triggered"
    assert any("move in front of the sensor" in line for line in lines)


def test_a_pin_that_stays_silent(
    tmp_path: Path, pins: MockFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hardware, "PIN_TIMEOUT_SECONDS", 0.1)
    assert pins.pin(4).state == 0
    finding = found(tmp_path, wait_for_pins=True, PIR_PIN="4")["pin 4"]
    assert finding.is_bad
    assert "BCM number" in finding.next_step


def test_the_command_tells_a_person_and_a_program(start_program: StartProgram) -> None:
    """The exit code says whether photos would come through."""
    program = start_program("doctor", **CAMERA, BASE_URL="https://nobody.invalid")
    assert program.process.wait(90) == 1
    assert "ok       camera" in program.output
    assert "bad      network  no connection to nobody.invalid, port 443: name" in program.output
    assert "-> check BASE_URL" in program.output


def test_the_command_as_json(start_program: StartProgram) -> None:
    program = start_program("doctor", "--json", **CAMERA, CAMERA_UPLOAD="off")
    assert program.process.wait(90) == 0
    facts = json.loads(program.output)
    assert [one["what"] for one in facts] == ["camera camera", "clock", "zone", "disk"]
    assert {one["verdict"] for one in facts} == {"ok"}
