"""The rules of what comes in, on the stores in memory."""

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

from function_app.ingest.intake import Intake, Upload, check_size, receive
from function_app.problems import HTTPProblemError
from function_app.storage.models import StorageUnavailableError
from photo_wire.errors import WireError
from photo_wire.headers import ClockStatus, PhotoHeaders, Trigger
from photo_wire.name import check_camera
from tests.function_app.api import MOMENT, name_of
from tests.function_app.memory_store import MemoryBlobs, MemoryIndex
from tests.support.pictures import dng, jpeg, mp4

PICTURE = jpeg()
SHA = hashlib.sha256(PICTURE).hexdigest()
LATER = MOMENT + timedelta(minutes=5)


class Stores:
    """Empty stores, and a door into them."""

    def __init__(self) -> None:
        self.blobs, self.index = MemoryBlobs(), MemoryIndex()

    def receive(self, upload: Upload, now: datetime = LATER) -> Intake:
        return receive(upload, self.blobs, self.index, now)

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


def test_a_device_s_photo_keeps_its_name_and_words(stores: Stores) -> None:
    """The id, the time in it, and what the device said of it."""
    name = name_of("entry")
    said = PhotoHeaders(
        name=name,
        trigger=Trigger.GPIO,
        clock=ClockStatus.CORRECTED,
        content_type="image/jpeg",
        sha256=SHA,
    )
    intake = stores.receive(Upload(PICTURE, said))
    assert intake.is_new
    assert intake.receipt.confirms(name, SHA, len(PICTURE))
    assert intake.receipt.received_at == LATER
    photo = stores.index.listed[name]
    assert (photo.trigger, photo.clock) == ("gpio", "corrected")
    assert stores.blobs.stored[photo.path] == (photo, PICTURE)


def test_the_same_photo_again_gets_the_first_receipt(stores: Stores) -> None:
    """Later, and with other words around the same bytes."""
    said = PhotoHeaders(name=name_of("entry"))
    first = stores.receive(Upload(PICTURE, said))
    again = stores.receive(
        Upload(PICTURE, replace(said, trigger=Trigger.DEMAND)), LATER + timedelta(days=1)
    )
    assert again == Intake(first.receipt, is_new=False)
    assert len(stores.blobs.stored) == len(stores.index.listed) == 1


def test_other_bytes_under_the_same_id_are_refused(stores: Stores) -> None:
    """Of the same kind or of another; the first photo stays as it was, alone."""
    upload = Upload(PICTURE, PhotoHeaders(name=name_of("entry")))
    stores.receive(upload)
    for other in (jpeg(seed=2), dng(), mp4()):
        assert status_of(partial(stores.receive, replace(upload, body=other))) == 409
    assert [body for _, body in stores.blobs.stored.values()] == [PICTURE]
    assert len(stores.index.listed) == 1


def test_a_crash_between_blob_and_index_heals(stores: Stores) -> None:
    """The retry finds the blob, lists it, and answers with the first attempt's receipt."""
    upload = Upload(PICTURE, PhotoHeaders(name=name_of("entry")))

    class Crash(MemoryIndex):
        def add(self, photo: object, now: object, waiting: object = None) -> None:
            raise StorageUnavailableError("pulled the plug")

    with pytest.raises(StorageUnavailableError):
        receive(upload, stores.blobs, Crash(), MOMENT)
    assert not stores.index.listed
    intake = stores.receive(upload, LATER)
    assert not intake.is_new
    assert intake.receipt.received_at == MOMENT
    assert len(stores.index.listed) == len(stores.blobs.stored) == 1


@pytest.mark.parametrize(
    "said",
    [
        PhotoHeaders(name=name_of("entry")),
        PhotoHeaders(camera="entry", captured_at=MOMENT),
        PhotoHeaders(camera="entry"),
        PhotoHeaders(),
    ],
    ids=["id", "time", "camera", "nothing"],
)
def test_twenty_at_once_are_one(stores: Stores, said: PhotoHeaders) -> None:
    """One blob, one listing, equal receipts, one of them new; whatever the client says."""
    with ThreadPoolExecutor(20) as pool:
        moments = [LATER + timedelta(milliseconds=n) for n in range(20)]
        intakes = list(pool.map(lambda now: stores.receive(Upload(PICTURE, said), now), moments))
    assert len({intake.receipt for intake in intakes}) == 1
    assert sum(intake.is_new for intake in intakes) == 1
    assert len(stores.blobs.stored) == len(stores.index.listed) == 1


def test_a_photo_with_a_time_is_named_after_its_bytes(stores: Stores) -> None:
    """So that the same photo has the same name, and another one of that moment another."""
    said = PhotoHeaders(camera="gate", captured_at=MOMENT)
    assert stores.receive(Upload(PICTURE, said)).receipt.name == name_of("gate", tag=SHA[:8])
    assert stores.receive(Upload(jpeg(seed=2), said)).is_new
    assert {photo.clock for photo in stores.index.listed.values()} == {None}


def test_a_photo_without_a_time_gets_the_server_s(stores: Stores) -> None:
    """Once: whoever brings the same bytes from the same camera gets the name of the first time."""
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
def test_old_clients_camera_names_become_ours(stores: Stores, text: str, camera: str) -> None:
    """cameraName may hold anything; what a camera may be called is a matter of the wire."""
    upload = Upload(PICTURE, PhotoHeaders(), camera_name=text)
    assert stores.receive(upload).receipt.name.camera == camera


@given(st.text())
def test_any_camera_name_becomes_one_or_is_refused(text: str) -> None:
    """Nothing that a client says reaches a blob's name as it is."""
    upload = Upload(PICTURE, PhotoHeaders(), camera_name=text)
    try:
        receipt = Stores().receive(upload).receipt
    except WireError:
        assert not re.search("[A-Za-z0-9]", text)
    else:
        check_camera(receipt.name.camera)


@pytest.mark.parametrize("text", ["", "---", "玄関"])
def test_a_camera_name_of_nothing_is_malformed(stores: Stores, text: str) -> None:
    """Better a sentence than a camera that nobody finds."""
    with pytest.raises(WireError, match="cameraName"):
        stores.receive(Upload(PICTURE, PhotoHeaders(), camera_name=text))
    assert stores.are_empty


def test_headers_go_before_old_parameters(stores: Stores) -> None:
    """A client that says both means the header."""
    upload = Upload(PICTURE, PhotoHeaders(camera="gate"), camera_name="Front Door")
    assert stores.receive(upload).receipt.name.camera == "gate"


def test_the_site_is_kept(stores: Stores) -> None:
    """websiteId, in any language."""
    stores.receive(Upload(PICTURE, PhotoHeaders(), website_id=" Baustelle Süd "))
    (photo,) = stores.index.listed.values()
    assert photo.site == "Baustelle Süd"


@pytest.mark.parametrize("text", ["x" * 65, "two\nlines", "\0"])
def test_a_site_that_is_no_line_is_malformed(stores: Stores, text: str) -> None:
    """It is shown to people and travels in a header."""
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
def test_the_bytes_say_what_they_are(stores: Stores, content_type: str | None) -> None:
    """Clients that say nothing, or what curl says by itself, are believed to mean it."""
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
def test_other_kinds_are_refused(
    stores: Stores, body: bytes, content_type: str, status: int
) -> None:
    """415 for what is no photo or is called none; 422 for what is not what it is called."""
    said = PhotoHeaders(name=name_of("entry"), content_type=content_type)
    assert status_of(lambda: stores.receive(Upload(body, said))) == status
    assert stores.are_empty


def test_damaged_bytes_are_refused(stores: Stores) -> None:
    """The digest is that of other bytes."""
    said = PhotoHeaders(sha256="ab" * 32)
    assert status_of(lambda: stores.receive(Upload(PICTURE, said))) == 422
    assert stores.are_empty


def test_the_size_has_two_ends() -> None:
    """Empty, which a chunked body is too, and over the limit."""
    check_size(1, 10)
    check_size(10, 10)
    assert status_of(lambda: check_size(0, 10)) == 411
    assert status_of(lambda: check_size(11, 10)) == 413
