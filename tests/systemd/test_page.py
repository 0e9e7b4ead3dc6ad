"""The device's own page, installed by install.sh --serve, under a real systemd. It runs while it is
used."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests

from local.ports import free_ports
from tests.support.waiting import wait_for
from tests.systemd.device import CAPTURE, SERVE, SOCKET, SPOOL, UNITS, UPLOAD, Device

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

ETC = "/etc/pi-uploader"


@dataclass
class Page:
    """An installed device that keeps its photos, with its page's address and password."""

    device: Device
    port: int
    password: str

    def ask(self, path: str, method: str = "GET", **more: str) -> requests.Response:
        url = f"http://127.0.0.1:{self.port}{path}"
        return requests.request(
            method, url, auth=("", more.get("password", self.password)), timeout=90
        )


@pytest.fixture
def page(installed: Device, secrets_used: set[str]) -> Iterator[Page]:
    """The page with capture and upload. install.sh got the password from its environment."""
    password = secrets.token_urlsafe(12)
    secrets_used.add(password)
    (port,) = free_ports(1)
    installed.reset()
    installed.configure(CAMERA_UPLOAD="off", CAMERA_SERVE=f"127.0.0.1:{port}")
    installed.page_password = password
    installed.install("--no-start", "--serve")
    installed.start(CAPTURE, UPLOAD)
    kept = f"{SPOOL}/kept"
    run = installed.machine.run
    wait_for(lambda: run("test", "-d", kept, check=False).returncode == 0, what="a kept photo")
    installed.start(SOCKET)
    yield Page(installed, port, password)
    for unit in UNITS:
        print(installed.journal(unit))
    installed.stop(*UNITS)
    run("systemctl", "disable", SOCKET)


def test_the_page_works_in_its_sandbox(page: Page) -> None:
    """It asks capture, reads the spool, deletes a kept photo, and gives way to the others."""
    device = page.device
    assert device.state(SERVE) == "inactive"
    assert page.ask("/", password="a wrong password").status_code == 401
    assert device.state(SERVE) == "active"
    status = page.ask("/status").json()
    assert (status["problem"], status["spool"]["losses"]) == (None, 0)
    assert status["machine"]["disk_free"] > 0
    assert list(page.ask("/pins").json()) == ["camera"]
    taken = page.ask("/capture?return_file=true", "POST")
    assert (taken.status_code, taken.content[:2]) == (200, b"\xff\xd8")
    photo = next(one for one in page.ask("/images").json()["photos"] if one["place"] == "kept")
    deleted = page.ask(f"/images/{photo['id']}", "DELETE")
    assert deleted.status_code == 204, deleted.text
    assert page.ask(f"/images/{photo['id']}").status_code == 404
    assert device.machine.property(SERVE, "MemoryMax") == str(96 * 1024**2)
    assert device.restarts(SERVE) == 0
    assert page.password not in device.machine.journal()
    modes = device.machine.run("stat", "-c", "%a %U", f"{ETC}/serve_password").stdout.strip()
    assert modes == "600 root"
    assert device.machine.run("systemctl", "is-enabled", SOCKET).stdout.strip() == "enabled"


def test_each_visit_starts_it_again(page: Page) -> None:
    """After it has ended, and after `systemctl restart 'pi-uploader-*'`, as after a new setting."""
    device = page.device
    assert page.ask("/status").status_code == 200
    device.stop(SERVE)
    assert device.state(SOCKET) == "active"
    assert page.ask("/status").status_code == 200
    device.machine.run("systemctl", "restart", "pi-uploader-*")
    assert device.state(SOCKET) == "active"
    assert page.ask("/status").status_code == 200


def test_without_a_password_it_ends_and_capture_goes_on(page: Page) -> None:
    """Each visit starts it once, and gets no answer; it is not started again and again."""
    device = page.device
    device.machine.write(f"{ETC}/serve_password", "\n", 0o600)
    for visits in (1, 2):
        with pytest.raises(requests.ConnectionError):
            page.ask("/")
        wait_for(lambda: device.state(SERVE) == "failed", what="the end of the page")
        assert device.machine.property(SERVE, "ExecMainStatus") == "78"
        assert device.journal(SERVE).count("the page needs a password") == visits
    device.wait_for_photos(2)


def test_an_update_replaces_the_service_by_its_socket(page: Page) -> None:
    """The version before had enabled the service. The socket gets the address in the settings."""
    device, run = page.device, page.device.machine.run
    run("systemctl", "disable", "--now", SOCKET)
    run("systemctl", "enable", SERVE)
    device.start(SERVE)
    device.configure(CAMERA_UPLOAD="off", CAMERA_SERVE=f"127.0.0.1:{page.port}")
    device.install()
    states = [
        run("systemctl", "is-enabled", one, check=False).stdout.strip() for one in (SERVE, SOCKET)
    ]
    assert states == ["disabled", "enabled"]
    assert device.state(SERVE) == "inactive"
    assert page.ask("/status").status_code == 200
