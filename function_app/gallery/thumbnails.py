"""`GET /api/photos/{id}/thumbnail`: a small picture, made when it is first asked for, and kept."""

import threading
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO

import azure.functions as func

from function_app.backend import Backend
from function_app.gallery.covers import cover
from function_app.gallery.photo_file import open_photo
from function_app.gallery.photos import CACHE, listed
from function_app.gallery.ranges import is_cached
from function_app.gallery.raw_previews import preview
from function_app.people.caller import Caller
from function_app.refused import RefusedError
from function_app.replies import Reply
from photo_wire.media import Media

if TYPE_CHECKING:
    from PIL import Image

SIZE = (480, 480)  # pixels, at most
# Pixels of a picture, by its format; a bomb of a few bytes may unfold to more. A TIFF cannot be
# decoded to a fraction of its size, and a DNG's, as `_picture` finds it, should be a small one.
MOST_PIXELS = {"JPEG": 64_000_000, "TIFF": 4_000_000}
_ORIENTATION = 0x0112  # Exif's tag
AT_ONCE = 128 * 1024  # bytes; a clip's description with its poster, or a raw picture's preview

# A JPEG of so many pixels in several scans takes up to 500 MB while it is decoded; an instance has
# 512 to 4096, and up to 16 requests at once.
_decoding = threading.Lock()


def get_thumbnail(req: func.HttpRequest, backend: Backend, caller: Caller) -> Reply:
    """200 with a JPEG, 304 if the client has it; 404 if none can be made."""
    photo = listed(req, backend, caller)
    headers = {"ETag": f'"{photo.sha256}-{SIZE[0]}"', **CACHE}
    kind = Media.JPEG.content_type
    if is_cached(req.headers.get("If-None-Match"), headers["ETag"]):
        return Reply(304, content_type=kind, headers=headers)
    small = backend.thumbnails.read(photo)
    if small is None:
        at_once = photo.size if photo.media is Media.JPEG else AT_ONCE
        with open_photo(backend.blobs, photo, at_once) as file:
            small = thumbnail(file, photo.media)
        backend.thumbnails.write(photo, small)  # several at once write the same
    if not small:
        said = f"There is no thumbnail of {photo.name}: it holds no preview."
        raise RefusedError(404, said, CACHE)  # nor will it ever: its bytes never change
    return Reply(200, small, kind, headers)


def thumbnail(photo: BinaryIO, media: Media) -> bytes:
    """A JPEG of up to SIZE pixels; nothing if none can be made of this photo: a clip or a raw
    picture without a preview, one of too many pixels, or one that is damaged."""
    from PIL import Image, ImageOps  # it takes longer to load than the rest of a request

    try:
        file, kind, turned = _picture(photo, media)
        with _decoding, Image.open(file, formats=[kind]) as picture:
            if picture.width * picture.height > MOST_PIXELS[kind] or _is_packed(picture):
                return b""
            picture.draft("RGB", SIZE)  # a JPEG decodes to a fraction of its size, which is cheap
            if turned != 1:
                picture.getexif()[_ORIENTATION] = turned
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):  # all are Pillow's
        return b""
    upright.thumbnail(SIZE)
    small = BytesIO()
    upright.save(small, "JPEG", quality=80)
    return small.getvalue()


def _is_packed(picture: "Image.Image") -> bool:
    """Whether it is a compressed TIFF. That may unfold to anything, whatever its size: its tiles
    have one of their own."""
    return picture.format == "TIFF" and picture.info.get("compression") != "raw"


def _picture(photo: BinaryIO, media: Media) -> tuple[BinaryIO, str, int]:
    """The picture that stands for the photo, its format as Pillow calls it, and how it is to be
    turned if not as it says itself. What is needed of the photo was fetched then."""
    match media:
        case Media.JPEG:
            photo.seek(0)
            return BytesIO(photo.read()), "JPEG", 1
        case Media.MP4:
            return BytesIO(cover(photo)), "JPEG", 1
        case Media.DNG:
            jpeg, turned = preview(photo)
            if jpeg:
                return BytesIO(jpeg), "JPEG", turned
            photo.seek(0)  # the first picture may be a small one in plain colours, anywhere in it
            return BytesIO(photo.read()), "TIFF", 1
