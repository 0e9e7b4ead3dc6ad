"""How long it takes from a trigger to the receipt, with both processes of a device on loopback."""

import os
import signal
import socket
import threading
import time
from pathlib import Path
from queue import SimpleQueue

from bench import null_server
from bench.effort import Effort
from bench.idle import program
from bench.repeat import Samples, percentile, progress
from bench.report import Figure

PAUSE = 0.4  # seconds between triggers: a cooldown would ignore none of them
TIMEOUT = 60  # seconds until a trigger without a receipt is an error


def measure(folder: Path, effort: Effort) -> list[Figure]:
    count = effort.pick(120, 20, 3)
    receipts: SimpleQueue[float] = SimpleQueue()
    spool = folder / "spool"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        threading.Thread(target=_accept, args=(listener, receipts), daemon=True).start()
        with program("upload", spool, url), program("capture", spool, url) as capture:
            _until_first(capture, receipts)
            took = []
            progress(f"{count} triggers")
            for number in range(count):
                # at every point of a second, so that no polling is met at the same point each time
                time.sleep(PAUSE + number * 0.618 % 1 * PAUSE)
                start = time.monotonic()
                os.kill(capture, signal.SIGUSR1)
                took.append((receipts.get(timeout=TIMEOUT) - start) * 1000)
    remark = f"{count} triggers"
    return [
        Figure("trigger to receipt, p50", Samples(tuple(took)), "ms", 60, True),
        Figure("trigger to receipt, p95", percentile(took, 95), "ms", 120, True, remark),
    ]


def _accept(listener: socket.socket, receipts: "SimpleQueue[float]") -> None:
    def respond(headers: dict[str, str], size: int) -> bytes:
        response = null_server.response(headers, size)
        if b"sha256" in response:
            receipts.put(time.monotonic())
        return response

    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=null_server.serve, args=(connection, respond), daemon=True).start()


def _until_first(capture: int, receipts: "SimpleQueue[float]") -> None:
    """Trigger until the first receipt arrives: both processes have started then."""
    deadline = time.monotonic() + TIMEOUT
    while receipts.empty():
        if time.monotonic() > deadline:
            raise RuntimeError("the device sends no photo")
        time.sleep(0.5)
        if _handles(capture, signal.SIGUSR1):  # it would end a process that does not handle it
            os.kill(capture, signal.SIGUSR1)
    time.sleep(2)  # photos of the other triggers
    while not receipts.empty():
        receipts.get()


def _handles(pid: int, number: signal.Signals) -> bool:
    """Return whether a process has a handler of this signal (SigCgt in proc_pid_status(5))."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    caught = next(int(line.split()[1], 16) for line in lines if line.startswith("SigCgt:"))
    return bool(caught >> (number - 1) & 1)
