"""Two blobs under one id, a picture and a clip: a crash came before the second was refused. The one
that is listed stays listed, as its receipt says; the other is counted as foreign."""

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


def twins(backend: Services) -> dict[Media, Photo]:
    """Of each kind a blob, none of them listed."""
    picture = stored(backend, "gate", 2, listed=False)
    clip = replace(picture, media=Media.MP4, sha256="cd" * 32, size=7)
    backend.blobs.add(clip, b"1234567")
    return {Media.JPEG: picture, Media.MP4: clip}


def listed(backend: Services) -> list[Photo]:
    return backend.index.query(View("gate"), 10)


@pytest.mark.parametrize("everything", [False, True], ids=["repair", "rebuild"])
@pytest.mark.parametrize("kind", [Media.JPEG, Media.MP4])
def test_the_listed_one_stays(own: Services, kind: Media, everything: bool) -> None:
    """Whichever it is, and wherever the repair is stopped."""
    photo = twins(own)[kind]
    own.index.add(photo, photo.received_at)
    until_done(lambda stopping: reconcile(stopping, NOW, everything=everything), own)
    assert listed(own) == [photo]
    done = reconcile(own, NOW, everything=everything)
    assert (done.photos, done.listed, done.unlisted, done.unrecognized) == (1, 0, 0, 1)
    assert own.alerts.newest(10, None) == []


@pytest.mark.parametrize("everything", [False, True], ids=["repair", "rebuild"])
def test_of_two_that_are_not_listed_one_is(own: Services, everything: bool) -> None:
    """And it is the same one the next time."""
    both = twins(own)
    for expected in (1, 0):
        done = reconcile(own, NOW, everything=everything)
        assert (done.photos, done.listed, done.unrecognized) == (1, expected, 1)
        assert listed(own) == [both[Media.JPEG]]


def test_the_other_takes_the_place_of_one_that_is_gone(own: Services) -> None:
    """Which is told as missing."""
    both = twins(own)
    own.index.add(both[Media.MP4], NOW)
    own.blobs.remove(both[Media.MP4])
    done = reconcile(own, NOW)
    assert (done.listed, done.unlisted, done.unrecognized) == (1, 1, 0)
    assert listed(own) == [both[Media.JPEG]]
    assert [one.alert.kind for one in own.alerts.newest(10, None)] == [MISSING]


def test_one_that_was_listed_after_a_deletion_stays(own: Services) -> None:
    """As an older version did: the tombstone of a picture takes no clip off the list."""
    both = twins(own)
    own.index.add(both[Media.JPEG], NOW)
    delete(both[Media.JPEG], own, deleted_at=NOW)
    own.index.add_anyway(both[Media.MP4], NOW)
    for everything in (False, True):
        done = reconcile(own, NOW, everything=everything)
        assert (done.photos, done.unlisted, done.unrecognized) == (1, 0, 0)
        assert listed(own) == [both[Media.MP4]]


@pytest.mark.parametrize("everything", [False, True], ids=["repair", "rebuild"])
def test_a_deletion_holds_for_the_id_whatever_the_format(own: Services, everything: bool) -> None:
    """What was stored of another format before a crash, or comes later, is not listed instead."""
    both = twins(own)
    own.index.add(both[Media.JPEG], NOW)
    delete(both[Media.JPEG], own, deleted_at=NOW)
    with pytest.raises(PhotoStateError):
        own.index.add(both[Media.MP4], NOW)
    done = reconcile(own, NOW, everything=everything)
    assert (done.photos, done.listed, done.unrecognized) == (0, 0, 1)
    assert listed(own) == []


def test_what_is_known_of_an_id_is_forgotten_in_the_end(own: Services) -> None:
    """A year after its photo went. What is known of a listed one stays."""
    photos = [stored(own, "gate", 2, f"{n:08x}") for n in range(3)]
    for photo in photos[1:]:
        delete(photo, own, NOW)
    in_a_year = datetime.now(UTC) + TOMBSTONE_TTL + timedelta(days=1)
    for now, state in ((NOW, State.DELETED), (in_a_year, None)):
        reconcile(own, now)
        assert [own.index.state(one.name) for one in photos] == [State.LISTED, state, state]
