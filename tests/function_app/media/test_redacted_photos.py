"""Redacted photos are made once, however often pieces of them are asked for."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from function_app.media import redacted_photos
from function_app.media.errors import NotRedactableError
from function_app.media.redacted_photos import CACHE_SECONDS, RedactedPhotos
from function_app.media.redaction import redact
from photo_wire.media import Media
from tests.support.pictures import dng, jpeg, mp4


class Source:
    """A photo that counts how often it is read."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.reads = 0

    def __call__(self) -> bytes:
        self.reads += 1
        return self.content


PHOTOS = [(Media.JPEG, jpeg()), (Media.MP4, mp4()), (Media.DNG, dng())]


@pytest.mark.parametrize(("media", "content"), PHOTOS)
def test_a_photo_is_read_once(media: Media, content: bytes) -> None:
    """Also by requests at once. Its size is known without a read if redaction keeps it."""
    photos, source = RedactedPhotos(), Source(content)
    before = photos.size("ab", media, len(content))
    assert before == (None if media is Media.JPEG else len(content))
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: photos.get("ab", media, source), range(8)))
    assert made == {redact(content, media)}
    assert source.reads == 1
    assert photos.size("ab", media, len(content)) == len(made.pop())


def test_what_cannot_be_redacted_is_read_once() -> None:
    photos, source = RedactedPhotos(), Source(b"no photo at all")
    for _ in range(3):
        with pytest.raises(NotRedactableError):
            photos.get("ab", Media.JPEG, source)
    with pytest.raises(NotRedactableError):
        photos.size("ab", Media.JPEG, 100)
    assert source.reads == 1


def test_a_photo_is_remembered_for_a_while() -> None:
    now = [0.0]
    photos, source = RedactedPhotos(lambda: now[0]), Source(jpeg())
    for at in (0.0, CACHE_SECONDS - 1, CACHE_SECONDS, CACHE_SECONDS + 1):
        now[0] = at
        photos.get("ab", Media.JPEG, source)
    assert source.reads == 2
    assert photos.size("ab", Media.JPEG, 0) == len(redact(jpeg(), Media.JPEG))


def test_only_the_last_photos_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many bytes as fit, and as many sizes."""
    pictures = {f"{number:02x}": Source(jpeg(seed=number)) for number in range(4)}
    size = max(len(redact(one.content, Media.JPEG)) for one in pictures.values())
    monkeypatch.setattr(redacted_photos, "MAX_CACHED_BYTES", 3 * size)
    monkeypatch.setattr(redacted_photos, "MAX_SIZES", 3)
    photos = RedactedPhotos()
    for key in ("00", "01", "02", "00", "03"):  # which takes the place of the one used least
        photos.get(key, Media.JPEG, pictures[key])
    for key in ("00", "02", "03"):
        photos.get(key, Media.JPEG, pictures[key])
    assert [one.reads for one in pictures.values()] == [1, 1, 1, 1]
    assert photos.size("00", Media.JPEG, 0) is None
    photos.get("01", Media.JPEG, pictures["01"])
    assert pictures["01"].reads == 2
    large = Source(jpeg(width=2000, height=1500))
    for _ in range(2):
        photos.get("ff", Media.JPEG, large)
    assert large.reads == 2
    photos.get("03", Media.JPEG, pictures["03"])
    assert pictures["03"].reads == 1
