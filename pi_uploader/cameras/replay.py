"""A camera that replays the pictures of a folder, their bytes unchanged."""

from pathlib import Path

from photo_wire.media import Media
from pi_uploader.cameras.camera import CameraError, CaptureContext, Shot
from pi_uploader.cameras.media.preview import draw_view
from pi_uploader.errors import describe
from pi_uploader.settings import SettingsError


class ReplayCamera:
    """Returns the .jpg, .jpeg, .dng and .mp4 files of `folder` in the order of their names, again
    and again. Files that are added or removed meanwhile count from the next photo on. Hidden files,
    such as macOS's ._a.jpg, are ignored.

    Raises SettingsError if the folder holds no such file now.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._last_name = ""
        try:
            self._list_pictures()
        except CameraError as error:
            raise SettingsError(
                [f"CAMERA_REPLAY: {error}; expected a folder with .jpg, .jpeg, .dng or .mp4 files"]
            ) from None

    def take(self, context: CaptureContext) -> Shot:
        """Return the next picture. Raises CameraError if it cannot be read, or none is left."""
        pictures = self._list_pictures()
        name = min((name for name in pictures if name > self._last_name), default=min(pictures))
        self._last_name = name  # also of an unreadable file, so that the next photo is another one
        try:
            return Shot((self._folder / name).read_bytes(), pictures[name])
        except OSError as error:
            raise CameraError(f"{self._folder / name} cannot be read: {error.strerror}") from error

    def preview(self) -> bytes:
        """Return the picture that was taken last, small; before the first one, the first picture.
        Raises CameraError if it is no JPEG."""
        pictures = self._list_pictures()
        name = self._last_name if self._last_name in pictures else min(pictures)
        if pictures[name] is not Media.JPEG:
            raise CameraError(f"{name} is no JPEG, of which a live picture could be made")
        try:
            return draw_view((self._folder / name).read_bytes())
        except Exception as error:
            raise CameraError(f"{name} cannot be shown: {describe(error)}") from error

    def close(self) -> None:
        """Do nothing: no file stays open."""

    def _list_pictures(self) -> dict[str, Media]:
        """Return the media type of each picture by its file name. Raises CameraError if there is no
        picture."""
        try:
            files = list(self._folder.iterdir())
        except OSError as error:
            raise CameraError(f"{self._folder} cannot be read: {error.strerror}") from error
        pictures = {file.name: media for file in files if (media := _media_of(file))}
        if not pictures:
            raise CameraError(f"there is no picture in {self._folder}")
        return pictures


def _media_of(file: Path) -> Media | None:
    if file.name.startswith("."):  # such as the ._a.jpg that macOS writes beside a.jpg
        return None
    suffix = file.suffix.lower().removeprefix(".")
    return Media.of_suffix("jpg" if suffix == "jpeg" else suffix)
