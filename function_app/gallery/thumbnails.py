"""`GET /api/photos/{id}/thumbnail`: a small picture, made when it is first asked for, and kept."""

from io import BytesIO

import azure.functions as func

from function_app.backend import Backend
from function_app.gallery.photos import CACHE, listed
from function_app.gallery.ranges import is_cached
from function_app.people.caller import Caller
from function_app.refused import RefusedError
from function_app.replies import Reply
from photo_wire.media import Media

SIZE = (480, 480)  # pixels, at most
MOST_PIXELS = 64_000_000  # of a photo; a bomb of a few bytes may unfold to more
_FORMATS = {Media.JPEG: ["JPEG"], Media.DNG: ["TIFF"]}  # of a DNG, what is its first picture


def get_thumbnail(req: func.HttpRequest, backend: Backend, caller: Caller) -> Reply:
    """200 with a JPEG, 304 if the client has it; 404 if none can be made."""
    photo = listed(req, backend, caller)
    headers = {"ETag": f'"{photo.sha256}-{SIZE[0]}"', **CACHE}
    kind = Media.JPEG.content_type
    if is_cached(req.headers.get("If-None-Match"), headers["ETag"]):
        return Reply(304, content_type=kind, headers=headers)
    small = backend.thumbnails.read(photo)
    if small is None:
        body = backend.blobs.read(photo, 0, photo.size)
        if body is None:
            raise RefusedError(404, f"The bytes of {photo.name} are gone.")
        small = thumbnail(body, photo.media)
        backend.thumbnails.write(photo, small)  # several at once write the same
    if not small:
        raise RefusedError(404, f"There is no thumbnail of {photo.name}: it holds no preview.")
    return Reply(200, small, kind, headers)


def thumbnail(body: bytes, media: Media) -> bytes:
    """A JPEG of up to SIZE pixels; nothing if none can be made of this photo: a clip, a raw picture
    without a preview, one of too many pixels, or one that is damaged."""
    from PIL import Image, ImageOps  # it takes longer to load than the rest of a request

    if media not in _FORMATS:
        return b""
    try:
        with Image.open(BytesIO(body), formats=_FORMATS[media]) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                return b""
            picture.draft("RGB", SIZE)  # a JPEG decodes to a fraction of its size, which is cheap
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):  # all are Pillow's
        return b""
    upright.thumbnail(SIZE)
    file = BytesIO()
    upright.save(file, "JPEG", quality=80)
    return file.getvalue()
