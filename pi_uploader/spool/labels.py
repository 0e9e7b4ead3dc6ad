"""What a model found in photos, a small file for each beside the spool's photos.

    labels/entry-20261120T120134567Z-5f3a9c2e    person=0.93, vehicle=0.51

It has what the header X-Labels says; it is empty if the model found nothing. None is flushed: after
a power cut a photo is uploaded as UNKNOWN, and so it is if its file holds anything else.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from time import time

from photo_wire.errors import WireError
from photo_wire.headers import ClockStatus
from photo_wire.motion import UNKNOWN, Label, format_labels, parse_labels
from photo_wire.name import PhotoName, parse_name
from pi_uploader.spool.photo import SpooledPhoto
from pi_uploader.state_files import open_regular_file, write_atomically

MAX_BYTES = 1024  # of a file; eight labels have less than half of that
MAX_FILES = 2000  # the newest; photos that wait longer are uploaded without labels
MIN_AGE_SECONDS = 600.0  # of a file, before it can be one without a photo


class LabelStore:
    """The labels in the folder `labels` of a spool."""

    def __init__(self, spool: Path) -> None:
        self.folder = spool / "labels"

    def put(self, photo: PhotoName, labels: Sequence[Label]) -> None:
        """Store the labels of a photo; none if there are none. Raises OSError."""
        with suppress(FileExistsError):
            self.folder.mkdir()
        write_atomically(self.folder / str(photo), format_labels(labels).encode())

    def get(self, photo: SpooledPhoto) -> tuple[Label, ...] | None:
        """Return the labels of a photo; None if it was not looked at yet. Whatever is wrong with
        the folder or the file costs labels: the photo is UNKNOWN then."""
        try:
            file = self._find(photo)
            if file is None:
                return None
            with open_regular_file(file) as opened:
                text = opened.read(MAX_BYTES + 1).decode("ascii")
            return parse_labels(text) if text else ()
        except (OSError, UnicodeDecodeError, WireError):
            return (UNKNOWN,)

    def remove(self, photo: SpooledPhoto) -> None:
        """Delete the labels of a photo that has left the spool."""
        with suppress(OSError):
            if file := self._find(photo):
                file.unlink()

    def _find(self, photo: SpooledPhoto) -> Path | None:
        """Return the file of a photo; None if there is none. That of a photo which got its time
        later still has the first name, and is found by the tag. Raises OSError."""
        name = photo.name
        exact = self.folder / str(name)
        with suppress(FileNotFoundError):
            exact.lstat()
            return exact
        if photo.clock is ClockStatus.SYNCED:
            return None
        return next(self.folder.glob(f"{name.camera}-????????T?????????Z-{name.tag}"), None)

    def purge(self, photos: Iterable[SpooledPhoto]) -> int:
        """Delete the labels of others than these `photos`, which are all in the spool, what a crash
        has left half written, and the oldest above MAX_FILES; return how many. Files of other names
        stay. Raises OSError."""
        if not self.folder.is_dir():
            return 0
        files = sorted(self._files(), key=lambda one: one[0], reverse=True)
        doomed = {name: file for _, name, file in files[MAX_FILES:]}
        before = time() - MIN_AGE_SECONDS
        old = {name: file for written_at, name, file in files[:MAX_FILES] if written_at < before}
        if old:
            doomed |= _without_photo(old, photos)
        for file in doomed.values():
            with suppress(OSError):
                file.unlink()
        return len(doomed)

    def _files(self) -> Iterable[tuple[float, str, Path]]:
        """Yield when each file was written, the camera and tag of its photo, and the file."""
        for file in self.folder.iterdir():
            try:
                name = parse_name(file.name.removesuffix(".new"))
                if not file.is_dir():
                    yield file.lstat().st_mtime, _key(name, file.suffix), file
            except (WireError, OSError):
                continue


def _without_photo(files: dict[str, Path], photos: Iterable[SpooledPhoto]) -> dict[str, Path]:
    """Return the files of which the photo is not among these."""
    left = dict(files)
    for photo in photos:
        left.pop(_key(photo.name), None)
        if not left:
            break
    return left


def _key(name: PhotoName, suffix: str = "") -> str:
    return f"{name.camera} {name.tag}{suffix}"
