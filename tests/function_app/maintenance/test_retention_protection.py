"""Retention passes protected photos over, and reads them once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, cast

import pytest

from function_app.maintenance import retention
from function_app.maintenance.repair import reconcile
from function_app.maintenance.retention import clean_up
from function_app.maintenance.trash import move_to_trash, protect, restore
from function_app.services import Services
from function_app.storage.models import Photo
from function_app.storage.photo_counts import Arrival
from function_app.storage.photo_interfaces import PhotoBlobs, PhotoIndex
from function_app.storage.row_keys import View
from tests.support.interruptions import until_done
from tests.support.stored_photos import NOW, stored
from tests.support.trash import assert_agrees


class CountedIndex:
    """An index that counts the arrivals that are read from it."""

    def __init__(self, index: PhotoIndex) -> None:
        self._index: Any = index
        self.rows = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._index, name)

    def list_arrivals(self, *args: Any) -> list[Arrival]:
        found: list[Arrival] = self._index.list_arrivals(*args)
        self.rows += len(found)
        return found


def left_of(own: Services) -> list[Photo]:
    return own.index.query(View("gate", oldest_first=True), 1000)


def protected(own: Services, days_ago: float, tag: str = "0" * 8) -> Photo:
    photo = stored(own, "gate", days_ago, tag)
    assert protect(photo, own, True)
    return replace(photo, is_protected=True)


def test_a_protected_photo_stays_until_its_protection_ends(own: Services) -> None:
    """Between photos that are deleted; a dry run says the same."""
    stays = protected(own, 40)
    for days in (41, 39):
        stored(own, "gate", days)
    young = stored(own, "gate", 1)
    for dry_run, deleted in ((True, {"gate": 2}), (False, {"gate": 2}), (False, {})):
        done = clean_up(own, NOW, dry_run=dry_run)
        assert (dict(done.deleted), done.more) == (deleted, False)
    assert left_of(own) == [stays, young]
    assert protect(stays, own, False)
    assert dict(clean_up(own, NOW).deleted) == {"gate": 1}
    assert left_of(own) == [young]
    assert_agrees(own, "gate", NOW)


def test_protected_photos_are_read_once(own: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each hour as many rows are read as if they were not there; once more after one of them is
    protected no longer, or an old photo is restored."""
    monkeypatch.setattr(retention, "PAGE_SIZE", 10)
    many = 25
    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(lambda n: protected(own, 40 + n / 1000, f"{n:08x}"), range(many)))
    old = stored(own, "gate", 50)
    assert move_to_trash(old, own, NOW)

    def rows_read() -> int:
        index = CountedIndex(own.index)
        clean_up(replace(own, index=cast(PhotoIndex, index)), NOW)
        return index.rows

    assert [rows_read() for _ in range(3)] == [many, 0, 0]
    stored(own, "gate", 35)
    assert [rows_read() for _ in range(2)] == [1, 0]
    assert protect(kept[7], own, False)
    assert [rows_read() for _ in range(2)] == [many, 0]
    assert own.index.get(kept[7].name) is None
    assert restore(old.name, own)
    assert [rows_read() for _ in range(2)] == [many, 0]
    assert own.index.get(old.name) is None
    assert len(left_of(own)) == many - 1


def test_the_end_of_a_protection_during_a_run_is_not_missed(own: Services) -> None:
    """The run has read the photo as a protected one, and saves how far it came."""
    photo = protected(own, 40)

    class Index(CountedIndex):
        def save_retention_position(self, *args: Any) -> Any:
            assert protect(photo, own, False)
            return self._index.save_retention_position(*args)

    clean_up(replace(own, index=cast(PhotoIndex, Index(own.index))), NOW)
    assert own.index.get(photo.name) == replace(photo, is_protected=False)
    assert dict(clean_up(own, NOW).deleted) == {"gate": 1}


def test_protected_photos_do_not_count_among_those_that_a_run_deletes(own: Services) -> None:
    """A request for two deletes two, however many protected photos are before them."""
    for n in range(4):
        protected(own, 50 - n)
    for n in range(3):
        stored(own, "gate", 40 - n)
    done = clean_up(own, NOW, 2)
    assert (dict(done.deleted), done.more) == ({"gate": 2}, True)
    assert (dict(clean_up(own, NOW, 2).deleted), len(left_of(own))) == ({"gate": 1}, 4)


def test_what_is_protected_in_the_store_alone_stays(own: Services) -> None:
    """The protection was stopped before it reached the rows: retention leaves the photo, and they
    say so then."""
    photo = stored(own, "gate", 40)
    own.blobs.update(photo.name, photo.media, lambda one: replace(one, is_protected=True))
    assert clean_up(own, NOW).deleted == {}
    assert own.index.get(photo.name) == replace(photo, is_protected=True)
    assert_agrees(own, "gate", NOW)


def test_an_interrupted_run_is_continued_by_the_next(own: Services) -> None:
    """Stopped after each of its changes in turn, it leaves exactly what it should."""
    stays = protected(own, 40)
    for n in (39, 41):
        stored(own, "gate", n)
    until_done(lambda stopping: clean_up(stopping, NOW), own)
    assert left_of(own) == [stays]
    assert_agrees(own, "gate", NOW)


def test_a_repair_writes_protected_photos_anew(own: Services) -> None:
    """The storage account deletes what nobody has written for long."""
    kept, other = protected(own, 40), stored(own, "gate", 1)
    renewed: list[Photo] = []

    class Blobs:
        def __getattr__(self, name: str) -> Any:
            return getattr(own.blobs, name)

        def renew(self, photo: Photo) -> None:
            renewed.append(photo)
            own.blobs.renew(photo)

    reconcile(replace(own, blobs=cast(PhotoBlobs, Blobs())), NOW)
    assert renewed == [kept]
    assert left_of(own) == [kept, other]
    assert_agrees(own, "gate", NOW)
