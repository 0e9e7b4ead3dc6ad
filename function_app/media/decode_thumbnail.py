"""Make a thumbnail of the picture on standard input, in a process that may die of it.

`python -I decode_thumbnail.py PACKAGES SECONDS FORMAT ORIENTATION` finds Pillow in the folder
PACKAGES and writes a JPEG to standard output. It exits with 0, with NO_THUMBNAIL if none can be
made of this picture, whatever the reason, or dies of SIGXCPU after SECONDS of CPU time. It imports
nothing of Nightjar.
"""

import io
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from PIL import Image

SIZE = (480, 480)  # pixels, at most
MAX_MEMORY = 640 << 20  # bytes of address space; 64 megapixels, progressive, take 420 MB
MAX_TIFF_PIXELS = 4_000_000  # as in raw_previews.py
NO_THUMBNAIL, NO_PILLOW = 10, 11  # exit codes


def thumbnail(picture: bytes, kind: str, orientation: int) -> bytes:
    """Return a JPEG of up to SIZE pixels, turned as EXIF's `orientation` says, without metadata.

    `kind` is Pillow's name for the format. Raises whatever Pillow raises.
    """
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # the caller has looked at the size
    with Image.open(io.BytesIO(picture), formats=[kind]) as opened:
        if opened.format == "TIFF":
            _check_tiff(opened)
        opened.draft("RGB", SIZE)  # a JPEG decodes to a fraction of its size, which is cheap
        small = opened.convert("RGB")
    small.thumbnail(SIZE)
    file = io.BytesIO()
    _turned(small, orientation).save(file, "JPEG", quality=80)
    return file.getvalue()


def _check_tiff(picture: "Image.Image") -> None:
    """Return for a small TIFF that is not compressed: others may unfold to anything, whatever they
    say, since tiles have a size of their own."""
    pixels = picture.width * picture.height
    if picture.info.get("compression") != "raw" or pixels > MAX_TIFF_PIXELS:
        raise ValueError("is compressed, or too large")


def _turned(picture: "Image.Image", orientation: int) -> "Image.Image":
    from PIL.Image import Transpose

    ways = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    way = ways.get(orientation)
    return picture if way is None else picture.transpose(way)


def main() -> NoReturn:
    packages, seconds, kind, orientation = sys.argv[1:]
    _limit_itself(int(seconds))
    sys.path.append(packages)
    try:
        import PIL.Image  # noqa: F401
    except ImportError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(NO_PILLOW) from None
    try:
        small = thumbnail(sys.stdin.buffer.read(), kind, int(orientation))
    except Exception as error:  # noqa: BLE001 - Pillow raises of every kind, MemoryError too
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        raise SystemExit(NO_THUMBNAIL) from None
    sys.stdout.buffer.write(small)
    sys.stdout.buffer.flush()
    raise SystemExit(0)


def _limit_itself(cpu_seconds: int) -> None:
    """Take no more than a picture needs, and leave CPU and memory to requests first."""
    with suppress(ImportError):  # Windows has none of these
        import resource

        for limit, soft, hard in (
            (resource.RLIMIT_CPU, cpu_seconds, cpu_seconds + 1),
            (resource.RLIMIT_AS, MAX_MEMORY, MAX_MEMORY),
            (resource.RLIMIT_CORE, 0, 0),
            (resource.RLIMIT_FSIZE, 0, 0),
        ):
            with suppress(ValueError, OSError):  # macOS does not limit RLIMIT_AS
                resource.setrlimit(limit, (soft, hard))
        os.nice(10)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")  # where memory ends, it ends first


if __name__ == "__main__":
    main()
