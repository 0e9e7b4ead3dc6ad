"""A fake Picamera2 with the real signatures, and a picture of one colour.

Tests set in `hardware` how the camera fails, and read there which cameras were opened.
"""

import errno
import os
import threading
import time
from concurrent.futures import CancelledError, Future
from typing import Any

from libcamera import Transform
from PIL import Image
from PIL.TiffImagePlugin import IFDRational


class Hardware:
    """The cameras of the machine. Each number says how many more times something fails."""

    def __init__(self) -> None:
        self.is_there = True
        self.lost_frames = int(os.environ.get("FAKE_LOST_FRAMES", "0"))
        self.failed_saves: list[Exception] = []
        self.failed_encoders: list[Exception] = []
        self.failed_images: list[Exception] = []
        self.no_memory = 0  # configurations that fail
        self.hanging_closes = 0
        self.cameras: list[dict[str, Any]] = [
            {"Model": "imx708", "Id": "/base/soc/i2c@1/imx708@1a", "Num": 0}
        ]
        self.af_states: list[int] = []  # of the next frames; after them the lens has settled
        self.adjustments: dict[str, Any] = {}  # to every configuration
        self.opened: list[Picamera2] = []
        self.network: dict[str, Any] = {}  # of an IMX500: see devices/imx500.py
        self.dng = b""
        self.mp4 = b""


hardware = Hardware()


class Job:
    def __init__(self, functions, signal_function=None):  # type: ignore[no-untyped-def]
        self._functions = functions
        self._future: Future[Any] = Future()
        self._future.set_running_or_notify_cancel()

    def get_result(self, timeout: float | None = None) -> Any:
        return self._future.result(timeout=timeout)

    def cancel(self) -> None:
        self._future.set_exception(CancelledError())


class CompletedRequest:
    def __init__(self, request: Any, picam2: "Picamera2") -> None:
        self.picam2 = picam2
        self.exposed_from = request
        self.config = picam2.camera_config.copy()
        self.ref_count = 1

    def release(self) -> None:
        self.ref_count -= 1
        if self.ref_count < 0:
            raise RuntimeError("CompletedRequest: lock now has negative ref_count")
        self.picam2.unreleased -= 1

    def get_metadata(self) -> dict[str, Any]:
        return {
            "CnnOutputTensor": hardware.network.get("outputs"),
            "SensorTimestamp": self.exposed_from + 10_000_000,
            "ExposureTime": 10_000,
            "AnalogueGain": 2.0,
            "DigitalGain": 1.0,
            "AfState": hardware.af_states.pop(0) if hardware.af_states else 2,
        }

    def make_image(
        self, name: str, width: int | None = None, height: int | None = None
    ) -> Image.Image:
        if hardware.failed_images:
            raise hardware.failed_images.pop()
        whole = self.config[name]["size"]
        return Image.new("RGB", (width or whole[0], height or whole[1]), "teal")

    def make_buffer(self, name: str) -> bytes:
        """A frame of the second stream: orange, with other bytes behind each line."""
        (width, height), stride = self.config[name]["size"], self.config[name]["stride"]
        planes = (
            (150, width, height, stride),
            *[(c, width // 2, height // 2, stride // 2) for c in (60, 190)],
        )
        lines = (
            bytes([value]) * w + b"\0" * (line - w)
            for value, w, h, line in planes
            for _ in range(h)
        )
        return b"".join(lines)

    def save(
        self,
        name: str,
        file_output: Any,
        format: str | None = None,
        exif_data: dict[str, Any] | None = None,
    ) -> None:
        if hardware.failed_saves:
            raise hardware.failed_saves.pop()
        size = self.picam2.camera_config[name]["size"]
        exif = Image.Exif()
        for tag, value in (exif_data or {}).get("0th", {}).items():
            exif[tag] = value
        for tag, value in (exif_data or {}).get("Exif", {}).items():
            exif.get_ifd(0x8769)[tag] = IFDRational(*value) if isinstance(value, tuple) else value
        Image.new("RGB", size, "teal").save(file_output, format, exif=exif)

    def save_dng(self, file_output: Any, name: str = "raw") -> None:
        if self.picam2.camera_config.get(name) is None:
            raise RuntimeError(f"Stream {name!r} is not defined")
        file_output.write(hardware.dng)


class Picamera2:
    def __init__(self, camera_num=0, verbose_console=None, tuning=None, allocator=None):  # type: ignore[no-untyped-def]
        self.camera_config: dict[str, Any] = {}
        self.started = self.closed = False
        self.unreleased = 0  # requests that are not released yet
        self.encoders: list[Any] = []
        self.sensor_resolution = (4608, 2592)
        self._job_list: list[Job] = []
        self.number = self.global_camera_info()[camera_num]["Num"]
        if any(one.number == self.number and not one.closed for one in hardware.opened):
            raise RuntimeError("Camera __init__ sequence did not complete.")
        hardware.opened.append(self)

    @staticmethod
    def global_camera_info() -> list[Any]:
        order = sorted(hardware.cameras, key=lambda one: ("/usb" not in one["Id"], one["Id"]))
        return order[::-1] if hardware.is_there else []

    @property
    def camera_controls(self) -> dict[str, tuple[Any, Any, Any]]:
        return {"AfMode": (0, 2, 0), "LensPosition": (0.0, 15.0, 1.0), "ExposureTime": (1, 2, 1)}

    def create_still_configuration(  # type: ignore[no-untyped-def]
        self,
        main={},  # noqa: B006  as in the real one
        lores=None,
        raw={},  # noqa: B006
        transform=Transform(),  # noqa: B008
        colour_space="Sycc",
        buffer_count=1,
        controls={},  # noqa: B006
        display=None,
        encode=None,
        queue=True,
        sensor={},  # noqa: B006
        use_case="still",
    ) -> dict[str, Any]:
        return {
            "main": {"format": "BGR888", "size": (1152, 648), **main},
            "lores": lores and {**lores, "stride": lores["size"][0] + 64},  # libcamera's alignment
            "raw": raw,
            "transform": transform,
            "buffer_count": buffer_count,
            "controls": controls,
            "use_case": use_case,
        }

    def create_video_configuration(  # type: ignore[no-untyped-def]
        self,
        main={},  # noqa: B006
        lores=None,
        raw={},  # noqa: B006
        transform=Transform(),  # noqa: B008
        colour_space=None,
        buffer_count=6,
        controls={},  # noqa: B006
        display="main",
        encode="main",
        queue=True,
        sensor={},  # noqa: B006
        use_case="video",
    ) -> dict[str, Any]:
        return {
            "main": {"format": "XBGR8888", "size": (1280, 720), **main},
            "lores": lores and {**lores, "stride": lores["size"][0] + 64},  # libcamera's alignment
            "raw": raw,
            "transform": transform,
            "buffer_count": buffer_count,
            "controls": controls,
            "use_case": use_case,
        }

    def configure(self, camera_config=None) -> None:  # type: ignore[no-untyped-def]
        if hardware.no_memory:
            hardware.no_memory -= 1
            raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
        self.camera_config = camera_config
        for stream, adjusted in hardware.adjustments.items():
            if isinstance(adjusted, dict):
                camera_config[stream].update(adjusted)  # the caller's own object
            else:
                camera_config[stream] = adjusted

    def camera_configuration(self) -> dict[str, Any]:
        return self.camera_config

    def start(self, config=None, show_preview=False) -> None:  # type: ignore[no-untyped-def]
        if not self.camera_config:
            raise RuntimeError("Camera has not been configured")
        self.started = True

    def capture_request(self, wait=None, signal_function=None, flush=None) -> Any:  # type: ignore[no-untyped-def]
        assert wait is False, "a call without a timeout hangs when the camera does"
        job = Job([])  # type: ignore[no-untyped-call]
        self._job_list.append(job)
        is_stalled = self.unreleased >= self.camera_config["buffer_count"]
        if hardware.lost_frames:
            hardware.lost_frames -= 1
        elif not is_stalled and self.started:
            self.unreleased += 1
            # Without a flush it may have been exposed before; with a moment, soon after that.
            newest = time.monotonic_ns()
            exposed_from = newest if flush is True else flush or newest - 100_000_000
            job._future.set_result(CompletedRequest(exposed_from, self))
            self._job_list.remove(job)
        return job

    def wait(self, job: Job, timeout=None) -> Any:  # type: ignore[no-untyped-def]
        assert timeout is not None
        return job.get_result(timeout=min(timeout, 0.2))  # a lost frame never comes

    def cancel_all_and_flush(self) -> None:
        for job in self._job_list:
            job.cancel()
        self._job_list = []

    def start_encoder(self, encoder=None, output=None, pts=None, quality=None, name=None) -> None:  # type: ignore[no-untyped-def]
        if hardware.failed_encoders:
            raise hardware.failed_encoders.pop()
        encoder.output = output
        encoder.is_running = True
        output.start()
        self.encoders.append(encoder)

    def stop_encoder(self, encoders=None) -> None:  # type: ignore[no-untyped-def]
        for encoder in list(self.encoders) if encoders is None else [encoders]:
            encoder.is_running = False
            encoder.output.stop()
            self.encoders.remove(encoder)

    def close(self) -> None:
        if hardware.hanging_closes:
            hardware.hanging_closes -= 1
            threading.Event().wait()
        self.started, self.closed = False, True


__all__ = ["CompletedRequest", "Job", "Picamera2", "fate"]
