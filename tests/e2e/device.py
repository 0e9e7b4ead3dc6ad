"""The Pi's program as its own processes, with a simulated camera that takes a photo each second."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from pi_uploader.spool import Spool
from pi_uploader.spool.admin import count_spool
from tests.support.backend import Backend


class Device:
    """`pi-uploader` with a spool in `folder`. It writes its output into `log`."""

    def __init__(self, folder: Path, camera: str, log: Path) -> None:
        self.spool = folder / "spool"
        self.camera = camera
        self.log = log
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(
        self,
        command: str,
        backend: Backend,
        base_url: str = "",
        every: str = "1s",
        **settings: str,
    ) -> "subprocess.Popen[bytes]":
        """Start `pi-uploader COMMAND` with this backend, or with another base URL."""
        env = {
            **os.environ,
            "BASE_URL": base_url or backend.base_url,
            "AZURE_FUNCTION_KEY": backend.function_key,
            "CAMERA_SOURCE": "simulated",
            "CAMERA_CLOCK": "trusted",
            "CAMERA_NAME": self.camera,
            "CAMERA_SPOOL": str(self.spool),
            "CAMERA_EVERY": every,
            "PIR_PIN": "none",
            "CAMERA_HEARTBEAT": "off",
            **settings,
        }
        with self.log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "pi_uploader", command],
                env=env,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._processes.append(process)
        return process

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Send the signal to all processes, and wait for their end."""
        for process in self._processes:
            process.send_signal(number)
        for process in self._processes:
            process.wait(90)
        self._processes.clear()

    def waiting(self) -> int:
        """Return how many photos wait in the spool."""
        return count_spool(self.spool).waiting

    def newest_id(self) -> str:
        """Return the id of the newest photo."""
        photo = Spool(self.spool).newest()
        assert photo is not None
        return str(photo.name)
