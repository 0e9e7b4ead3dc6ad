"""A camera that replays a folder of pictures, their bytes unchanged."""

from pathlib import Path

from photo_wire.media import Media
from pi_uploader.cameras.camera import CameraError, CaptureContext, Shot
from pi_uploader.settings import SettingsError


class ReplayCamera:
    """Gives the .jpg, .jpeg, .dng and .mp4 files of `folder` by name, again and again. What is
    added to the folder or taken from it meanwhile counts from the next photo on. Hidden files, such
    as macOS's ._a.jpg, are none.

    Raises SettingsError if there is no such file now.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._last = ""
        try:
            self._pictures()
        except CameraError as error:
            raise SettingsError(
                [f"CAMERA_REPLAY: {error}; expected a folder with .jpg, .jpeg, .dng or .mp4 files"]
            ) from None

    def take(self, occasion: CaptureContext) -> Shot:
        """The next picture. Raises CameraError if it cannot be read, or none is left."""
        pictures = self._pictures()
        name = min((name for name in pictures if name > self._last), default=min(pictures))
        self._last = name  # also of one that cannot be read: the next photo is another one
        try:
            return Shot((self._folder / name).read_bytes(), pictures[name])
        except OSError as error:
            raise CameraError(f"{self._folder / name} cannot be read: {error.strerror}") from error

    def close(self) -> None:
        """Nothing is held open."""

    def _pictures(self) -> dict[str, Media]:
        try:
            files = list(self._folder.iterdir())
        except OSError as error:
            raise CameraError(f"{self._folder} cannot be read: {error.strerror}") from error
        kinds = {file.name: _media(file) for file in files}
        pictures = {name: media for name, media in kinds.items() if media}
        if not pictures:
            raise CameraError(f"there is no picture in {self._folder}")
        return pictures


def _media(file: Path) -> Media | None:
    if file.name.startswith("."):  # as macOS names what it lays beside a file on a USB stick
        return None
    suffix = file.suffix.lower().removeprefix(".")
    return Media.of_suffix("jpg" if suffix == "jpeg" else suffix)
