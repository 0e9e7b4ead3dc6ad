"""Azure may send an empty page of a listing with others behind it: that is not the end."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta

import pytest

from function_app.maintenance.repair import reconcile
from function_app.maintenance.retention import clean_up
from function_app.services import Services, connect
from function_app.storage.models import State, StoredAlert
from local.azurite import Azurite
from photo_wire.alert import LOSS, Alert
from tests.conftest import NewStore
from tests.support.empty_pages import EmptyPages
from tests.support.stored_photos import KEPT, NOW, everything, leave_orphan, stored

Both = tuple[Services, Services, list[EmptyPages]]


@pytest.fixture
def both(azurite: Azurite, new_store: NewStore) -> Iterator[Both]:
    """The same store, without empty pages and with them, and what sends those."""
    direct = through = new_store()
    with ExitStack() as running:
        relays = [running.enter_context(EmptyPages(azurite.ports[one])) for one in (0, 2)]
        for one, relay in zip((0, 2), relays, strict=True):
            there = f"http://127.0.0.1:{azurite.ports[one]}/"
            through = through.replace(there, f"{relay.base_url}/")
        yield (
            connect(replace(KEPT, connection_string=direct)),
            connect(replace(KEPT, connection_string=through)),
            relays,
        )


def test_every_listing_goes_on_behind_an_empty_page(both: Both) -> None:
    """Blobs, thumbnails, cameras, photos, arrivals, strays, alerts and small records."""
    direct, through, relays = both
    photo, other = stored(direct, "gate", 1), stored(direct, "site", 2)
    direct.thumbnails.write(photo, b"small")
    leave_orphan(direct, other, NOW - timedelta(hours=1))
    direct.alerts.add([StoredAlert(Alert(photo.name, LOSS, "torn"), NOW)])
    direct.accounts.upsert("some", "one", {})
    assert everything(through) == everything(direct)
    assert [name for one in ("gate", "site") for name in through.thumbnails.list_names(one)]
    for listing in (
        lambda one: one.blobs.cameras(),
        lambda one: one.index.cameras(),
        lambda one: list(one.index.list_orphans("site")),
        lambda one: one.alerts.newest(10, None),
        lambda one: one.accounts.query("some", 10),
    ):
        before = sum(len(one.held) for one in relays)
        found = listing(direct)
        assert found
        assert listing(through) == found
        assert sum(len(one.held) for one in relays) > before


def test_repair_and_retention_see_what_is_behind_an_empty_page(both: Both) -> None:
    """A blob without rows is listed, a thumbnail without a photo goes, no photo counts as missing,
    and what is due is deleted."""
    direct, through, _ = both
    due, listed = stored(direct, "gate", 40), stored(direct, "gate", 3)
    unlisted, removed = stored(direct, "gate", 2, listed=False), stored(direct, "gate", 1)
    direct.thumbnails.write(removed, b"small")
    direct.blobs.remove(removed)
    direct.index.unindex(removed, State.EXPIRED)
    repair = reconcile(through, NOW)
    assert (repair.photos, repair.listed, repair.unlisted, repair.thumbnails) == (3, 1, 0, 1)
    assert direct.alerts.newest(10, None) == []
    assert clean_up(through, NOW).deleted == {"gate": 1}
    found = list(direct.blobs.list_photos("gate"))
    assert found == [listed, unlisted]
    assert due not in found
