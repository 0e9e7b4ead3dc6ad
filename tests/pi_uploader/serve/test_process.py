"""`pi-uploader serve` as a process: its start and end, and clients that mean harm."""

import math
import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from local.ports import free_ports
from pi_uploader.serve import listener, process
from pi_uploader.settings import MISCONFIGURED, ServeSettings, load_settings
from tests.support.camera_page import PASSWORD, CameraPage
from tests.support.program import StartProgram, photos_in
from tests.support.waiting import wait_for


def test_a_signal_ends_it(page: CameraPage) -> None:
    program = page.start()
    assert page.ask("/status").status_code == 200
    with page.ask("/live", stream=True):
        assert program.stop() == 0
    assert PASSWORD not in program.output


@pytest.mark.parametrize(
    ("env", "problem"),
    [
        ({"CAMERA_SERVE": "off"}, "CAMERA_SERVE: is off"),
        ({"CAMERA_SERVE": "everywhere"}, "CAMERA_SERVE: must be an IP address and a port"),
        ({"CAMERA_SERVE_PASSWORD_FILE": ""}, "CAMERA_SERVE_PASSWORD_FILE names no file"),
    ],
)
def test_without_an_address_or_a_password_it_does_not_run(
    page: CameraPage, start_program: StartProgram, env: dict[str, str], problem: str
) -> None:
    program = start_program("serve", **page.env | env)
    assert program.process.wait(90) == MISCONFIGURED
    assert problem in program.output


def test_a_process_that_systemd_has_started_ends_when_nobody_looks(
    page: CameraPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not before the last connection is closed. The next visit is served by the next process."""
    monkeypatch.setattr(process, "CHECK_SECONDS", 0.01)
    looks = threading.Semaphore(0)
    close_if_unused = process._close_if_unused

    def look(server: object) -> None:
        close_if_unused(server)
        looks.release()

    monkeypatch.setattr(process, "_close_if_unused", look)
    settings = load_settings(ServeSettings, page.env | {"CAMERA_SPOOL": "/nowhere"})
    with socket.create_server(("127.0.0.1", page.port)) as listening, ThreadPoolExecutor() as pool:
        for _ in range(2):
            monkeypatch.setattr(process, "UNUSED_SECONDS", math.inf)
            monkeypatch.setattr(listener, "FIRST_FD", os.dup(listening.fileno()))
            monkeypatch.setenv("LISTEN_PID", str(os.getpid()))
            monkeypatch.setenv("LISTEN_FDS", "1")
            with socket.create_connection(("127.0.0.1", page.port), timeout=90) as visitor:
                running = pool.submit(process.run_serve, settings, threading.Event())
                visitor.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert b" 401 " in visitor.recv(4096)
                monkeypatch.setattr(process, "UNUSED_SECONDS", 0.0)
                for _ in range(2):
                    assert looks.acquire(timeout=90)
                assert not running.done()
            assert running.result(90) == 0


class CountingEvent(threading.Event):
    """Counts how often somebody waits for it."""

    checks = 0

    def wait(self, timeout: float | None = None) -> bool:
        self.checks += 1
        return super().wait(timeout)


def test_a_page_of_its_own_address_goes_on(
    page: CameraPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No next process would be started."""
    monkeypatch.setattr(process, "CHECK_SECONDS", 0.01)
    monkeypatch.setattr(process, "UNUSED_SECONDS", 0.0)
    settings = load_settings(ServeSettings, page.env | {"CAMERA_SPOOL": "/nowhere"})
    stop = CountingEvent()
    with ThreadPoolExecutor() as pool:
        running = pool.submit(process.run_serve, settings, stop)
        try:
            wait_for(lambda: stop.checks > 5, what="checks whether it is used")
            assert not running.done()
        finally:
            stop.set()
        assert running.result(90) == 0


def test_an_address_that_is_in_use(page: CameraPage, start_program: StartProgram) -> None:
    page.start()
    second = start_program("serve", **page.env)
    assert second.process.wait(90) == 1
    assert f"127.0.0.1:{page.port} cannot be used: Address already in use" in second.output


def test_without_the_libraries_it_says_how_to_install_them(
    page: CameraPage, start_program: StartProgram, tmp_path: Path
) -> None:
    """As one that was installed without --serve."""
    (tmp_path / "waitress.py").write_text("raise ModuleNotFoundError('', name='waitress')")
    (tmp_path / "bottle.py").write_text("raise ModuleNotFoundError('', name='bottle')")
    program = start_program("serve", **page.env, PYTHONPATH=str(tmp_path))
    assert program.process.wait(90) == MISCONFIGURED
    assert "the page needs bottle" in program.output
    assert "install.sh --serve" in program.output


def test_run_starts_it_where_it_is_configured(
    page: CameraPage, start_program: StartProgram, spool_folder: Path
) -> None:
    """A password that is missing stops the page alone."""
    env = page.env | {"CAMERA_UPLOAD": "off"}
    program = start_program("run", **env)
    program.wait_for_output("the page is at http")
    wait_for(lambda: page.ask("/images").json()["photos"], what="a photo on the page")
    assert len(program.children()) == 3
    assert program.stop() == 0
    program = start_program("run", **env | {"CAMERA_SERVE_PASSWORD_FILE": ""})
    program.wait_for_output("serve does not run: its settings are wrong")
    assert len(program.children()) == 2
    assert program.stop() == MISCONFIGURED


def test_slow_and_many_connections(page: CameraPage) -> None:
    """Idle ones are closed, and the page answers. Memory, files and threads stay bounded."""
    program = page.start()
    process = psutil.Process(program.process.pid)
    before = process.memory_info().rss
    with socket.socket() as half:
        half.connect(("127.0.0.1", page.port))
        half.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
        assert page.ask("/status").status_code == 200  # while the other has not sent its request
        idle = [socket.create_connection(("127.0.0.1", page.port)) for _ in range(200)]
        # What is above the limit of connections waits, until the first are closed.
        assert process.num_fds() < 200
        for one in idle:
            one.close()
        assert page.ask("/status").status_code == 200
    assert process.memory_info().rss - before < 20_000_000
    assert process.num_threads() < 20


def test_requests_that_are_too_large_or_none(page: CameraPage) -> None:
    program = page.start()
    for sent in (
        b"GET / HTTP/1.1\r\nX: " + b"a" * 100_000,
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"POST /capture HTTP/1.1\r\nContent-Length: 999999999\r\n\r\n" + b"a" * 100_000,
        b"POST /capture HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffff\r\n" + b"a" * 100_000,
        b"\x16\x03\x01\x02\x00" + os.urandom(500) + b"\r\n\r\n",  # TLS
        b"\r\n\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", page.port), timeout=90) as connection:
            try:
                connection.sendall(sent)
                with suppress(OSError):  # it is closed by the page already
                    connection.shutdown(socket.SHUT_WR)
                assert b" 200 " not in connection.recv(4096), sent[:40]
            except ConnectionError:
                pass
        assert page.ask("/status").status_code == 200, sent[:40]
    assert psutil.Process(program.process.pid).memory_info().rss < 100_000_000


@pytest.mark.slow
def test_a_flood_stops_no_capture_and_stores_nothing(
    page: CameraPage, spool_folder: Path, tmp_path: Path
) -> None:
    """With the password, which is the worse flood: photos are limited, the rest stores nothing."""
    page.capture(CAMERA_EVERY="0.2s")
    program = page.start(TMPDIR=str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    stop = threading.Event()
    statuses: set[int] = set()

    def flood(path: str, method: str) -> None:
        while not stop.is_set():
            statuses.add(page.ask(path, method).status_code)

    requests = [
        ("/", "GET"),
        ("/still", "GET"),
        ("/images?limit=200", "GET"),
        ("/status", "GET"),
        ("/capture", "POST"),
        ("/logs?lines=1000", "GET"),
        (f"/{'x' * 8000}", "GET"),
    ]
    threads = [threading.Thread(target=flood, args=one) for one in requests for _ in range(3)]
    before = photos_in(spool_folder)
    for thread in threads:
        thread.start()
    try:
        wait_for(lambda: photos_in(spool_folder) > before + 20, what="photos during the flood")
        wait_for(lambda: 429 in statuses, what="a photo that was refused")
    finally:
        stop.set()
        for thread in threads:
            thread.join(90)
    assert statuses <= {200, 404, 429, 503, 504}
    on_demand = list(spool_folder.rglob("*~demand*"))
    assert len(on_demand) <= 12 * 5  # a minute, if the machine is slow
    assert list((tmp_path / "temporary").iterdir()) == []
    assert len(program.output) < 5000
    assert page.ask("/status").status_code == 200


def test_another_address_family(page: CameraPage) -> None:
    (port,) = free_ports(1)
    program = page.start(CAMERA_SERVE=f"[::1]:{port}")
    assert f"http://[::1]:{port}/" in program.output
    with socket.create_connection(("::1", port), timeout=90) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: [::1]\r\nConnection: close\r\n\r\n")
        assert b" 401 " in connection.recv(4096)
