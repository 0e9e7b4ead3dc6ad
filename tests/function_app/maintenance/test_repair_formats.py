"""Two blobs under one id, a picture and a clip: a crash came before the second was refused. The
listed one stays listed; the other is counted as unrecognized."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from function_app.maintenance.deletion import TOMBSTONE_TTL, delete
from function_app.maintenance.repair import reconcile
from function_app.services import Services
from function_app.storage.models import Photo, PhotoStateError, State
from function_app.storage.row_keys import View
from photo_wire.alert import MISSING
from photo_wire.media import Media
from tests.support.interruptions import until_done
from tests.support.stored_photos import NOW, stored


def store_both_formats(backend: Services) -> dict[Media, Photo]:
    """Store a blob of each format, none of them listed."""
    picture = stored(backend, "gate", 2, listed=False)
    clip = replace(picture, media=Media.MP4, sha256="cd" * 32, size=7)
    backend.blobs.add(clip, b"1234567")
    return {Media.JPEG: picture, Media.MP4: clip}


def listed(backend: Services) -> list[Photo]:
    return backend.index.query(View("gate"), 10)


@pytest.mark.parametrize("everything", [False, True], ids=["repair", "rebuild"])
@pytest.mark.parametrize("media", [Media.JPEG, Media.MP4])
def test_the_listed_format_stays(own: Services, media: Media, everything: bool) -> None:
    """Whichever it is, and wherever the repair is stopped."""
    photo = store_both_formats(own)[media]
    own.index.add(photo, photo.received_at)
    until_done(lambda stopping: reconcile(stopping, NOW, everything=everything), own)
    assert listed(own) == [photo]
    report = reconcile(own, NOW, everything=everything)
    assert (report.photos, report.listed, report.unlisted, report.unrecognized) == (1, 0, 0, 1)
    assert own.alerts.newest(10, None) == []


@pytest.mark.parametrize("everything", [False, True], ids=["repair", "rebuild"])
def test_one_of_two_unlisted_formats_is_listed(own: Services, everything: bool) -> None:
    """The same one by the next repair."""
    both = store_both_formats(own)
    for expected in (1, 0):
        report = reconcile(own, NOW, everything=everything)
        assert (report.photos, report.listed, report.unrecognized) == (1, expected, 1)
        assert listed(own) == [both[Media.JPEG]]


def test_the_other_format_replaces_a_missing_one(own: Services) -> None:
    """The missing one raises an alert."""
    both = store_both_formats(own)
    own.index.add(both[Media.MP4], NOW)
    own.blobs.remove(both[Media.MP4])
    report = reconcile(own, NOW)
    assert (report.listed, report.unlisted, report.unrecognized) == (1, 1, 0)
    assert listed(own) == [both[Media.JPEG]]
    assert [one.alert.kind for one in own.alerts.newest(10, None)] == [MISSING]


def test_a_format_listed_after_a_deletion_stays(own: Services) -> None:
    """As an older version did: the tombstone of a picture removes no clip from the list."""
    both = store_both_formats(own)
    own.index.add(both[Media.JPEG], NOW)
    delete(both[Media.JPEG], own, deleted_at=NOW)
    own.index.add_anyway(both[Media.MP4], NOW)
    for everything in (False, True):
        report = reconcile(own, NOW, everything=everything)
        assert (report.photos, report.unlisted, report.unrecognized) == (1, 0, 0)
        assert listed(own) == [both[Media.MP4]]


@pytest.mark.parametrize("everything", [False, True], ids=["repair", "rebuild"])
def test_a_deletion_holds_for_all_formats_of_an_id(own: Services, everything: bool) -> None:
    """Another format that was stored before a crash, or is uploaded later, is not listed
    instead."""
    both = store_both_formats(own)
    own.index.add(both[Media.JPEG], NOW)
    delete(both[Media.JPEG], own, deleted_at=NOW)
    with pytest.raises(PhotoStateError):
        own.index.add(both[Media.MP4], NOW)
    report = reconcile(own, NOW, everything=everything)
    assert (report.photos, report.listed, report.unrecognized) == (0, 0, 1)
    assert listed(own) == []


def test_the_state_of_an_id_is_purged_after_a_year(own: Services) -> None:
    """A year after its deletion. That of a listed photo stays."""
    photos = [stored(own, "gate", 2, f"{n:08x}") for n in range(3)]
    for photo in photos[1:]:
        delete(photo, own, NOW)
    in_a_year = datetime.now(UTC) + TOMBSTONE_TTL + timedelta(days=1)
    for now, state in ((NOW, State.DELETED), (in_a_year, None)):
        reconcile(own, now)
        assert [own.index.state(one.name) for one in photos] == [State.LISTED, state, state]
