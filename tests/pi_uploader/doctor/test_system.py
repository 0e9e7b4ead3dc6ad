"""The doctor's tests of clock, time zone, disk, network and backend."""

import socket
from pathlib import Path

import pytest

from pi_uploader.doctor import Severity
from tests.support.backend import Backend
from tests.support.doctor import examine_device
from tests.support.fault_server import FaultServer
from tests.support.proxy import as_proxy


def test_a_wrong_key_is_named(tmp_path: Path, backend: Backend) -> None:
    findings = examine_device(tmp_path, BASE_URL=backend.base_url, AZURE_FUNCTION_KEY="wrong")
    assert findings["backend"].is_bad
    assert "check AZURE_FUNCTION_KEY" in findings["backend"].text
    assert "wrong" not in findings["backend"].text


def test_a_backend_that_is_not_running(tmp_path: Path) -> None:
    """The backend itself is not tested then."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    findings = examine_device(tmp_path, BASE_URL=url)
    assert findings["network"].is_bad
    assert findings["network"].text.endswith(": connection refused")
    assert "backend" not in findings


def test_an_unknown_host_name(tmp_path: Path) -> None:
    findings = examine_device(tmp_path, BASE_URL="https://nobody.invalid")
    sentence = findings["network"].text
    assert sentence.startswith("no connection to nobody.invalid, port 443: host name not found")


def test_a_name_that_only_the_proxy_knows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The device's name servers are not used."""
    with FaultServer(as_proxy) as proxy:
        monkeypatch.setenv("http_proxy", proxy.base_url)
        findings = examine_device(
            tmp_path, BASE_URL="http://backend.invalid", AZURE_FUNCTION_KEY="key"
        )
    assert findings["network"].text == (f"the proxy 127.0.0.1, port {proxy.port}, can be reached")
    assert findings["backend"].severity is Severity.OK


def test_a_proxy_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("https_proxy", f"127.0.0.1:{port}")
    finding = examine_device(tmp_path, BASE_URL="https://backend.invalid")["network"]
    assert finding.text == (
        f"no connection to the proxy 127.0.0.1, port {port}: connection refused"
    )
    assert "HTTPS_PROXY" in finding.next_step


def test_a_clock_that_is_not_set_is_a_warning(tmp_path: Path) -> None:
    assert examine_device(tmp_path, is_clock_set=False)["clock"].severity is Severity.WARNING
    trusted = examine_device(tmp_path, is_clock_set=False, CAMERA_CLOCK="trusted")
    assert trusted["clock"].severity is Severity.OK


def test_the_zone_is_named_with_its_source(tmp_path: Path) -> None:
    """The source is a setting, or the system."""
    finding = examine_device(tmp_path, CAMERA_ZONE="Asia/Tokyo")["zone"]
    assert (finding.severity, finding.text[:40]) == (
        Severity.OK,
        "the time zone is Asia/Tokyo (CAMERA_ZONE",
    )
    assert "Asia/Tokyo (TZ); it is " in examine_device(tmp_path, TZ="Asia/Tokyo")["zone"].text


def test_an_unknown_zone_is_a_warning_if_no_hours_need_it(tmp_path: Path) -> None:
    finding = examine_device(tmp_path, TZ="CET-1CEST")["zone"]
    assert finding.severity is Severity.WARNING
    assert "CAMERA_ZONE" in finding.next_step


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """Not even root makes a folder in /proc."""
    findings = examine_device(tmp_path, CAMERA_SPOOL="/proc/spool")
    assert findings["disk"].is_bad
    assert "CAMERA_SPOOL" in findings["disk"].next_step


def test_a_full_disk(tmp_path: Path) -> None:
    """The reserve is larger than any disk."""
    findings = examine_device(tmp_path, CAMERA_RESERVE_MB="9999999")
    assert findings["disk"].is_bad
    assert "MB are free" in findings["disk"].text
