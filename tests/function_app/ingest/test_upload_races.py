"""A device sends a photo again because its receipt was lost, while the photo is deleted."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from function_app.ingest.intake import Intake, Upload, receive
from function_app.maintenance.deletion import delete
from function_app.services import Services
from function_app.settings import Settings
from function_app.storage.models import Photo
from photo_wire.headers import PhotoHeaders
from photo_wire.media import Media
from tests.support.api import name_of
from tests.support.interruptions import at_call
from tests.support.memory_store import memory_services
from tests.support.pictures import jpeg
from tests.support.turns import Turns

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
NAME = name_of("gate", NOW)
UPLOAD = Upload(jpeg(), PhotoHeaders(name=NAME))

by = pytest.mark.parametrize("deleted_at", [None, LATER], ids=["by retention", "by a person"])


def send(backend: Services, now: datetime = LATER) -> Intake:
    return receive(UPLOAD, backend.photo_store, now)


def stored(backend: Services) -> Photo:
    send(backend, NOW)
    photo = backend.index.get(NAME)
    assert photo
    return photo


def is_consistent(backend: Services) -> bool:
    """What is listed has its bytes, and is what is counted."""
    listed, blob = backend.index.get(NAME), backend.blobs.find(NAME, Media.JPEG)
    counted = backend.index.count_photos(LATER + timedelta(days=1))["gate"].total.photos
    return (listed is None) == (blob is None) and counted == (listed is not None)


@pytest.mark.parametrize("number", range(3))
@by
def test_a_photo_deleted_during_its_upload_is_not_listed(
    empty: Services, deleted_at: datetime | None, number: int
) -> None:
    """At every request to a store. A photo that retention deleted may be stored again."""
    photo = stored(empty)
    assert is_consistent(empty)
    watched, calls = at_call(number, empty, lambda: delete(photo, empty, deleted_at))
    assert send(watched).receipt.sha256 == photo.sha256
    assert calls[0] >= min(number, 2)
    assert is_consistent(empty)
    assert deleted_at is None or number == 2 or empty.index.get(NAME) is None


def test_no_interleaving_lists_or_counts_a_deleted_photo() -> None:
    """Of an upload and a deletion."""
    for order in product([0, 1], repeat=9):
        own = memory_services(Settings(""))
        photo = stored(own)
        own.index.count_photos(LATER)
        Turns(own).run(
            [(send, None), (lambda one, photo=photo: delete(photo, one, LATER), None)],  # type: ignore[misc]
            list(order),
        )
        assert is_consistent(own), order
        assert own.index.get(NAME) is None, order
