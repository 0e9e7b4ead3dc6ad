"""The settings, from the environment or from a config file, read once, every mistake reported at
once."""

from pi_uploader.settings.camera import CameraSettings
from pi_uploader.settings.device import (
    CaptureSettings,
    OnceSettings,
    Settings,
    UploadSettings,
    all_settings,
)
from pi_uploader.settings.setting import Group, Setting, SettingsError

__all__ = [
    "MISCONFIGURED",
    "CameraSettings",
    "CaptureSettings",
    "Group",
    "OnceSettings",
    "Setting",
    "Settings",
    "SettingsError",
    "UploadSettings",
    "all_settings",
]

MISCONFIGURED = 78
"""Exit code of a process whose settings are wrong (EX_CONFIG in sysexits.h)."""
