"""Floods of the capture process's socket: photos are taken all the same, and afterwards requests
are answered as before."""

import socket
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil

from pi_uploader.capture.control_server import MAX_CONNECTIONS
from pi_uploader.control import SOCKET_NAME, ask
from tests.support.program import StartProgram, photos_in
from tests.support.waiting import wait_for

SENT = (
    b"",  # nothing
    b'{"do": "sta',  # half a request
    b'{"do": "logs", "lines": 1000}\n',  # and the reply is never read
    b"\0" * 3000,
)


def test_connections_that_wait_send_half_or_read_nothing_stop_no_photo(
    start_program: StartProgram, spool_folder: Path
) -> None:
    program = start_program(
        "capture",
        CAMERA_SOURCE="simulated",
        CAMERA_NAME="gate",
        PIR_PIN="none",
        CAMERA_EVERY="0.2s",
    )
    program.wait_for_output("photo taken")
    process = psutil.Process(program.process.pid)
    threads = process.num_threads()
    with ExitStack() as flood:
        for number in range(100):
            connection = flood.enter_context(socket.socket(socket.AF_UNIX))
            connection.setblocking(False)
            with suppress(BlockingIOError, BrokenPipeError):  # the socket's queue is full
                connection.connect(str(spool_folder / SOCKET_NAME))
                connection.send(SENT[number % len(SENT)])
        before = photos_in(spool_folder)
        wait_for(lambda: photos_in(spool_folder) >= before + 2, what="photos during the flood")
        assert process.num_threads() <= threads + MAX_CONNECTIONS
        assert process.num_fds() < 80
    assert ask(spool_folder, {"do": "state"}, 90).members["cameras"]["gate"]["armed"]
    assert "Traceback" not in program.output
