"""Read the time that the pictures of a scripted network camera show (server.py)."""

import subprocess
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

COLUMNS = 32  # of a picture, a bit each


def time_in_photo(photo: bytes) -> float:
    """Return when the picture was made, in monotonic seconds of this machine."""
    return _time_in(Image.open(BytesIO(photo)).convert("L"))


def first_time_in_clip(clip: bytes) -> float:
    """Return when the first picture of a clip was made."""
    with TemporaryDirectory() as folder:
        file, first = Path(folder, "clip.mp4"), Path(folder, "first.png")
        file.write_bytes(clip)
        subprocess.run(
            ["ffmpeg", "-v", "error", "-i", file, "-map", "0:v:0", "-frames:v", "1", first],
            check=True,
        )
        return _time_in(Image.open(first).convert("L"))


def _time_in(picture: Image.Image) -> float:
    line = picture.resize((COLUMNS, 1), Image.Resampling.BOX).tobytes()
    return int("".join("1" if level > 128 else "0" for level in line), 2) / 1000
