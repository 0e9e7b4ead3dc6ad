"""Live pictures of a stream that ffmpeg reads, while somebody looks.

The first look starts a process of ffmpeg, which writes small pictures to a pipe. It ends
IDLE_SECONDS after the last look. So a look does not wait for a new connection each time, and nobody
pays for pictures at which nobody looks. Nothing is written to a disk.
"""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress

from pi_uploader.cameras.camera import VIEW_WIDTH, CameraError
from pi_uploader.cameras.ffmpeg import Stream, explain, start
from pi_uploader.cameras.media.mjpeg import END

IDLE_SECONDS = 10.0  # without a look, after which the process ends
START_SECONDS = 15.0  # for the first picture: connecting, and waiting for a key frame
MAX_AGE_SECONDS = 10.0  # of a picture; network cameras send a key frame every few seconds
MIN_INTERVAL_SECONDS = 0.4  # between two pictures
MAX_PICTURE_BYTES = 1024 * 1024
MAX_ERROR_BYTES = 4096
STOP_SECONDS = 2.0  # for a killed process to end
OUTPUT_OPTIONS = (
    *("-map", "0:v:0", "-vf"),
    f"select='isnan(prev_selected_t)+gte(t-prev_selected_t,{MIN_INTERVAL_SECONDS:g})',"
    f"scale='min({VIEW_WIDTH},iw)':'min({VIEW_WIDTH},ih)':force_original_aspect_ratio=decrease",
    *("-fps_mode", "passthrough", "-c:v", "mjpeg", "-q:v", "5", "-flags:v", "+bitexact"),
    *("-flush_packets", "1", "-f", "image2pipe", "pipe:1"),
)

OpenStream = Callable[[], AbstractContextManager[Stream]]


class LiveStream:
    """The newest picture of a stream. `open_stream` opens it for as long as somebody looks."""

    def __init__(self, open_stream: OpenStream) -> None:
        self._open_stream = open_stream
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._pauses = 0  # that have begun and not ended
        self._picture = b""
        self._received_at = self._asked_at = float("-inf")  # monotonic seconds
        self._problem = ""

    def latest(self) -> bytes:
        """Return a JPEG that is MAX_AGE_SECONDS old at most. Raises CameraError if there is none,
        because the stream fails or is paused."""
        with self._changed:
            self._asked_at = time.monotonic()
            if self._thread is None and not self._pauses:
                self._problem = ""
                self._thread = threading.Thread(target=self._run, name="live", daemon=True)
                self._thread.start()
            self._changed.wait_for(lambda: self._is_fresh() or not self._thread, START_SECONDS)
            if self._is_fresh():
                return self._picture
            if self._process:  # it hangs: the next look starts another one
                self._process.kill()
            problem = "it takes a photo just now" if self._pauses else self._problem
            raise CameraError(problem or f"it sent no picture within {START_SECONDS:g} s")

    def pause(self) -> None:
        """End the process, since the device is needed for a photo, until `resume`."""
        with self._changed:
            self._pauses += 1
            thread = self._thread
            if self._process:
                self._process.kill()
        if thread:
            thread.join(STOP_SECONDS)

    def resume(self) -> None:
        """Allow pictures again; the next look starts the process."""
        with self._changed:
            self._pauses -= 1

    def _is_fresh(self) -> bool:
        return time.monotonic() - self._received_at < MAX_AGE_SECONDS

    def _run(self) -> None:
        problem = ""
        try:
            with self._open_stream() as stream:
                self._read(stream)
        except Exception as error:  # noqa: BLE001  whatever it is, who looks is shown it
            problem = str(error) or type(error).__name__
        with self._changed:
            self._thread = self._process = None
            self._problem = problem
            self._changed.notify_all()

    def _read(self, stream: Stream) -> None:
        """Keep the newest picture of the stream until nobody looks. Raises CameraError if ffmpeg
        ends before."""
        started = time.monotonic()
        with start(stream, OUTPUT_OPTIONS) as process:
            with self._changed:
                self._process = process
                if self._pauses:
                    process.kill()
            assert process.stderr
            os.set_blocking(process.stderr.fileno(), False)
            try:
                errors = self._keep_newest(process)
            finally:
                process.kill()
        if process.returncode != -signal.SIGKILL:  # it ended by itself
            message = errors.decode(errors="replace").strip()
            raise CameraError(explain(stream, message, time.monotonic() - started))

    def _keep_newest(self, process: "subprocess.Popen[bytes]") -> bytes:
        """Receive pictures until ffmpeg ends or nobody looks; return its last errors."""
        assert process.stdout
        assert process.stderr
        content = errors = b""
        while block := os.read(process.stdout.fileno(), 65536):
            errors = (errors + (process.stderr.read() or b""))[-MAX_ERROR_BYTES:]
            content += block
            while (end := content.find(END)) >= 0:
                self._receive(content[: end + len(END)])
                content = content[end + len(END) :]
            is_idle = time.monotonic() - self._asked_at > IDLE_SECONDS
            if is_idle or len(content) > MAX_PICTURE_BYTES:
                process.kill()
                return b""
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        return errors + (process.stderr.read() or b"")

    def _receive(self, picture: bytes) -> None:
        with self._changed:
            self._picture, self._received_at = picture, time.monotonic()
            self._changed.notify_all()
