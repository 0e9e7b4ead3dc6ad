"""The socket of the page: its own, or the one with which systemd starts the page."""

import logging
import os
import socket

import pytest

from pi_uploader.serve import listener
from pi_uploader.serve.listener import listen, passed_listener, url_of
from pi_uploader.settings import SettingsError
from pi_uploader.settings.values import Address
from tests.support.camera_page import CameraPage
from tests.support.program import StartProgram

LAUNCHER = """
import os, socket, sys
listening = socket.create_server(("127.0.0.1", int(sys.argv[1])))
os.dup2(listening.fileno(), 3)
os.set_inheritable(3, True)  # it may have been 3 before
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
os.execv(sys.executable, [sys.executable, "-m", "pi_uploader", "serve"])
"""


def passed(monkeypatch: pytest.MonkeyPatch, host: str = "127.0.0.1") -> tuple[Address, int]:
    """Listen as systemd does; return the address, and the number of the descriptor."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as one:
        monkeypatch.setattr(listener, "FIRST_FD", os.dup(one.fileno()))
        return Address(host, one.getsockname()[1]), listener.FIRST_FD


def environ(fds: str = "1", pid: int = 0) -> dict[str, str]:
    return {"LISTEN_PID": str(pid or os.getpid()), "LISTEN_FDS": fds}


def test_a_page_that_systemd_starts_answers(page: CameraPage, start_program: StartProgram) -> None:
    program = start_program("-c", LAUNCHER, str(page.port), **page.env)
    program.wait_for_output(f"the page is at http://127.0.0.1:{page.port}/")
    assert page.ask("/status").status_code == 200
    assert program.stop() == 0
    assert "run install.sh" not in program.output


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_the_socket_that_was_passed_is_used(
    host: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Its clients are limited as those of the page's own socket, and no child gets it."""
    address, fd = passed(monkeypatch, host)
    with socket.socket(fileno=fd), pytest.raises(OSError, match="cannot be used"):
        listen(address)  # as it would without the one that was passed
    address, _ = passed(monkeypatch, host)
    with (
        passed_listener(address, environ()) or listen(address) as found,
        listen(Address(host, 0)) as own,
    ):
        for level, option in (
            (socket.SOL_SOCKET, socket.SO_SNDBUF),
            (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT),
        ):
            assert found.getsockopt(level, option) == own.getsockopt(level, option)
        assert url_of(found).endswith(f":{address.port}/")
        assert not found.get_inheritable()
    assert caplog.text == ""


def test_another_address_than_the_setting_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    address, _ = passed(monkeypatch)
    with caplog.at_level(logging.WARNING):
        found = passed_listener(Address("127.0.0.2", 8080), environ())
    assert found
    found.close()
    assert f"CAMERA_SERVE is 127.0.0.2:8080, but systemd listens on 127.0.0.1:{address.port}" in (
        caplog.text
    )


def test_a_socket_for_another_process_is_left_alone() -> None:
    address = Address("127.0.0.1", 1)
    assert passed_listener(address, {}) is None
    assert passed_listener(address, environ(pid=1)) is None


def test_several_sockets_are_a_mistake() -> None:
    with pytest.raises(SettingsError, match="expected one ListenStream="):
        passed_listener(Address("127.0.0.1", 1), environ("2"))
