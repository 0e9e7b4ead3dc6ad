"""The rules for a photo that arrives, with stores in memory."""

import hashlib
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app.ingest.checks import check_size
from function_app.ingest.intake import Intake, Upload, receive
from function_app.problems import HTTPProblemError
from function_app.storage.errors import StorageUnavailableError
from function_app.storage.photo_store import PhotoStore
from photo_wire.errors import WireError
from photo_wire.headers import ClockStatus, PhotoHeaders, Trigger
from photo_wire.name import check_camera
from tests.support.api import MOMENT, name_of
from tests.support.memory_store import MemoryBlobs, MemoryIndex
from tests.support.pictures import dng, jpeg, mp4

PICTURE = jpeg()
SHA = hashlib.sha256(PICTURE).hexdigest()
LATER = MOMENT + timedelta(minutes=5)


class Stores:
    """Empty stores, and `receive` with them."""

    def __init__(self) -> None:
        self.blobs, self.index = MemoryBlobs(), MemoryIndex()

    def receive(self, upload: Upload, now: datetime = LATER) -> Intake:
        return receive(upload, PhotoStore(self.blobs, self.index, lambda name: None), now)

    @property
    def are_empty(self) -> bool:
        return not (self.blobs.stored or self.index.listed or self.index.reservations)


@pytest.fixture
def stores() -> Stores:
    return Stores()


def status_of(act: Callable[[], object]) -> int:
    with pytest.raises(HTTPProblemError) as caught:
        act()
    return caught.value.problem.status


def test_a_device_s_photo_keeps_its_name_and_metadata(stores: Stores) -> None:
    """The id, its time, and what the device stated."""
    name = name_of("entry")
    headers = PhotoHeaders(
        name=name,
        trigger=Trigger.GPIO,
        clock=ClockStatus.CORRECTED,
        content_type="image/jpeg",
        sha256=SHA,
    )
    intake = stores.receive(Upload(PICTURE, headers))
    assert intake.is_new
    assert intake.receipt.confirms(name, SHA, len(PICTURE))
    assert intake.receipt.received_at == LATER
    photo = stores.index.listed[name]
    assert (photo.trigger, photo.clock) == ("gpio", "corrected")
    assert stores.blobs.stored[photo.path] == (photo, PICTURE)


def test_the_same_photo_again_gets_the_first_receipt(stores: Stores) -> None:
    """Later, and with other headers for the same bytes."""
    headers = PhotoHeaders(name=name_of("entry"))
    first = stores.receive(Upload(PICTURE, headers))
    again = stores.receive(
        Upload(PICTURE, replace(headers, trigger=Trigger.DEMAND)), LATER + timedelta(days=1)
    )
    assert again == Intake(first.receipt, is_new=False)
    assert len(stores.blobs.stored) == len(stores.index.listed) == 1


def test_other_bytes_under_the_same_id_are_rejected(stores: Stores) -> None:
    """In the same format or another; only the first photo is stored."""
    upload = Upload(PICTURE, PhotoHeaders(name=name_of("entry")))
    stores.receive(upload)
    for other in (jpeg(seed=2), dng(), mp4()):
        assert status_of(partial(stores.receive, replace(upload, body=other))) == 409
    assert [body for _, body in stores.blobs.stored.values()] == [PICTURE]
    assert len(stores.index.listed) == 1


def test_a_crash_between_blob_and_index_heals(stores: Stores) -> None:
    """The retry finds the blob, lists it, and returns the receipt of the first attempt."""
    upload = Upload(PICTURE, PhotoHeaders(name=name_of("entry")))

    class Crash(MemoryIndex):
        def add(self, photo: object, now: object, waiting: object = None) -> None:
            raise StorageUnavailableError("pulled the plug")

    with pytest.raises(StorageUnavailableError):
        receive(upload, PhotoStore(stores.blobs, Crash(), lambda name: None), MOMENT)
    assert not stores.index.listed
    intake = stores.receive(upload, LATER)
    assert not intake.is_new
    assert intake.receipt.received_at == MOMENT
    assert len(stores.index.listed) == len(stores.blobs.stored) == 1


@pytest.mark.parametrize(
    "headers",
    [
        PhotoHeaders(name=name_of("entry")),
        PhotoHeaders(camera="entry", captured_at=MOMENT),
        PhotoHeaders(camera="entry"),
        PhotoHeaders(),
    ],
    ids=["id", "time", "camera", "nothing"],
)
def test_twenty_concurrent_uploads_store_one_photo(stores: Stores, headers: PhotoHeaders) -> None:
    """One blob, one row, equal receipts, of which one is new; whatever the client states."""
    with ThreadPoolExecutor(20) as pool:
        moments = [LATER + timedelta(milliseconds=n) for n in range(20)]
        intakes = list(pool.map(lambda now: stores.receive(Upload(PICTURE, headers), now), moments))
    assert len({intake.receipt for intake in intakes}) == 1
    assert sum(intake.is_new for intake in intakes) == 1
    assert len(stores.blobs.stored) == len(stores.index.listed) == 1


def test_a_photo_with_a_time_is_named_after_its_bytes(stores: Stores) -> None:
    """So the same photo has the same name, and another one of that moment has another."""
    headers = PhotoHeaders(camera="gate", captured_at=MOMENT)
    assert stores.receive(Upload(PICTURE, headers)).receipt.name == name_of("gate", tag=SHA[:8])
    assert stores.receive(Upload(jpeg(seed=2), headers)).is_new
    assert {photo.clock for photo in stores.index.listed.values()} == {None}


def test_a_photo_without_a_time_gets_its_arrival_time(stores: Stores) -> None:
    """The same bytes of the same camera get the name of their first arrival."""
    first = stores.receive(Upload(PICTURE, PhotoHeaders()), MOMENT)
    again = stores.receive(Upload(PICTURE, PhotoHeaders()), LATER)
    assert first.receipt.name == name_of("camera", MOMENT, SHA[:8])
    assert again.receipt == first.receipt
    photo = stores.index.listed[first.receipt.name]
    assert (photo.clock, photo.trigger) == ("server", None)
    elsewhere = stores.receive(Upload(PICTURE, PhotoHeaders(camera="gate")), LATER)
    assert elsewhere.is_new


@pytest.mark.parametrize(
    ("text", "camera"),
    [
        ("Front Door", "front-door"),
        ("gate", "gate"),
        ("  Tor 2 (hinten)! ", "tor-2-hinten"),
        ("a" * 50, "a" * 32),
        ("a" * 31 + " b", "a" * 31),
        ("../../etc", "etc"),
    ],
)
def test_camera_names_of_old_clients_are_normalized(stores: Stores, text: str, camera: str) -> None:
    """cameraName may be any text; the wire defines the names of cameras."""
    upload = Upload(PICTURE, PhotoHeaders(), camera_name=text)
    assert stores.receive(upload).receipt.name.camera == camera


@given(st.text())
def test_any_camera_name_is_normalized_or_rejected(text: str) -> None:
    """No text of a client becomes part of a blob's name unchanged."""
    upload = Upload(PICTURE, PhotoHeaders(), camera_name=text)
    try:
        receipt = Stores().receive(upload).receipt
    except WireError:
        assert not re.search("[A-Za-z0-9]", text)
    else:
        check_camera(receipt.name.camera)


@pytest.mark.parametrize("text", ["", "---", "玄関"])
def test_a_camera_name_without_letters_is_rejected(stores: Stores, text: str) -> None:
    """An error is better than a camera that nobody finds."""
    with pytest.raises(WireError, match="cameraName"):
        stores.receive(Upload(PICTURE, PhotoHeaders(), camera_name=text))
    assert stores.are_empty


def test_headers_override_query_parameters(stores: Stores) -> None:
    """A client that sends both means the header."""
    upload = Upload(PICTURE, PhotoHeaders(camera="gate"), camera_name="Front Door")
    assert stores.receive(upload).receipt.name.camera == "gate"


def test_the_site_is_stored(stores: Stores) -> None:
    """websiteId, in any language."""
    stores.receive(Upload(PICTURE, PhotoHeaders(), website_id=" Baustelle Süd "))
    (photo,) = stores.index.listed.values()
    assert photo.site == "Baustelle Süd"


@pytest.mark.parametrize("text", ["x" * 65, "two\nlines", "\0"])
def test_a_site_that_is_not_one_line_is_rejected(stores: Stores, text: str) -> None:
    """It is shown to people and sent in a header."""
    with pytest.raises(WireError, match="websiteId"):
        stores.receive(Upload(PICTURE, PhotoHeaders(), website_id=text))
    assert stores.are_empty


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "image/jpeg",
        "IMAGE/JPEG; q=1",
        "application/octet-stream",
        "application/x-www-form-urlencoded",
    ],
)
def test_the_bytes_decide_the_format(stores: Stores, content_type: str | None) -> None:
    """For clients that state no type, or curl's default."""
    intake = stores.receive(Upload(PICTURE, PhotoHeaders(content_type=content_type)))
    assert stores.index.listed[intake.receipt.name].media.suffix == "jpg"


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "image/jpeg", 415),
        (b"<!doctype html>", "image/jpeg", 415),
        (b"<!doctype html>", "text/html", 415),
        (PICTURE, "text/html", 415),
        (PICTURE, "image/png", 415),
        (PICTURE, "video/mp4", 422),
        (dng(), "image/jpeg", 422),
        (PICTURE[:-1], "image/jpeg", 422),
        (mp4()[:-1], "video/mp4", 422),
    ],
)
def test_other_formats_are_rejected(
    stores: Stores, body: bytes, content_type: str, status: int
) -> None:
    """415 for what is no photo or is called none; 422 for what is not what it is called."""
    headers = PhotoHeaders(name=name_of("entry"), content_type=content_type)
    assert status_of(lambda: stores.receive(Upload(body, headers))) == status
    assert stores.are_empty


def test_damaged_bytes_are_rejected(stores: Stores) -> None:
    """The digest is of other bytes."""
    headers = PhotoHeaders(sha256="ab" * 32)
    assert status_of(lambda: stores.receive(Upload(PICTURE, headers))) == 422
    assert stores.are_empty


def test_the_size_has_a_minimum_and_a_maximum() -> None:
    """An empty body, which a chunked one becomes, and one over the limit."""
    check_size(1, 10)
    check_size(10, 10)
    assert status_of(lambda: check_size(0, 10)) == 411
    assert status_of(lambda: check_size(11, 10)) == 413
