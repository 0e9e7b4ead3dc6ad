"""Start and stop the network camera of the tests."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from subprocess import DEVNULL, PIPE

DEBIANS_PYTHON = "/usr/bin/python3"
SERVER = Path(__file__).with_name("server.py")


@dataclass
class NetworkCamera:
    """A running server; `freeze` makes it stop responding, as a camera that hangs."""

    process: "subprocess.Popen[str]"
    port: int

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self.port}/stream"

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def show(self, script: str) -> None:
        """Change what a camera shows that was started with --scripted."""
        assert self.process.stdin
        self.process.stdin.write(script + "\n")
        self.process.stdin.flush()

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)


@contextmanager
def network_camera(*options: str, port: int = 0) -> Iterator[NetworkCamera]:
    """Run a camera until the end of the block; `options` are those of server.py."""
    command = [DEBIANS_PYTHON, str(SERVER), "--port", str(port), *options]
    pipes = {"stdin": PIPE, "stdout": PIPE, "stderr": DEVNULL}
    with subprocess.Popen(command, text=True, **pipes) as process:  # type: ignore[call-overload]
        try:
            assert process.stdout
            yield NetworkCamera(process, int(process.stdout.readline()))
            assert process.poll() is None, f"the server itself died: {process.returncode}"
        finally:
            process.kill()


@cache  # the modules of five kinds of tests ask for it
def is_available() -> bool:
    """Return whether the packages of the server and of ffmpeg are installed (install.sh)."""
    probe = "import gi; gi.require_version('GstRtspServer', '1.0')"
    try:
        subprocess.run([DEBIANS_PYTHON, "-c", probe], check=True, stderr=DEVNULL)
        subprocess.run(["ffmpeg", "-version"], check=True, stdout=DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True
