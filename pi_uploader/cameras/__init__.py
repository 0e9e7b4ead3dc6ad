"""Where photos come from. Each kind of camera has a module of its own, imported when it is used."""

from pi_uploader.cameras.camera import Camera, CameraError, Occasion, Shot
from pi_uploader.settings import CaptureSettings

__all__ = ["Camera", "CameraError", "Occasion", "Shot", "open_camera"]


def open_camera(settings: CaptureSettings) -> Camera:
    """The camera that the settings ask for. Raises SettingsError where it cannot work like that:
    a folder without pictures, a library that is missing."""
    if settings.replay is not None:
        from pi_uploader.cameras.replay import ReplayCamera

        return ReplayCamera(settings.replay)
    from pi_uploader.cameras.simulated import SimulatedCamera

    return SimulatedCamera(settings.camera)
