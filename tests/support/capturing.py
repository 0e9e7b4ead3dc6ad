"""Settings and cameras for tests of capturing."""

from pathlib import Path

from photo_wire.media import Media
from pi_uploader.cameras import CaptureContext, Shot
from pi_uploader.settings import CameraSettings, CaptureSettings, load_settings

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
