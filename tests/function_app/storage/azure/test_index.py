"""The index on Azure: rows that were changed by hand, and the cost of a page."""

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from function_app.services import Services, connect
from function_app.storage.models import Reindexed, State
from function_app.storage.row_keys import View, arrival_position
from local.azurite import Azurite
from photo_wire.name import PhotoName
from tests.support.api import MOMENT, Store
from tests.support.samples import photo_of


def test_a_damaged_row_does_not_close_the_list(
    azurite: Azurite, connected: Services, camera: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is left out with a line in the log, and the page still fills up behind it."""
    backend, table = connected, Store(azurite.connection_string).table
    photos = [photo_of(camera, tag=f"{n:08x}") for n in range(5)]
    for photo in photos:
        backend.index.add(photo, MOMENT)
    rows = list(table.query_entities(f"RowKey ge 'c~{camera}~' and RowKey lt 'c~{camera}~:'"))
    table.update_entity({**rows[1], "size": "many"})
    left = [photos[0], *photos[2:]]
    assert backend.index.query(View(camera), 3) == left[:3]
    assert backend.index.query(View(camera), 9) == left
    assert str(photos[1].name) in caplog.text


def test_a_page_is_one_request(
    azurite: Azurite, connected: Services, camera: str, caplog: pytest.LogCaptureFixture
) -> None:
    """However many photos there are behind it."""
    backend = connected
    for n in range(12):
        backend.index.add(photo_of(camera, tag=f"{n:08x}"), MOMENT)
    caplog.set_level(logging.DEBUG, "urllib3.connectionpool")
    caplog.clear()
    for view in (camera, None):
        assert len(backend.index.query(View(view), 5)) == 5
    assert sum("GET /" in record.getMessage() for record in caplog.records) == 2


def test_a_photo_that_came_again_while_it_was_reindexed_has_no_orphan(
    connected: Services, camera: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the read of its row and the write of all of them, another instance has deleted the
    photo and stored it again: its place among the arrivals is a later one."""
    index, photo, later = connected.index, photo_of(camera), MOMENT + timedelta(hours=1)
    index.add(photo, MOMENT)
    other, replace_rows = connect(connected.settings).index, index._replace  # type: ignore[attr-defined]
    tries = list[bool]()

    def meanwhile(*args: Any) -> bool:
        if not tries:
            other.remove(photo, State.EXPIRED)
            other.add(photo, later)
        tries.append(replace_rows(*args))
        return bool(tries[-1])

    monkeypatch.setattr(index, "_replace", meanwhile)
    assert index.reindex(photo) is Reindexed.REWRITTEN
    assert tries == [False, True]
    assert list(index.list_orphans(camera)) == []
    assert index.position(photo.name) == arrival_position(photo.name, later)


@pytest.mark.parametrize("is_counted", [False, True])
def test_a_photo_that_is_restored_while_its_row_is_removed_keeps_it(
    connected: Services, camera: str, monkeypatch: pytest.MonkeyPatch, is_counted: bool
) -> None:
    """Between the read of the row and its removal, another instance has moved the photo to the
    trash and back."""
    index, photo = connected.index, photo_of(camera)
    trashed = replace(photo, deleted_at=MOMENT, is_trashed=True)
    index.add(photo, MOMENT)
    (before,) = arrivals = index.list_arrivals(camera, MOMENT + timedelta(days=1), 10)
    other, position = connect(connected.settings).index, index.position
    seen = list[str | None]()

    def meanwhile(name: PhotoName) -> str | None:
        if not seen:
            other.trash(trashed)
        seen.append(position(name))
        if len(seen) == 1:
            assert other.restore(photo)
        return seen[-1]

    monkeypatch.setattr(index, "position", meanwhile)
    index.remove_orphan(camera, before[0], photo if is_counted else None)
    assert seen == [None, before[0]]
    assert index.list_arrivals(camera, MOMENT + timedelta(days=1), 10) == arrivals
