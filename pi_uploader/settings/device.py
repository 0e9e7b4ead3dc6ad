"""The settings that name a device."""

from dataclasses import dataclass

from photo_wire.errors import WireError
from photo_wire.name import check_camera
from pi_uploader.settings import camera_values, values
from pi_uploader.settings.common import Settings
from pi_uploader.settings.setting import Default, setting
from pi_uploader.settings.source import Source, Table

_DEFAULT = "camera"


def first_camera(source: Source) -> str:
    """Return the name of the first camera. A name that is wrong is the capture process's mistake,
    and not one of the device's name."""
    name = source.text("CAMERA_NAME")
    if isinstance(source, Table) and source.file.cameras:
        first = next(iter(source.file.cameras))
        name = source.file.table(first).text("CAMERA_NAME") or first
    try:
        return check_camera(name or _DEFAULT)
    except WireError:
        return _DEFAULT


@dataclass(frozen=True, kw_only=True)
class DeviceSettings(Settings):
    """The name of the device, and the site that it belongs to; None for no site."""

    device: str = setting(
        "CAMERA_DEVICE_NAME",
        camera_values.camera_name,
        "1 to 32 of a-z, 0-9 and -, beginning with a letter or digit",
        "Name of this device, under which the backend knows its key, its state and its commands.",
        default=Default(first_camera, "the name of the first camera"),
    )
    site: str | None = setting(
        "CAMERA_SITE",
        values.site,
        f"up to {values.MAX_SITE} printable characters",
        "Name of the place where this device is. Devices of one site that fall silent together are "
        "one alert.",
    )
