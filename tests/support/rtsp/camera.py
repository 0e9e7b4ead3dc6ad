"""Starts and stops the network camera of the tests."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE

DEBIANS_PYTHON = "/usr/bin/python3"
SERVER = Path(__file__).with_name("server.py")


@dataclass
class NetworkCamera:
    """A running server; `freeze` stops all of its answers, as a camera that hangs."""

    process: "subprocess.Popen[str]"
    port: int

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self.port}/stream"

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)


@contextmanager
def network_camera(*words: str, port: int = 0) -> Iterator[NetworkCamera]:
    """A camera that serves as long as this lasts; `words` are arguments of server.py."""
    command = [DEBIANS_PYTHON, str(SERVER), "--port", str(port), *words]
    with subprocess.Popen(command, stdout=PIPE, stderr=DEVNULL, text=True) as process:
        try:
            assert process.stdout
            yield NetworkCamera(process, int(process.stdout.readline()))
            assert process.poll() is None, f"the server itself died: {process.returncode}"
        finally:
            process.kill()


def is_available() -> bool:
    """Whether the server's and ffmpeg's packages are here (install.sh)."""
    probe = "import gi; gi.require_version('GstRtspServer', '1.0')"
    try:
        subprocess.run([DEBIANS_PYTHON, "-c", probe], check=True, stderr=DEVNULL)
        subprocess.run(["ffmpeg", "-version"], check=True, stdout=DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True
