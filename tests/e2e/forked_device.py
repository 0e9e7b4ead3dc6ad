"""Forks the device's two processes from one that has loaded everything, so that hundreds of them
can be started and killed in a minute. Each kills itself, with SIGKILL, at a point.

    python -m tests.e2e.forked_device       the settings are in the environment
    {"part": "upload", "kill_at": 7}        a line on its standard input; null for no kill
    4711                                    and the id of the process on its standard output

A point is before an operation that changes the disk, and before and after a request to the backend
or to the capture process. They are counted from 0 in each process.
"""

import ctypes
import itertools
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from pi_uploader import control
from pi_uploader.agent import execution, live, schedule, state
from pi_uploader.capture import run_capture
from pi_uploader.client import BackendClient
from pi_uploader.settings import CaptureSettings, UploadSettings, load_settings
from pi_uploader.spool.disk import Disk
from pi_uploader.upload.process import run_upload

OPERATIONS = ("create", "write", "flush", "rename", "remove", "flush_folder")
_PR_SET_PDEATHSIG = 1  # prctl(2)


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # ended children leave no zombies
    for line in sys.stdin:
        request = json.loads(line)
        if (process := os.fork()) == 0:
            _run(request["part"], request["kill_at"])
        print(process, flush=True)


def _run(part: str, kill_at: int | None) -> None:
    """Run one of the two processes, and end this one with it."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    logging.basicConfig(level=logging.INFO, format=f"{part} %(message)s")
    _set_points(part, kill_at)
    schedule.MAX_START_SECONDS = 0.0
    try:
        if part == "capture":
            run_capture(load_settings(CaptureSettings, os.environ), threading.Event())
        else:
            run_upload(load_settings(UploadSettings, os.environ), threading.Event())
    finally:
        os._exit(1)


def _set_points(part: str, kill_at: int | None) -> None:
    numbers = itertools.count()

    def pass_point(label: str) -> None:
        if (number := next(numbers)) == kill_at:
            logging.info("killed at %s %d: %s", part, number, label)
            os.kill(os.getpid(), signal.SIGKILL)

    for name in OPERATIONS:
        setattr(Disk, name, _with_points(getattr(Disk, name), name, pass_point, is_method=True))
    send = BackendClient._send_once
    BackendClient._send_once = _with_points(send, "send", pass_point, is_method=True)  # type: ignore[method-assign]
    ask = _with_points(control.ask, "ask", pass_point, is_method=False)
    for module in (execution, live, state):
        module.ask = ask  # type: ignore[attr-defined]


def _with_points(
    function: Callable[..., Any], name: str, pass_point: Callable[[str], None], is_method: bool
) -> Callable[..., Any]:
    def wrapped(*arguments: Any, **keywords: Any) -> Any:
        about = arguments[1]
        if isinstance(about, dict):
            label = f"{name} {about['do']}"
        elif name == "send":
            label = f"{name} {about}"
        else:
            label = f"{name} {getattr(about, 'suffix', '')}"
        pass_point(label)
        result = function(*arguments, **keywords)
        if not is_method or name == "send":
            pass_point(f"{label}, done")
        return result

    return wrapped


if __name__ == "__main__":
    main()
