"""What the cameras of the pictured site see: the scene of the simulated camera, each from its own
place, one of them by infrared light."""

import threading
from datetime import datetime
from io import BytesIO

from PIL import Image, ImageOps

from photo_wire.motion import Box
from pi_uploader.cameras.media.dng import add_preview
from pi_uploader.cameras.media.preview import draw_preview, with_preview
from pi_uploader.cameras.simulated import clip
from pi_uploader.cameras.simulated.scene import HEIGHT, WIDTH, Visit, draw, find_visit
from tests.support.pictures import pi_dng

# Which part of the scene a camera sees: left, top, right, bottom in pixels. Others see all of it.
PARTS = {
    "drive": (200, 255, 920, 660),
    "entry": (540, 200, 1240, 594),
    "garden": (0, 300, 640, 660),
    "cellar": (420, 250, 900, 520),
}
BY_INFRARED = ("drive",)
PERSON, FOX = (110, 200), (230, 125)  # their width and height, in pixels of the scene
STUB_SIZE = (480, 270)


def take(camera: str, at: datetime) -> bytes:
    """Return the JPEG that a camera took, with the small view that cameras embed."""
    file = BytesIO()
    _see(camera, at).save(file, "JPEG", quality=85, exif=_exif(camera, at))
    photo = file.getvalue()
    return with_preview(photo, lambda: draw_preview(photo))


def take_stub(camera: str, at: datetime) -> bytes:
    """Return the small JPEG that a camera keeps of a trigger without motion. It is one if `at` is
    in a pause between the visits of the watched scene."""
    file = BytesIO()
    _see(camera, at, is_watched=True).resize(STUB_SIZE).save(file, "JPEG", quality=60)
    return file.getvalue()


def _see(camera: str, at: datetime, is_watched: bool = False) -> Image.Image:
    picture = draw(at, camera, is_watched)
    if camera in PARTS:
        picture = picture.crop(PARTS[camera]).resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    if camera in BY_INFRARED:
        picture = ImageOps.autocontrast(ImageOps.grayscale(picture), cutoff=1).convert("RGB")
    return picture


def visit_at(at: datetime) -> Visit | None:
    """Return who crosses the scene."""
    return find_visit(at.timestamp(), is_watched=False)


def box_of(camera: str, visit: Visit) -> Box | None:
    """Return where a camera sees a visitor; None if it does not."""
    left, top, right, bottom = PARTS.get(camera, (0, 0, WIDTH, HEIGHT))
    width, height = PERSON if visit.is_person else FOX
    start, end = max(visit.x - width // 2, left), min(visit.x + width // 2, right)
    head, feet = max(visit.feet - height, top), min(visit.feet, bottom)
    if start >= end or head >= feet:
        return None
    shares = (start - left, head - top, end - start, feet - head)
    sizes = (right - left, bottom - top) * 2
    return Box(*(share / size for share, size in zip(shares, sizes, strict=True)))


def _exif(camera: str, at: datetime) -> Image.Exif:
    """Return what a Raspberry Pi's camera says of a photo."""
    exif = Image.Exif()
    exif.update({0x010E: camera, 0x010F: "Raspberry Pi", 0x0110: "imx708_noir"})
    taken = f"{at:%Y:%m:%d %H:%M:%S}"
    exif.get_ifd(0x8769).update({0x9003: taken, 0x829A: 1 / 30, 0x8827: 800})
    return exif


def take_clip(camera: str, at: datetime) -> bytes:
    """Return an MP4 of two seconds, with a poster."""
    return clip.record(camera, at, 2, threading.Event(), is_watched=False)


def take_raw(at: datetime) -> bytes:
    """Return a raw picture (DNG) with a preview in it."""
    preview = BytesIO()
    draw(at, "barn").save(preview, "JPEG", quality=85)
    raw = BytesIO(pi_dng(1, size=(640, 480)))
    add_preview(raw, preview.getvalue(), (WIDTH, HEIGHT))
    return raw.getvalue()
