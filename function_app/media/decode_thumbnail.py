"""Make a thumbnail of the picture on standard input, in a process that may be killed for it.

`python -I decode_thumbnail.py PACKAGES SECONDS FORMAT ORIENTATION` finds Pillow in the folder
PACKAGES and writes a JPEG to standard output. It exits with 0; with NO_THUMBNAIL if none can be
made of this picture, whatever the reason; or SIGXCPU ends it after SECONDS of CPU time. It is a
script that imports nothing of Nightjar.
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
MAX_MEMORY_BYTES = 640 << 20  # of address space; 64 megapixels, progressive, take 420 MB
MAX_TIFF_PIXELS = 4_000_000  # as in dng.py
NO_THUMBNAIL, NO_PILLOW = 10, 11  # exit codes


def thumbnail(picture: bytes, picture_format: str, orientation: int) -> bytes:
    """Return a JPEG of up to SIZE pixels without metadata, turned by the EXIF `orientation`.

    `picture_format` is Pillow's name for it. Raises whatever Pillow raises.
    """
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # the caller has checked the size
    with Image.open(io.BytesIO(picture), formats=[picture_format]) as opened:
        if opened.format == "TIFF":
            _check_tiff(opened)
        opened.draft("RGB", SIZE)  # a JPEG decodes to a fraction of its size, which is cheap
        small = opened.convert("RGB")
    small.thumbnail(SIZE)
    file = io.BytesIO()
    _turned(small, orientation).save(file, "JPEG", quality=80)
    return file.getvalue()


def _check_tiff(picture: "Image.Image") -> None:
    """Return for a small TIFF that is not compressed. Others may expand to any size, whatever they
    state, since tiles have a size of their own."""
    pixels = picture.width * picture.height
    if picture.info.get("compression") != "raw" or pixels > MAX_TIFF_PIXELS:
        raise ValueError("is compressed, or too large")


def _turned(picture: "Image.Image", orientation: int) -> "Image.Image":
    from PIL.Image import Transpose

    transpositions = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    transposition = transpositions.get(orientation)
    return picture if transposition is None else picture.transpose(transposition)


def main() -> NoReturn:
    packages, seconds, picture_format, orientation = sys.argv[1:]
    _limit_itself(int(seconds))
    sys.path.append(packages)
    try:
        import PIL.Image  # noqa: F401
    except ImportError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(NO_PILLOW) from None
    try:
        small = thumbnail(sys.stdin.buffer.read(), picture_format, int(orientation))
    except Exception as error:  # noqa: BLE001 - Pillow raises errors of every kind, MemoryError too
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        raise SystemExit(NO_THUMBNAIL) from None
    sys.stdout.buffer.write(small)
    sys.stdout.buffer.flush()
    raise SystemExit(0)


def _limit_itself(cpu_seconds: int) -> None:
    """Limit this process to what a picture needs, and give requests the first call on CPU and
    memory."""
    with suppress(ImportError):  # Windows has none of these
        import resource

        for limit, soft, hard in (
            (resource.RLIMIT_CPU, cpu_seconds, cpu_seconds + 1),
            (resource.RLIMIT_AS, MAX_MEMORY_BYTES, MAX_MEMORY_BYTES),
            (resource.RLIMIT_CORE, 0, 0),
            (resource.RLIMIT_FSIZE, 0, 0),
        ):
            with suppress(ValueError, OSError):  # macOS does not limit RLIMIT_AS
                resource.setrlimit(limit, (soft, hard))
        os.nice(10)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(
            "1000"
        )  # if memory runs out, this process ends first


if __name__ == "__main__":
    main()
