"""Where photos come from. Each kind of camera has a module of its own, imported when it is used."""

from collections.abc import Sequence

from photo_wire.media import Media
from pi_uploader.cameras.camera import (
    Camera,
    CameraError,
    CameraGoneError,
    CaptureContext,
    Checkable,
    Recorder,
    Shot,
)
from pi_uploader.settings import CameraSettings

__all__ = [
    "Camera",
    "CameraError",
    "CameraGoneError",
    "CaptureContext",
    "Checkable",
    "Recorder",
    "Shot",
    "cameras_used_twice",
    "open_camera",
]


def open_camera(settings: CameraSettings) -> Camera:
    """The camera that the settings ask for. Raises SettingsError where it cannot work like that:
    a folder without pictures, a library or a program that is missing."""
    clip = settings.clip if settings.format is Media.MP4 else None
    match settings.source:
        case "picamera2":
            from pi_uploader.cameras.picamera import Picamera2Camera

            return Picamera2Camera(
                sensor=settings.sensor,
                size=settings.size,
                format=settings.format,
                rotation=settings.rotation,
                lens_position=settings.focus,
                exposure=settings.exposure,
                clip_seconds=settings.clip,
                pre_roll_seconds=settings.preroll,
            )
        case "rtsp":
            from pi_uploader.cameras.rtsp import RtspCamera

            return RtspCamera(
                settings.url or "",
                user=settings.user,
                password=settings.password,
                password_may_be_readable=settings.auth == "basic",
                transport=settings.transport,
                ca=settings.ca,
                fingerprint=settings.fingerprint,
                clip_seconds=clip,
            )
        case "usb":
            from pi_uploader.cameras.usb import UsbCamera

            return UsbCamera(settings.device, size=settings.size, clip_seconds=clip)
    if settings.replay is not None:
        from pi_uploader.cameras.replay import ReplayCamera

        return ReplayCamera(settings.replay)
    from pi_uploader.cameras.simulated import SimulatedCamera

    return SimulatedCamera(settings.name)


def cameras_used_twice(settings: Sequence[CameraSettings]) -> list[str]:
    """Return a line for each of the Pi's cameras that several of these settings mean, one by its
    number and another by its id. Raises SettingsError if the Pi's camera library cannot be used."""
    of_the_pi = {one.name: one.sensor for one in settings if one.source == "picamera2"}
    if len(of_the_pi) < 2:
        return []
    from pi_uploader.cameras.picamera_library import used_twice

    return used_twice(of_the_pi)
