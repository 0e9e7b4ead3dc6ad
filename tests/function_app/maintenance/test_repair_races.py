"""A repair takes minutes, and photos are deleted meanwhile: at whatever moment, they stay deleted,
and no loss is reported."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

import pytest

from function_app.maintenance.deletion import delete
from function_app.maintenance.repair import reconcile
from function_app.services import Services
from function_app.storage.models import Photo
from function_app.storage.photo_interfaces import PhotoBlobs
from function_app.storage.row_keys import View
from tests.support.interruptions import StoppedError, at_call, fragile
from tests.support.stored_photos import NOW, is_consistent, stored

# Each store makes the same requests: the slow tests try every moment on Azurite, too.
KINDS = pytest.mark.parametrize(
    "own", ["memory", pytest.param("azurite", marks=pytest.mark.slow)], indirect=True
)


@KINDS
@pytest.mark.parametrize("rebuild", [False, True], ids=["repair", "rebuild"])
@pytest.mark.parametrize("is_slow", [False, True], ids=["at once", "slowly"])
@pytest.mark.parametrize(
    ("days_ago", "deleted_at"), [(40, None), (2, NOW)], ids=["by retention", "by a person"]
)
def test_a_photo_deleted_during_a_repair_stays_deleted(
    own: Services, days_ago: int, deleted_at: datetime | None, is_slow: bool, rebuild: bool
) -> None:
    """Before each of the repair's requests in turn; at once, or so slowly that the bytes are
    removed then and the rows only after the repair."""
    stays = [stored(own, "gate", 3)]
    number, calls = 0, [1]
    while number < calls[0]:
        gone = stored(own, "gate", days_ago, f"{number:08x}")

        def go(gone: Photo = gone) -> None:
            if not is_slow:
                delete(gone, own, deleted_at)
            elif deleted_at:
                own.blobs.write_tombstone(gone, deleted_at)
            else:
                own.blobs.remove(gone)

        watched, calls = at_call(number, own, go)
        reconcile(watched, NOW, everything=rebuild)
        if calls[0] <= number:  # only a deletion at its end makes it ask so often
            break
        if is_slow and own.index.get(gone.name):
            delete(gone, own, deleted_at)
        assert own.index.get(gone.name) is None, number
        assert own.index.query(View(), 10) == stays, number
        assert is_consistent(own)
        number += 1
    assert number >= 8
    assert own.alerts.newest(10, None) == []


class Stale:
    """Blobs of which a page was read before something else happened."""

    def __init__(self, blobs: PhotoBlobs, since: Callable[[], object]) -> None:
        self.find = blobs.find
        self.cameras = blobs.cameras
        self.remove = blobs.remove
        self._list = blobs.list_photos
        self._since = since

    def list_photos(self, camera: str) -> Iterator[Photo | None]:
        page = list(self._list(camera))
        self._since()
        return iter(page)


def test_an_interrupted_rebuild_has_listed_no_deleted_photo(own: Services) -> None:
    """Stopped after each of its changes in turn, each time with a photo on its page that was
    deleted just now."""
    stored(own, "gate", 3)
    for changes in range(4):
        gone = stored(own, "gate", 2, f"{changes:08x}")
        stale = Stale(own.blobs, lambda gone=gone: delete(gone, own, NOW))  # type: ignore[misc]
        with suppress(StoppedError):
            reconcile(fragile(replace(own, blobs=stale), changes), NOW, everything=True)  # type: ignore[arg-type]
        assert own.index.get(gone.name) is None
