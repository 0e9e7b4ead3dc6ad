"""Sources of photos. Each kind of camera has a module or package of its own, imported on demand."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from photo_wire.media import Media
from pi_uploader.cameras.camera import (
    NO_CLIPS,
    Camera,
    CameraError,
    CameraGoneError,
    CaptureContext,
    Checkable,
    ClipRecorder,
    FrameSource,
    MomentCamera,
    NetworkResult,
    Recorder,
    Shot,
    Viewfinder,
)
from pi_uploader.settings import CameraSettings

if TYPE_CHECKING:
    from pi_uploader.cameras.feed import Watching

__all__ = [
    "NO_CLIPS",
    "Camera",
    "CameraError",
    "CameraGoneError",
    "CaptureContext",
    "Checkable",
    "ClipRecorder",
    "FrameSource",
    "MomentCamera",
    "NetworkResult",
    "Recorder",
    "Shot",
    "Viewfinder",
    "find_shared_cameras",
    "open_camera",
]


def open_camera(settings: CameraSettings) -> Camera:
    """Return the camera that the settings describe.

    Raises SettingsError if it cannot work with these settings: a folder without pictures, a
    library or a program that is missing. Raises CameraGoneError if it is not there.
    """
    match settings.source:
        case "picamera2":
            return _open_picamera2(settings)
        case "rtsp":
            return _open_rtsp(settings)
        case "usb":
            from pi_uploader.cameras.usb import UsbCamera

            return UsbCamera(
                settings.device,
                size=settings.size,
                clip_seconds=_clip_seconds(settings),
                watching=_watching(settings),
                name=settings.name,
            )
    if settings.replay is not None:
        from pi_uploader.cameras.replay import ReplayCamera

        return ReplayCamera(settings.replay)
    from pi_uploader.cameras.simulated.camera import SimulatedCamera

    return SimulatedCamera(settings.name, pre_roll=settings.preroll, is_watched=settings.is_watched)


def _open_picamera2(settings: CameraSettings) -> Camera:
    from pi_uploader.cameras.picamera.camera import Picamera2Camera
    from pi_uploader.cameras.picamera.mode import ClipLength, Mode

    mode = Mode(
        size=settings.size,
        format=settings.format,
        rotation=settings.rotation,
        focus=settings.focus,
        exposure=settings.exposure,
        clip=ClipLength(settings.clip, settings.preroll),
    )
    network = settings.model if settings.detects_in_camera else None
    return Picamera2Camera(mode, settings.sensor, network)


def _open_rtsp(settings: CameraSettings) -> Camera:
    from pi_uploader.cameras.rtsp.auth import Credentials
    from pi_uploader.cameras.rtsp.camera import RtspCamera
    from pi_uploader.cameras.rtsp.connection import Trust

    credentials = None
    if settings.user is not None:
        credentials = Credentials(
            settings.user, settings.password or "", allows_basic=settings.auth == "basic"
        )
    return RtspCamera(
        settings.url or "",
        credentials,
        Trust(settings.ca, settings.fingerprint),
        transport=settings.transport,
        clip_seconds=_clip_seconds(settings),
        watching=_watching(settings),
        substream=settings.substream,
        name=settings.name,
    )


def _clip_seconds(settings: CameraSettings) -> float | None:
    return settings.clip if settings.format is Media.MP4 else None


def _watching(settings: CameraSettings) -> "Watching":
    from pi_uploader.cameras.feed import Watching

    return Watching(settings.is_watched, settings.kept_seconds, settings.preroll)


def find_shared_cameras(settings: Sequence[CameraSettings]) -> list[str]:
    """Return one error text for each camera of the Pi that several of these settings use, one by
    its number and another by its id. Raises SettingsError if picamera2 cannot be used."""
    sensors = {one.name: one.sensor for one in settings if one.source == "picamera2"}
    if len(sensors) < 2:
        return []
    from pi_uploader.cameras.picamera.library import find_shared_sensors

    return find_shared_sensors(sensors)
