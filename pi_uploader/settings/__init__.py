"""The settings, from the environment or from a config file.

setting.py: what a setting is. source.py: where its text comes from. values.py, camera_values.py:
parsers. common.py, device.py, camera.py, camera_motion.py,
camera_detect.py, camera_unused.py, capture.py, upload.py, serve.py,
mqtt.py: the settings themselves. load.py: loading all. packages.py: what is not installed and they
need.
"""

from pi_uploader.settings.camera import CameraSettings
from pi_uploader.settings.capture import CaptureSettings, OnceSettings
from pi_uploader.settings.common import Settings
from pi_uploader.settings.device import DeviceSettings
from pi_uploader.settings.load import (
    all_settings,
    detectors,
    load_settings,
    secret_settings,
    sort_by_line,
    without_secrets,
)
from pi_uploader.settings.mqtt import MqttSettings, is_mqtt_set
from pi_uploader.settings.serve import ServeSettings, is_serve_set
from pi_uploader.settings.setting import Group, Setting, SettingsError
from pi_uploader.settings.upload import UploadSettings

__all__ = [
    "MISCONFIGURED",
    "CameraSettings",
    "CaptureSettings",
    "DeviceSettings",
    "Group",
    "MqttSettings",
    "OnceSettings",
    "ServeSettings",
    "Setting",
    "Settings",
    "SettingsError",
    "UploadSettings",
    "all_settings",
    "detectors",
    "is_mqtt_set",
    "is_serve_set",
    "load_settings",
    "secret_settings",
    "sort_by_line",
    "without_secrets",
]

MISCONFIGURED = 78
"""Exit code of a process whose settings are wrong (EX_CONFIG in sysexits.h)."""
