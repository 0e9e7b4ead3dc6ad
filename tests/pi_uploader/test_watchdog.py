"""The watchdog: a process reports itself alive only while each of its loops is on time."""

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from photo_wire.headers import Trigger
from pi_uploader.cameras import CaptureContext, Shot
from pi_uploader.capture import TriggerHandler
from pi_uploader.client.backend import BackendClient
from pi_uploader.spool import Spool
from pi_uploader.triggers import TriggerEvent, TriggerQueue
from pi_uploader.triggers.schedule import interval_trigger
from pi_uploader.upload.process import upload_all
from pi_uploader.upload.uploader import Uploader
from pi_uploader.watchdog import Watchdog
from tests.support import faults
from tests.support.capturing import camera_settings
from tests.support.fake_clock import FakeClock
from tests.support.fault_server import FaultServer
from tests.support.program import StartProgram
from tests.support.spool_photos import put
from tests.support.waiting import wait_for

A_DAY = 24 * 3600.0


class StuckCamera:
    """A camera whose driver hangs until the test releases it."""

    def __init__(self) -> None:
        self.entered, self.released = threading.Event(), threading.Event()

    def take(self, context: CaptureContext) -> Shot:
        self.entered.set()
        self.released.wait()
        raise OSError("gone")

    def close(self) -> None:
        """Nothing is open."""


def test_a_loop_is_overdue_after_the_deadline_it_announced() -> None:
    """Its wait may be long, if it was announced."""
    clock = FakeClock(seconds=0.0)
    watchdog = Watchdog(clock)
    keep_alive = watchdog.watch("waiting")
    assert watchdog.overdue() == []
    keep_alive(A_DAY)
    clock.seconds = A_DAY
    assert watchdog.overdue() == []
    clock.seconds = A_DAY + 1
    assert watchdog.overdue() == ["waiting"]
    keep_alive(10)
    assert watchdog.overdue() == []


def test_promise_16_a_camera_that_hangs_is_overdue() -> None:
    """The capture loop has announced one photo."""
    clock, camera, queue = FakeClock(seconds=0.0), StuckCamera(), TriggerQueue()
    watchdog = Watchdog(clock)
    handler = TriggerHandler(camera_settings(), camera, spool=None)  # type: ignore[arg-type]
    loop = threading.Thread(target=handler.run, args=(queue, watchdog.watch("capturing")))
    loop.start()
    queue.put(TriggerEvent(Trigger.MOTION, 0.0))
    try:
        assert camera.entered.wait(90)
        assert watchdog.overdue() == []
        clock.seconds = 3600.0
        assert watchdog.overdue() == ["capturing"]
    finally:
        queue.close()
        camera.released.set()
        loop.join(90)


def test_promise_16_an_upload_that_hangs_is_overdue(tmp_path: Path) -> None:
    """No step takes that long, whatever it waits for."""
    clock, stop = FakeClock(seconds=0.0), threading.Event()
    watchdog = Watchdog(clock)
    with FaultServer(faults.hang) as server:
        uploader = Uploader(Spool(tmp_path), BackendClient(server.base_url, None))
        put(Spool(tmp_path), 1)
        loop = threading.Thread(
            target=upload_all, args=(uploader, stop, watchdog.watch("upload 1"))
        )
        loop.start()
        wait_for(lambda: server.requests, what="the request")
        assert watchdog.overdue() == []
        clock.seconds = 3600.0
        assert watchdog.overdue() == ["upload 1"]
        stop.set()
    uploader.wake_ups.close()
    loop.join(90)
    assert not loop.is_alive()


def test_promise_16_a_timer_that_hangs_is_overdue() -> None:
    """It has announced its next tick."""
    clock, queue = FakeClock(seconds=0.0), TriggerQueue()
    watchdog = Watchdog(clock)
    with interval_trigger(A_DAY, queue, watchdog.watch("the timer")):
        assert queue.get(90)
        clock.seconds = A_DAY
        assert watchdog.overdue() == []
        clock.seconds = 2 * A_DAY
        assert watchdog.overdue() == ["the timer"]


@pytest.fixture
def systemd_socket(tmp_path: Path) -> Iterator[socket.socket]:
    """The socket on which systemd would listen."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as connection:
        connection.bind(str(tmp_path / "notify"))
        connection.settimeout(90)
        yield connection


def drain(systemd_socket: socket.socket) -> list[bytes]:
    """Return the messages that have come so far."""
    systemd_socket.settimeout(0)
    messages = []
    with suppress(BlockingIOError):
        while message := systemd_socket.recv(64):
            messages.append(message)
    return messages


def states(pid: int) -> set[str]:
    """Return the states of the threads of a process: T is stopped."""
    files = Path(f"/proc/{pid}/task").glob("*/stat")
    return {file.read_text().rpartition(")")[2].split()[0] for file in files}


@pytest.mark.parametrize("command", ["capture", "upload"])
def test_promise_16_systemd_is_notified_that_the_process_is_ready_and_alive(
    start_program: StartProgram, systemd_socket: socket.socket, command: str
) -> None:
    """As in sd_notify(3); a frozen process sends nothing."""
    program = start_program(
        command,
        NOTIFY_SOCKET=systemd_socket.getsockname(),
        WATCHDOG_USEC="100000",
        CAMERA_SOURCE="simulated",
        PIR_PIN="none",
        CAMERA_EVERY="1h",
        BASE_URL="http://127.0.0.1:9",
    )
    while (message := systemd_socket.recv(64)) != b"READY=1":
        assert message == b"WATCHDOG=1"  # a camera may take its time to open
    assert [systemd_socket.recv(64) for _ in range(3)] == [b"WATCHDOG=1"] * 3
    program.process.send_signal(signal.SIGSTOP)
    wait_for(lambda: states(program.process.pid) == {"T"}, what="the stop of all its threads")
    sent_before = drain(systemd_socket)
    assert set(sent_before) <= {b"WATCHDOG=1"}
    systemd_socket.settimeout(1)
    with pytest.raises(TimeoutError):
        systemd_socket.recv(64)
    program.process.send_signal(signal.SIGCONT)
    systemd_socket.settimeout(90)
    assert systemd_socket.recv(64) == b"WATCHDOG=1"


@pytest.mark.parametrize(
    "wrong", [{"CAMERA_REPLAY": "/proc/self/fd"}, {"PIR_PIN": "17", "CAMERA_PIN": "18"}]
)
def test_capture_is_ready_when_cameras_and_pins_are_open(
    start_program: StartProgram, systemd_socket: socket.socket, wrong: dict[str, str]
) -> None:
    """Otherwise `systemctl restart` would report success for a device that takes no photos."""
    settings = {"CAMERA_SOURCE": "simulated", "PIR_PIN": "none", "CAMERA_EVERY": "1h", **wrong}
    program = start_program(
        "capture",
        NOTIFY_SOCKET=systemd_socket.getsockname(),
        WATCHDOG_USEC="100000",
        GPIOZERO_PIN_FACTORY="none-such",
        **settings,
    )
    assert program.process.wait(90) == 78
    assert b"READY=1" not in drain(systemd_socket)


def test_no_message_is_sent_where_no_watchdog_listens(start_program: StartProgram) -> None:
    """Without NOTIFY_SOCKET, and where the watchdog is meant for another process."""
    program = start_program(
        "capture",
        NOTIFY_SOCKET="/nowhere/at/all",
        WATCHDOG_USEC="100000",
        WATCHDOG_PID="1",
        CAMERA_SOURCE="simulated",
        PIR_PIN="none",
        CAMERA_EVERY="1h",
    )
    program.wait_for_output("photo taken")
    assert program.stop() == 0
