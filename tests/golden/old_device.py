"""Drive a device that is recorded: its program, as processes that are started in its checkout."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.support.fault_server import FaultServer, Handler
from tests.support.pictures import jpeg
from tests.support.waiting import wait_for


class OldDevice:
    """The program in `code`, with a spool in `spool`."""

    def __init__(self, code: Path, spool: Path, scratch: Path) -> None:
        self.spool = spool
        self._code = code
        self._scratch = scratch
        self._pictures = 0

    def run(self, *args: str, **settings: str) -> str:
        """Run `pi-uploader ARGS` to its end and return its output."""
        done = subprocess.run(
            [sys.executable, "-m", "pi_uploader", *args],
            cwd=self._code,
            env=self._environ(settings),
            stdout=subprocess.PIPE,
            text=True,
            timeout=90,
        )
        return done.stdout

    def capture(self, camera: str, trigger: str, **settings: str) -> None:
        """Take one photo of its own picture."""
        self._pictures += 1
        replay = self._scratch / f"picture-{self._pictures}"
        replay.mkdir()
        (replay / "picture.jpg").write_bytes(jpeg(self._pictures))
        more = {"CAMERA_NAME": camera, "CAMERA_REPLAY": str(replay), **settings}
        self.run("capture", "--once", "--trigger", trigger, **more)

    def upload(self, handler: Handler, is_done: Callable[[], object], **settings: str) -> None:
        """Upload to a backend that answers like this, until `is_done`."""
        with FaultServer(handler) as server:
            self.upload_to(server.base_url, is_done, **settings)

    def upload_to(self, base_url: str, is_done: Callable[[], object], **settings: str) -> None:
        """Upload to the backend at this address, until `is_done`."""
        process = subprocess.Popen(
            [sys.executable, "-m", "pi_uploader", "upload"],
            cwd=self._code,
            env=self._environ({"BASE_URL": base_url, **settings}),
        )
        try:
            wait_for(is_done, what="the upload")
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(90)

    def count(self, pattern: str) -> int:
        return sum(path.is_file() for path in self.spool.glob(pattern))

    def _environ(self, settings: dict[str, str]) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self._scratch),
            "CAMERA_SPOOL": str(self.spool),
            "CAMERA_RUNTIME_FOLDER": str(self._scratch / "run"),
            "CAMERA_SOURCE": "simulated",
            "CAMERA_CLOCK": "trusted",
            "PIR_PIN": "none",
            "AZURE_FUNCTION_KEY": "a key of the tests",
            **settings,
        }
