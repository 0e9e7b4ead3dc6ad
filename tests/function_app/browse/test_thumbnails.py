"""The route for thumbnails, and a stored photo as a file."""

import io
import struct
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta

import pytest
from azure.functions import HttpRequest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from function_app.auth.caller import Caller, Scope
from function_app.browse import thumbnails
from function_app.browse.thumbnails import get_thumbnail, open_photo
from function_app.ingest.intake import Upload, receive
from function_app.media import thumbnails as decoder
from function_app.media.errors import UndecodableError
from function_app.media.thumbnails import (
    MAX_WORK,
    Decoder,
    Job,
)
from function_app.problems import HTTPProblemError
from function_app.settings import Settings
from function_app.storage.errors import StorageUnavailableError
from photo_wire.headers import PhotoHeaders
from photo_wire.media import Media
from photo_wire.name import PhotoName
from tests.support.api import MOMENT, Api, name_of, photo_headers
from tests.support.handlers import read_request
from tests.support.memory_store import memory_services
from tests.support.pictures import dng_with_preview, jpeg, many_scans, mp4
from tests.support.thumbnails import RecordingBlobs, thumbnail

PICTURE = jpeg(640, 480, seed=5)


POSTER = jpeg(320, 180)
CLIP = mp4(cover=POSTER)


READER = Caller("reader", frozenset(Scope))


_KINDS: dict[str, Callable[[bytes], bytes]] = {
    "image/jpeg": lambda picture: picture,
    "image/x-adobe-dng": dng_with_preview,
    "video/mp4": lambda picture: mp4(cover=picture),
}


def put(api: Api, name: PhotoName, body: bytes, content_type: str = "image/jpeg") -> PhotoName:
    reply = api.put(body, {**photo_headers(name), "Content-Type": content_type})
    assert reply.status_code == 201, reply.text
    return name


def numbered(camera: str, number: int) -> PhotoName:
    return name_of(camera, MOMENT + timedelta(seconds=number))


def test_a_thumbnail_is_made_once_and_stored(api: Api, camera: str) -> None:
    """Also if many request it at the same moment. A browser that has it gets 304."""
    name = put(api, name_of(camera), jpeg(1600, 1200))
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: api.thumbnail(name), range(8)))
    assert {reply.status_code for reply in replies} == {200}
    assert len({reply.content for reply in replies}) == 1
    assert Image.open(io.BytesIO(replies[0].content)).size == (480, 360)
    assert "private" in replies[0].headers["Cache-Control"]
    etag = {"If-None-Match": replies[0].headers["ETag"]}
    again = api.thumbnail(name, etag)
    assert (again.status_code, again.content) == (304, b"")


def test_a_clip_without_a_poster_has_no_thumbnail(api: Api, camera: str) -> None:
    """404 with a sentence, every time."""
    name = put(api, name_of(camera), mp4(), "video/mp4")
    for _ in range(2):
        reply = api.thumbnail(name)
        assert (reply.status_code, "No thumbnail can be made of" in reply.text) == (404, True)


def test_a_clip_s_thumbnail_shows_its_poster(api: Api, camera: str) -> None:
    """Scaled down like any picture."""
    clip = mp4(cover=jpeg(960, 540))
    name = put(api, name_of(camera), clip, "video/mp4")
    small = Image.open(io.BytesIO(api.thumbnail(name).content))
    assert (small.format, small.size) == ("JPEG", (480, 270))


@pytest.mark.parametrize("kind", _KINDS)
def test_hundreds_of_empty_scans_are_not_decoded(api: Api, camera: str, kind: str) -> None:
    """900 scans in 240 KB would take two minutes. The photo itself is stored and shown."""
    body, name = _KINDS[kind](many_scans(900)), name_of(camera)
    put(api, name, body, kind)
    reply = api.thumbnail(name)
    assert reply.status_code == 404
    assert reply.json()["detail"] == f"No thumbnail can be made of {name}."
    assert api.read(f"/api/photos/{name}/content").content == body


def test_a_failed_picture_is_not_decoded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The failure is stored like a thumbnail."""
    tried: list[Job] = []

    class Failing(Decoder):
        def run(self, job: Job) -> bytes:
            tried.append(job)
            raise UndecodableError

    monkeypatch.setattr(thumbnails, "_decoder", Failing())
    backend = memory_services(Settings(""))
    name = name_of("gate")
    receive(Upload(jpeg(), PhotoHeaders(name=name)), backend.photo_store, MOMENT)
    request = HttpRequest(
        "GET", "/", headers={}, params={}, route_params={"id": str(name)}, body=b""
    )
    for _ in range(3):
        with pytest.raises(HTTPProblemError) as refused:
            get_thumbnail(read_request("get_thumbnail", request), backend, READER)
        assert refused.value.problem.status == 404
    assert len(tried) == 1


def test_no_photo_is_read_before_there_is_room_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests that wait hold no photo in memory. One that waits too long gets 503."""
    monkeypatch.setattr(decoder, "MAX_WAIT_SECONDS", 0.01)
    turns = Decoder()
    monkeypatch.setattr(thumbnails, "_decoder", turns)
    blobs = RecordingBlobs(PICTURE, Media.JPEG)
    backend = memory_services(Settings(""), blobs=blobs)
    backend.index.add(blobs.photo, MOMENT)
    request = HttpRequest(
        "GET", "/", headers={}, params={}, route_params={"id": str(blobs.photo.name)}, body=b""
    )
    with ExitStack() as photos_in_memory:
        for _ in range(4):
            photos_in_memory.enter_context(turns.room())
        with pytest.raises(HTTPProblemError) as refused:
            get_thumbnail(read_request("get_thumbnail", request), backend, READER)
        assert (refused.value.problem.status, blobs.reads) == (503, [])
    assert get_thumbnail(read_request("get_thumbnail", request), backend, READER).status == 200
    assert blobs.reads == [(0, len(PICTURE))]


def exif(*entries: tuple[int, int, int, int]) -> bytes:
    """A JPEG whose EXIF has these entries: tag, kind, count, and value or offset."""
    tiff = struct.pack("<2sHIH", b"II", 42, 8, len(entries))
    tiff += b"".join(struct.pack("<HHII", *entry) for entry in entries) + bytes(20)
    content = b"Exif\0\0" + tiff
    whole = jpeg(64, 32)
    return whole[:2] + struct.pack(">HH", 0xFFE1, len(content) + 2) + content + whole[2:]


@pytest.mark.parametrize(
    "entries",
    [
        [(271, 12, 1, 0)],
        [(282, 2, 4, 0), (283, 2, 4, 0)],
        [(274, 2, 4, 0)],
        [(274, 3, 0, 0)],
        [(274, 3, 5000, 2**31)],
        [(34665, 4, 1, 2**32 - 1)],
        [(34665, 2, 9, 2**32 - 1), (34853, 4, 1, 8)],
        [(700, 7, 2**31, 4)],
        [(305, 2, 2**32 - 1, 2**32 - 1)],
    ],
)
def test_wrong_exif_does_not_prevent_a_thumbnail(
    api: Api, camera: str, entries: list[tuple[int, int, int, int]]
) -> None:
    """Programs write numbers as text and text as numbers."""
    name = name_of(camera)
    put(api, name, exif(*entries))
    reply = api.thumbnail(name)
    assert reply.status_code == 200, reply.text
    assert Image.open(io.BytesIO(reply.content)).size == (64, 32)


def test_the_orientation_is_read_among_wrong_tags(api: Api, camera: str) -> None:
    name = name_of(camera)
    put(api, name, exif((271, 12, 1, 0), (274, 3, 1, 6), (282, 2, 4, 0)))
    small = Image.open(io.BytesIO(api.thumbnail(name).content))
    assert small.size == (32, 64)
    assert not small.getexif()


@pytest.mark.slow
def test_hostile_pictures_do_not_delay_other_requests(api: Api, camera: str) -> None:
    """While 50 of them are asked for, of every kind and some just within the limits, photos come in
    and others have thumbnails. What was measured is printed."""
    kinds = list(_KINDS.items())
    scans = [900, MAX_WORK // 64_000_000 - 1]
    for number in range(50):
        kind, made = kinds[number % 3]
        put(api, numbered(camera, number), made(many_scans(scans[number % 2], seed=number)), kind)
    for number in range(50, 60):
        put(api, numbered(camera, number), jpeg(1600, 1200, seed=number))

    def ask(number: int) -> tuple[int, float]:
        began = time.monotonic()
        reply = Api(api.backend).read(f"/api/photos/{numbered(camera, number)}/thumbnail")
        if reply.status_code == 503:
            assert int(reply.headers["Retry-After"]) > 0
        return reply.status_code, time.monotonic() - began

    def upload(number: int) -> float:
        began = time.monotonic()
        put(Api(api.backend), numbered(camera, number), jpeg(seed=number))
        return time.monotonic() - began

    with ThreadPoolExecutor(50) as attackers:
        hostile = [attackers.submit(ask, number) for number in range(50)]
        uploads = [upload(number) for number in range(60, 70)]
        others = [ask(number) for number in range(50, 60)]
        answers = [one.result() for one in hostile]
    print(f"hostile: {sorted({status for status, _ in answers})}, ", end="")
    print(f"the slowest answer after {max(seconds for _, seconds in answers):.1f} s")
    print(f"uploads: the slowest after {max(uploads):.1f} s")
    print(f"other thumbnails: the slowest after {max(seconds for _, seconds in others):.1f} s")
    assert {status for status, _ in answers} <= {200, 404, 503}
    assert {status for status, _ in others} <= {200, 503}


_TILE = 8_000  # pixels, on a side


def compressed(side: int) -> bytes:
    """A "DNG" whose picture has this many pixels on a side, and a thousandth of the bytes."""
    return _tiff(side, "tiff_adobe_deflate")


def tiled() -> bytes:
    """A DNG that states a width of 64 pixels, and whose only tile has 8,000."""
    tile = zlib.compress(bytes(_TILE * _TILE), 9)
    at = 500
    tags = {254: 0, 256: 64, 257: 64, 258: 8, 259: 8, 262: 1, 277: 1}
    tags |= {322: _TILE, 323: _TILE, 324: at, 325: len(tile), 50706: 0x401}
    entries = b"".join(
        struct.pack("<HHII", tag, 1 if tag == 50706 else 4, 4 if tag == 50706 else 1, value)
        for tag, value in sorted(tags.items())
    )
    directory = struct.pack("<H", len(tags)) + entries + bytes(4)
    return (b"II*\0" + struct.pack("<I", 8) + directory).ljust(at, b"\0") + tile


def _tiff(side: int, compression: str) -> bytes:
    file, version = io.BytesIO(), {50706: b"\1\4\0\0"}
    Image.new("RGB", (side, side)).save(file, "TIFF", compression=compression, tiffinfo=version)
    return file.getvalue()


@pytest.mark.parametrize("made", [lambda: compressed(3000), lambda: compressed(1000), tiled])
def test_a_decompression_bomb_has_no_thumbnail(
    api: Api, camera: str, made: Callable[[], bytes]
) -> None:
    """It is stored like any photo, and is not decoded."""
    bomb, name = made(), name_of(camera)
    assert (
        api.put(bomb, {**photo_headers(name), "Content-Type": Media.DNG.content_type}).status_code
        == 201
    )
    assert api.thumbnail(name).status_code == 404
    assert api.read(f"/api/photos/{name}/content").content == bomb


class TestOpenPhoto:
    @given(st.binary(max_size=300), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400))))
    def test_it_reads_like_a_file(self, content: bytes, reads: list[tuple[int, int]]) -> None:
        """After its end there is nothing."""
        stored, plain = RecordingBlobs(content, Media.DNG), io.BytesIO(content)
        with open_photo(stored, stored.photo, 16) as file:  # type: ignore[arg-type]
            for at, count in reads:
                assert file.seek(at) == plain.seek(at)
                assert file.read(count) == plain.read(count)
            assert file.seek(0, io.SEEK_END) == len(content)
            with pytest.raises(ValueError, match="before the beginning"):
                file.seek(-1 - len(content), io.SEEK_END)

    @pytest.mark.parametrize("media", Media)
    @pytest.mark.parametrize("fate", [None, StorageUnavailableError("away")])
    def test_a_failed_read_raises(self, media: Media, fate: StorageUnavailableError | None) -> None:
        """It does not count as a photo without a preview, which would be stored."""
        stored = RecordingBlobs(CLIP, media)
        stored.content = fate
        with pytest.raises(
            StorageUnavailableError if fate else HTTPProblemError, match=r"away|were deleted"
        ):
            thumbnail(stored.open(), media)
