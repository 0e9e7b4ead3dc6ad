"""A camera that draws its photos: a garden gate at dusk, and who walks past it."""

from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING

from photo_wire.media import Media
from pi_uploader.cameras.camera import Shot
from pi_uploader.settings import SettingsError

if TYPE_CHECKING:
    from PIL.Image import Exif

EXIF_FOLDER = 0x8769  # where the tags below lie
DATE_TIME_ORIGINAL = 0x9003
OFFSET_TIME_ORIGINAL = 0x9011
SUBSEC_TIME_ORIGINAL = 0x9291
MAKE, MODEL, DATE_TIME = 0x010F, 0x0110, 0x0132


class SimulatedCamera:
    """Draws what the camera called `name` would see. `now` tells the time in UTC; the same time
    gives the same photo.

    Raises SettingsError if Pillow, which draws, is not installed.
    """

    def __init__(self, name: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        try:
            import PIL  # noqa: F401
        except ImportError as error:
            raise SettingsError(
                [
                    "CAMERA_SOURCE: 'simulated' needs Pillow, which is not installed; expected "
                    "pip install 'nightjar[simulated]' before, or CAMERA_REPLAY with a folder"
                ]
            ) from error
        self._name = name
        self._now = now

    def take(self) -> Shot:
        """A JPEG of 1280 x 720 pixels, with the time in its EXIF (UTC)."""
        from pi_uploader.cameras.simulated.scene import draw

        moment = self._now()
        file = BytesIO()
        draw(moment, self._name).save(file, "JPEG", quality=85, exif=_exif(moment))
        return Shot(file.getvalue(), Media.JPEG)

    def close(self) -> None:
        """Nothing is held open."""


def _exif(moment: datetime) -> "Exif":
    from PIL.Image import Exif

    exif = Exif()
    exif[MAKE] = "Nightjar"
    exif[MODEL] = "simulated camera"
    exif[DATE_TIME] = f"{moment:%Y:%m:%d %H:%M:%S}"
    photo = exif.get_ifd(EXIF_FOLDER)
    photo[DATE_TIME_ORIGINAL] = f"{moment:%Y:%m:%d %H:%M:%S}"
    photo[OFFSET_TIME_ORIGINAL] = "+00:00"
    photo[SUBSEC_TIME_ORIGINAL] = f"{moment.microsecond // 1000:03d}"
    return exif
