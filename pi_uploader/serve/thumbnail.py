"""The preview inside a JPEG file."""

from pathlib import Path

from pi_uploader.jpeg_preview import preview_in
from pi_uploader.state_files import open_regular_file

MAX_HEAD = 256 * 1024  # bytes of the file in which the preview is looked for


def preview_of(file: Path) -> bytes | None:
    """Return the preview that a JPEG file contains; None if it has none. Raises OSError."""
    with open_regular_file(file) as opened:
        return preview_in(opened.read(MAX_HEAD))
