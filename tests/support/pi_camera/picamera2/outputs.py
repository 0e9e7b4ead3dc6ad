"""The outputs of encoders."""

from pathlib import Path
from typing import Any

from picamera2 import hardware


class PyavOutput:
    def __init__(self, output_name, format=None, pts=None, options=None):  # type: ignore[no-untyped-def]
        self._output_name = output_name
        self.options = options

    def start(self) -> None:
        Path(self._output_name).write_bytes(b"")

    def stop(self) -> None:
        Path(self._output_name).write_bytes(hardware.mp4)


class CircularOutput2:
    def __init__(self, pts=None, buffer_duration_ms=5000):  # type: ignore[no-untyped-def]
        self.buffer_duration_ms = buffer_duration_ms
        self._output: Any = None

    def open_output(self, output) -> None:  # type: ignore[no-untyped-def]
        if self._output:
            raise RuntimeError("Underlying output must be closed first")
        output.start()
        self._output = output

    def close_output(self) -> None:
        if not self._output:
            raise RuntimeError("No underlying output has been opened")
        self._output.stop()
        self._output = None

    def start(self) -> None:
        pass

    def stop(self) -> None:
        if self._output:
            self._output.stop()
            self._output = None
