"""JPEGs that ffmpeg writes one after the other."""

from collections.abc import Iterator

from pi_uploader.cameras.ring import Picture

MAX_PICTURE_BYTES = 16 * 1024 * 1024
END = b"\xff\xd9"  # of a JPEG; it has no such bytes elsewhere, since ffmpeg writes no metadata


class JpegSplitter:
    """Splits what comes into JPEGs."""

    can_be_read = True

    def __init__(self) -> None:
        self._rest = b""

    def split(self, block: bytes, at: float) -> Iterator[Picture]:
        """Yield the JPEGs that are complete with this block, which came at `at`. Raises ValueError
        if one does not end."""
        searched = max(0, len(self._rest) - 1)  # the mark may be half in what was searched already
        self._rest += block
        while (end := self._rest.find(END, searched)) >= 0:
            yield Picture(self._rest[: end + len(END)], at)
            self._rest, searched = self._rest[end + len(END) :], 0
        if len(self._rest) > MAX_PICTURE_BYTES:
            raise ValueError(f"a picture has more than {MAX_PICTURE_BYTES} bytes")
