"""Settings and cameras for tests of capturing."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from photo_wire.media import Media
from pi_uploader.cameras import CaptureContext, Shot
from pi_uploader.capture import run_capture
from pi_uploader.control import NotRunningError, Reply, ask
from pi_uploader.settings import CameraSettings, CaptureSettings, load_settings
from tests.support.waiting import wait_for

PHOTO = Shot(b"a photo", Media.JPEG)


def camera_settings(**env: str) -> CameraSettings:
    """Return the settings of one simulated camera."""
    [one] = capture_settings(Path("/nowhere"), **env).cameras
    return one


def capture_settings(spool: Path, **env: str) -> CaptureSettings:
    """Return the settings of a capture process with one simulated camera, `gate`."""
    return load_settings(
        CaptureSettings,
        {
            "CAMERA_SOURCE": "simulated",
            "CAMERA_CLOCK": "trusted",
            "CAMERA_SPOOL": str(spool),
            "CAMERA_NAME": "gate",
            **env,
        },
    )


class ScriptedCamera:
    """Raises these errors, in turn, and takes photos after that."""

    def __init__(self, *errors: Exception) -> None:
        self._errors = iter(errors)

    def take(self, context: CaptureContext) -> Shot:
        if error := next(self._errors, None):
            raise error
        return PHOTO

    def close(self) -> None:
        pass


def idle_settings(folder: Path, **more: str) -> CaptureSettings:
    """Return the settings of a capture process that takes a photo an hour."""
    return load_settings(
        CaptureSettings,
        {
            "CAMERA_SPOOL": str(folder / "spool"),
            "CAMERA_RUNTIME_FOLDER": str(folder / "run"),
            "CAMERA_SOURCE": "simulated",
            "CAMERA_CLOCK": "trusted",
            "PIR_PIN": "none",
            "CAMERA_EVERY": "1h",
            **more,
        },
    )


Ask = Callable[..., Reply]


@contextmanager
def asking(settings: CaptureSettings, stop: threading.Event | None = None) -> Iterator[Ask]:
    """Capture in a thread until the end of the block, or until `stop` is set. Yields a function
    that asks the process: `ask("photo", camera="gate", tag="0000002a")`."""
    stop = stop or threading.Event()
    thread = threading.Thread(target=run_capture, args=(settings, stop), daemon=True)

    def ask_capture(do: str, **members: Any) -> Reply:
        return ask(settings.spool, {"do": do, **members}, 90)

    thread.start()
    try:
        wait_for(lambda: _listens(settings.spool), what="a capture process that listens")
        yield ask_capture
    finally:
        stop.set()
        thread.join(90)
        assert not thread.is_alive()


def _listens(spool: Path) -> bool:
    try:
        return bool(ask(spool, {"do": "state"}, 90).members)
    except NotRunningError:
        return False
